"""A sample of the flips of `footers`, and that the harness sees what it is to see."""

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import ROOT
from tests.sweep import footers

pytestmark = pytest.mark.slow


def test_a_sample_of_flips_in_each_command_that_reads():
    """All of them take hours: python -m tests.sweep.footers."""
    sample = ["--begin", "11", "--every", "6007", "--command", "load", "compare"]
    command = [sys.executable, "-m", "tests.sweep.footers", *sample, "certify"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    *_, loaded, compared, certified = done.stdout.splitlines()
    for line in (loaded, compared, certified):
        assert line.endswith(" flips, 0 findings"), done.stdout
        assert int(line.split()[-4]) > 5


def test_every_byte_of_every_footer_is_flipped(tmp_path):
    for name in ("b", "parts/a"):
        path = tmp_path / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"x": [1, 2]}), path)
    found = list(footers.flips(tmp_path))
    size = path.stat().st_size
    metadata = pq.ParquetFile(path).metadata.serialized_size
    assert [x.place for x in found] == [*range(size - metadata - 8, size)] * 2
    before = path.read_bytes()
    [flip] = [x for x in found if x.file == path.relative_to(tmp_path)][-1:]
    after = footers.flipped(tmp_path, flip).read_bytes()
    assert [i for i in range(size) if before[i] != after[i]] == [size - 1]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: 0, ""),
        (lambda: 2, ""),
        (lambda: sys.exit(3), ""),
        (lambda: 1, "1: "),
        (lambda: os.abort(), "-6: "),
        (lambda: {}["x"], "KeyError"),
        (lambda: print("Traceback (most recent call last)") or 0, "0: Traceback"),
    ],
    ids=range(7),
)
def test_what_goes_wrong_is_seen(act, said, tmp_path):
    found = footers.seen(act, tmp_path / "log")
    assert said in found and bool(said) == bool(found)
