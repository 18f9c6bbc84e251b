"""``python -m rvsjax.compare A B``."""

from rvsjax.cli import run_command

run_command("compare")
