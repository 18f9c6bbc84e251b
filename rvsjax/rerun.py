"""``python -m rvsjax.rerun DIR RUN_ID``."""

from rvsjax.cli import run_command

run_command("rerun")
