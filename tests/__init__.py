"""Tests, laid out as the package: `sweep/test_store.py` tests `rvsjax/sweep/store`."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
