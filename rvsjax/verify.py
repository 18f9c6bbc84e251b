"""``python -m rvsjax.verify DIR``."""

from rvsjax.cli.main import run_command

run_command("verify")
