"""``python -m rvsjax.sweep FILE.toml``."""

from rvsjax.cli import run_command

run_command("sweep")
