"""``python -m rvsjax.theory``."""

from rvsjax.cli import run_command

run_command("theory")
