"""``python -m rvsjax.report DIR``."""

from rvsjax.cli import run_command

run_command("report")
