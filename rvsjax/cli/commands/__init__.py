"""Commands, one a file, each with `ABOUT`, `add_options(parser)`, `run(arguments)`."""
