"""What is said while a sweep runs."""

import json

from rvsjax.cli.progress import progress_reporter
from rvsjax.sweep.progress import Progress


def test_plain_lines_tell_pace_failures_and_what_is_left(capsys, monkeypatch):
    monkeypatch.setattr("rvsjax.cli.progress.QUIET_SECONDS", 0)
    with progress_reporter("plain") as watch:
        watch(Progress(0, 4, 0, 0.0))
        watch(Progress(1, 4, 0, 2.0, runs=24, failures=0))
        watch(Progress(2, 4, 0, 4.0, runs=8000, failures=3))
        watch(Progress(4, 4, 0, 90.0, runs=9, failures=3))
    begin, *lines = capsys.readouterr().err.splitlines()
    assert begin == "4 blocks to run; compiling the first"
    assert lines == [
        "1 of 4 blocks, 12 runs/s, about 6.0 s left",
        "2 of 4 blocks, 2,000 runs/s, 3 failed, about 4.0 s left",
        "4 of 4 blocks, 0.1 runs/s, 3 failed, 1 min 30 s",
    ]


def test_what_unfinished_blocks_have_done_counts(capsys, monkeypatch):
    """The pace is that of this call: what was kept by an earlier one is no pace."""
    monkeypatch.setattr("rvsjax.cli.progress.QUIET_SECONDS", 0)
    with progress_reporter("plain") as watch:
        watch(Progress(0, 4, 0, 0.0))
        watch(Progress(0, 4, 0, 1.0))
        watch(Progress(0, 4, 0, 10.0, under_way=0.5))
        watch(Progress(1, 4, 0, 10.0, runs=2, under_way=1.5, resumed=0.5))
        watch(Progress(0, 4, 0, 3.0, under_way=0.5, resumed=0.5))
        watch(Progress(0, 4, 0, 3.0, under_way=0.1 + 0.2, resumed=0.3))
    _, *lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "0.5 of 4 blocks, about 1 min 10 s left",
        "2.5 of 4 blocks, 0.2 runs/s, about 7.5 s left",
        "0.5 of 4 blocks",
        "0.3 of 4 blocks",
    ]


def test_json_tells_each_step_once(capsys):
    with progress_reporter("json") as watch:
        for part in (0, 0, 0.5, 0.5):
            watch(Progress(0, 1, 0, 1.0, under_way=part))
        watch(Progress(1, 1, 0, 2.0, runs=3))
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["under_way"] for each in told] == [0, 0.5, 0]
