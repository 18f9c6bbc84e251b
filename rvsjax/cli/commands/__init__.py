"""One file a command; each has `carry_out(arguments) -> exit code`."""
