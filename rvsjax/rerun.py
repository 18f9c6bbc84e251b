"""``python -m rvsjax.rerun DIR RUN_ID``."""

from rvsjax.cli.main import run_command

run_command("rerun")
