"""``python -m rvsjax.report DIR``."""

from rvsjax.cli.main import run_command

run_command("report")
