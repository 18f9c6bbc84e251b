"""The command line: options, streams, signals, progress; a command a file."""
