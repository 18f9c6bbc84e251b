"""``python -m rvsjax.compare A B``."""

from rvsjax.cli.main import run_command

run_command("compare")
