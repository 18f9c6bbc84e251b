"""What commands print, where that needs no process of its own."""

import os

import pytest

from rvsjax.cli.devices import start_devices
from rvsjax.cli.main import main
from rvsjax.sweep.estimate import Estimate

SWEEP = 'version = 1\nname = "few"\nstudy = "rvscgd"\n'


@pytest.mark.parametrize(
    ("number", "head", "blocks"),
    [(1, "few: 1 run", "1 of 1 run, on"), (2000, "few: 2,000 runs", "2,000 of 2")],
)
def test_a_dry_run_counts_in_the_singular(
    tmp_path, capsys, monkeypatch, number, head, blocks
):
    width = min(number, 2)
    counts = {"runs": number, "programs": 1, "blocks": number, "width": width}
    rest = dict.fromkeys(Estimate._fields, 1) | counts
    monkeypatch.setattr("rvsjax.sweep.estimate.estimate", lambda *_: Estimate(**rest))
    (tmp_path / "few.toml").write_text(SWEEP)
    assert main(["sweep", "few.toml", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == head
    assert f"blocks      {blocks}" in lines[2]
    assert ", on 1 worker of " in lines[2]


@pytest.mark.parametrize(("asked", "had"), [(None, "3"), ("1", "3"), ("0", "0")])
def test_xla_logs_what_the_user_asks_for_or_what_is_fatal(monkeypatch, asked, had):
    """1 is what JAX sets, in this process for one."""
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))  # put back after
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", asked or "")
    if asked is None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    start_devices("cpu")
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == had
