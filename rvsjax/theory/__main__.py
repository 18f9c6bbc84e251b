"""``python -m rvsjax.theory``."""

from rvsjax.cli.main import run_command

run_command("theory")
