"""The command line: options, streams, signals, progress; a command a file."""

__all__ = ["script"]


def script() -> None:
    """Run the script `rvsjax`."""
    from rvsjax.cli.main import run_command

    run_command()
