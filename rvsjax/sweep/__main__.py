"""``python -m rvsjax.sweep FILE.toml``."""

from rvsjax.cli.main import run_command

run_command("sweep")
