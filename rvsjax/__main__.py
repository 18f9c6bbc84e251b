"""``python -m rvsjax sweep|report ...``, the same as the script `rvsjax`."""

from rvsjax.cli.main import run_command

run_command()
