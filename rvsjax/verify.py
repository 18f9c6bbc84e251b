"""``python -m rvsjax.verify DIR``."""

from rvsjax.cli import run_command

run_command("verify")
