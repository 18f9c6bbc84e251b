"""``python -m rvsjax.shrink DIR RUN_ID --claim NAME``."""

from rvsjax.cli import run_command

run_command("shrink")
