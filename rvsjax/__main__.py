"""``python -m rvsjax sweep|report ...``, the same as the script `rvsjax`."""

from rvsjax.cli import run_command

run_command()
