"""The command line is a contract: exit codes, streams, options, interruption.

Everything goes through a process of its own. Where its start is what is tested, or it
is sent signals, a user's Python starts it; else it is forked from one that has imported
everything. Calls share the programs that are kept on disk.
"""

import importlib.metadata
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import rvsjax
from rvsjax.report.page import is_possible
from tests.cli.warm import Said, warm

TINY = """
version = 1
name = "tiny"
study = "rvscgd"
[constants]
k = 5
d = 5
nnz = 5
steps = 100
eta = 0.5
penalty = "l1"
lam = 0.06
start = "teacher"  # where theta can only grow: Lemma 5, as stated, is violated
[grid]
beta = [0.3, 0.1]
[seeds]
count = 8
[record]
curves = 10
"""
HUGE = TINY.replace('"tiny"', '"huge"').replace("count = 8", "count = 50_000_000")
BROKEN = TINY.replace("lam = 0.06", "lma = 0.06").replace("[0.3, 0.1]", "[]")

SWEEP = (sys.executable, "-m", "rvsjax.sweep")
REPORT = (sys.executable, "-m", "rvsjax.report")
EITHER = (sys.executable, "-m", "rvsjax")
SCRIPT = (str(Path(sys.executable).with_name("rvsjax")),)

TABLES = ("runs.parquet", "curves.parquet", "claims.parquet")


class Desk:
    """A folder with sweep files, and processes that run in it."""

    def __init__(self, folder):
        self.folder = folder
        self.commands = None  # of a process that has imported everything
        (folder / "tiny.toml").write_text(TINY)
        (folder / "huge.toml").write_text(HUGE)
        (folder / "broken.toml").write_text(BROKEN)
        ours = ("JAX_", "XLA_")  # conftest and the shell may have set some
        self.bare = {k: v for k, v in os.environ.items() if not k.startswith(ours)}

    def begin(self, *command):
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.bare,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",  # as Python names files that are not UTF-8
        )

    def end(self, process, code):
        stdout, stderr = process.communicate(timeout=300)
        return self.check(Said(process.returncode, stdout, stderr), code)

    def check(self, said, code):
        assert "Traceback" not in said.stderr, said.stderr
        assert "Warning" not in said.stderr, said.stderr
        assert said.code == code, said.stderr
        return said

    def __call__(self, *command, code=0):
        if command[0] == sys.executable:
            said = self.commands(self.folder, command[1:])
            return self.check(said, code)
        return self.start(*command, code=code)

    def start(self, *command, code=0):
        """Carry out a command in a process that starts from nothing."""
        return self.end(self.begin(*command), code)

    def bytes(self, folder):
        return {name: (self.folder / folder / name).read_bytes() for name in TABLES}

    def table(self, folder, name):
        data = (self.folder / folder / f"{name}.parquet").read_bytes()
        return pd.read_parquet(io.BytesIO(data))

    def runs(self, folder):
        return self.table(folder, "runs")

    def manifest(self, folder):
        return json.loads((self.folder / folder / "manifest.json").read_text())

    def parts(self, folder):
        return sorted(path.name for path in (self.folder / folder / "parts").iterdir())


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    with warm(desk.bare) as desk.commands:
        yield desk


@pytest.fixture(scope="module")
def whole(desk):
    """The tiny sweep with everything left at its default."""
    return desk.start(*SWEEP, "tiny.toml")


# -- without JAX: help, version and refusals -------------------------------------------


def imported(stderr):
    """The packages that ``-X importtime`` names."""
    lines = [line for line in stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


INSTANT = {
    "help": (0, "rvsjax.sweep", "--help"),
    "version": (0, "rvsjax.sweep", "--version"),
    "help of all": (0, "rvsjax", "--help"),
    "version of all": (0, "rvsjax", "--version"),
    "help of a report": (0, "rvsjax.report", "--help"),
    "help of the theory": (0, "rvsjax.theory", "--help"),
    "help of certificates": (0, "rvsjax", "certify", "--help"),
    "help of shrinking": (0, "rvsjax", "shrink", "--help"),
    "help of a rerun": (0, "rvsjax.rerun", "--help"),
    "help of verifying": (0, "rvsjax.verify", "--help"),
    "help of comparing": (0, "rvsjax.compare", "--help"),
    "no sweep to compare": (2, "rvsjax", "compare", "nowhere", "nowhere"),
    "nothing to compare with": (2, "rvsjax.compare", "nowhere"),
    "no sweep to rerun": (2, "rvsjax.rerun", "nowhere", "x"),
    "no sweep to verify": (2, "rvsjax", "verify", "nowhere"),
    "no such seed": (2, "rvsjax.verify", "nowhere", "--seed", "-1"),
    "no sweep to certify": (2, "rvsjax", "certify", "nowhere"),
    "no sweep to shrink": (2, "rvsjax", "shrink", "nowhere", "x", "--claim", "lemma_7"),
    "no sweep to report": (2, "rvsjax.report", "nowhere"),
    "refused file": (2, "rvsjax.sweep", "broken.toml"),
    "missing file": (2, "rvsjax.sweep", "none.toml"),
    "refused setting": (2, "rvsjax", "sweep", "tiny.toml", "--set", "btea=1"),
    "refused option": (2, "rvsjax.sweep", "tiny.toml", "--frobnicate"),
    "huge, refused": (2, "rvsjax.sweep", "huge.toml", "--only", "beta=7"),
}


@pytest.mark.parametrize("case", INSTANT.values(), ids=INSTANT)
def test_help_version_and_refusals_import_neither_jax_nor_pandas(desk, case):
    code, *command = case
    said = desk.start(sys.executable, "-X", "importtime", "-m", *command, code=code)
    packages = imported(said.stderr)
    assert {"rvsjax", "argparse"} <= packages  # the listing is there
    assert not packages & {"jax", "jaxlib", "numpy", "pandas", "pyarrow", "matplotlib"}


@pytest.mark.slow
@pytest.mark.parametrize("start", [SWEEP, REPORT, EITHER, (*EITHER, "sweep"), SCRIPT])
def test_the_version_stands_alone_on_stdout(desk, start):
    said = desk.start(*start, "--version")
    assert said.stdout == rvsjax.__version__ + "\n"
    assert said.stderr == ""


OPTIONS = (
    "--out --set --only --seeds --limit --dry-run --smoke --retry --device --dtype "
    "--block --shard --strict --fail-fast --no-report --progress --json -q -v --version"
).split()


@pytest.mark.slow
def test_help_names_every_option_and_exit_code(desk):
    module, either, script = (
        desk(*start, "--help").stdout
        for start in (SWEEP, (*EITHER, "sweep"), (*SCRIPT, "sweep"))
    )
    assert either == script
    for text in (module, either):
        assert [option for option in OPTIONS if option not in text] == []
        assert all(f"{code} " in text for code in (0, 2, 3, 4, 130))
    # the same but for the name of the program, at any width of the lines
    assert module.split()[4:] == either.split()[3:]


REFUSED = {
    "no file": (SWEEP, "FILE.toml"),
    "missing file": ((*SWEEP, "none.toml"), "No such file"),
    "folder for a file": ((*SWEEP, "."), "is not the folder of a sweep: no manif"),
    "unknown option": ((*SWEEP, "tiny.toml", "--frobnicate"), "--frobnicate"),
    "block 0": ((*SWEEP, "tiny.toml", "--block", "0"), "at least 1"),
    "block x": ((*SWEEP, "tiny.toml", "--block", "x"), "--block"),
    "shard 3/2": ((*SWEEP, "tiny.toml", "--shard", "3/2"), "I/N with 1 <= I <= N"),
    "shard 0/2": ((*SWEEP, "tiny.toml", "--shard", "0/2"), "I/N with 1 <= I <= N"),
    "shard 1": ((*SWEEP, "tiny.toml", "--shard", "1"), "I/N with 1 <= I <= N"),
    "shard ²/2": ((*SWEEP, "tiny.toml", "--shard", "²/2"), "--shard"),
    "limit 0": ((*SWEEP, "tiny.toml", "--limit", "0"), "at least 1"),
    "seeds -1": ((*SWEEP, "tiny.toml", "--seeds", "-1"), "--seeds"),
    "seeds": ((*SWEEP, "tiny.toml", "--seeds", "5_000_000_000"), "seeds.count"),
    "quiet and verbose": ((*SWEEP, "tiny.toml", "-q", "-v"), "not allowed with"),
    "retry": ((*SWEEP, "tiny.toml", "--retry", "some"), "invalid choice"),
    "dtype": ((*SWEEP, "tiny.toml", "--dtype", "float16"), "invalid choice"),
    "progress": ((*SWEEP, "tiny.toml", "--progress", "dots"), "invalid choice"),
    "setting": ((*SWEEP, "tiny.toml", "--set", "beta"), "needs KEY=VALUE"),
    "control": ((*SWEEP, "tiny.toml", "--set", "b\x1b[31m=1"), "unknown parameter"),
    "not text": ((*SWEEP, "tiny.toml", "--set", "\udcff=1"), "unknown parameter"),
    "only": ((*SWEEP, "tiny.toml", "--only", "beta=7"), "leaves no run"),
    "two files": ((*SWEEP, "tiny.toml", "tiny.toml"), "unrecognized"),
    "no command": (EITHER, "COMMAND"),
    "unknown command": ((*SCRIPT, "frobnicate"), "invalid choice"),
    "no folder": (REPORT, "DIR"),
    "missing folder": ((*REPORT, "none"), "no manifest.json"),
    "file for a folder": ((*REPORT, "tiny.toml"), "tiny.toml"),
}


@pytest.mark.parametrize(("command", "what"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_command_is_refused_in_a_sentence(desk, command, what):
    before = sorted(desk.folder.iterdir())
    said = desk(*command, code=2)
    assert said.stdout == ""
    assert what in said.stderr
    assert sorted(desk.folder.iterdir()) == before


@pytest.mark.slow
def test_all_mistakes_of_a_file_are_on_stderr_with_their_number(desk):
    said = desk(*SWEEP, "broken.toml", code=2)
    head, *mistakes = said.stderr.splitlines()
    assert head == "broken.toml: 2 mistakes, nothing was run"
    assert [line.split()[0] for line in mistakes] == ["grid.beta", "constants.lma"]
    assert 'did you mean "lam"?' in mistakes[1]


@pytest.mark.slow
def test_a_command_that_is_no_utf_8_file_is_refused(desk):
    (desk.folder / "latin.toml").write_bytes(b'about = "\xff"')
    (desk.folder / "long.toml").write_bytes(b"#" * 70_000)
    assert "UTF-8" in desk(*SWEEP, "latin.toml", code=2).stderr
    assert "65536" in desk(*SWEEP, "long.toml", code=2).stderr


# -- a sweep from beginning to end -----------------------------------------------------


@pytest.mark.slow
def test_stdout_is_the_path_alone_and_talk_is_on_stderr(desk, whole):
    assert whole.stdout == "out/tiny\n"
    lines = whole.stderr.splitlines()
    if lines[1] == "compiling the C++ kernels, once on this machine (about 10 s)":
        del lines[1]  # told at the first use alone
    assert lines[0] == "tiny: 16 runs, into out/tiny"
    assert "2 blocks to run" in lines[1]  # no terminal, so plain lines
    assert "16 runs: 16 ok" in whole.stderr
    assert "lemma_5_stated" in whole.stderr


@pytest.mark.slow
def test_the_folder_holds_what_the_contract_says(desk, whole):
    folder = desk.folder / "out/tiny"
    assert (folder / "sweep.toml").read_text() == TINY
    assert len(desk.runs("out/tiny")) == 16
    figures = {path.name for path in (folder / "figures").iterdir()}
    endings = ("png", "pdf", "svg", "csv")
    assert figures == {f"{x}.{end}" for x in ("tiny", "claims") for end in endings}
    assert not [path for path in folder.rglob("*") if ".tmp" in path.name]


@pytest.mark.slow
def test_the_same_command_computes_nothing_and_json_and_strict_tell(desk, whole):
    before, parts = desk.bytes("out/tiny"), desk.parts("out/tiny")
    options = ("--strict", "--json", "-q", "--no-report")
    said = desk(*SCRIPT, "sweep", "tiny.toml", *options, code=4)
    assert said.stderr == ""
    told = json.loads(said.stdout)
    assert told["out"] == "out/tiny"
    assert told["status"] == {"ok": 16}
    claims = {claim["claim"]: claim for claim in told["claims"]}
    runs = desk.runs("out/tiny")
    violated = (runs["verdict_lemma_5_stated"] == "violated").sum()
    assert claims["lemma_5_stated"]["violated"] == violated > 8
    assert claims["lemma_5_proved"]["violated"] == 0
    assert claims["lemma_5_stated"]["worst_run"] in set(runs["run_id"])
    files = [desk.folder / path for path in told["files"]]
    assert all(path.is_file() for path in files)
    assert set(TABLES) | {"manifest.json"} <= {path.name for path in files}
    assert desk.bytes("out/tiny") == before
    assert desk.parts("out/tiny") == parts
    assert len(desk.manifest("out/tiny")["sessions"]) == 1


@pytest.mark.slow
def test_a_report_makes_what_the_sweep_made(desk, whole):
    """The page among it, where its packages are installed."""
    folder = desk.folder / "out/tiny"
    made = [folder / "report.html"] if is_possible() else []
    made += (folder / "figures").iterdir()
    before = {path: path.read_bytes() for path in made}
    for path in made:
        path.unlink()
    said = desk(*REPORT, "out/tiny")
    told = {desk.folder / line for line in said.stdout.splitlines()}
    assert told == set(before)
    assert {path: path.read_bytes() for path in made} == before


# -- options ---------------------------------------------------------------------------


ODD = "Größe \udcff [1] * 'x'"  # a folder may have any name, UTF-8 or not


@pytest.mark.slow
def test_set_only_seeds_and_limit_narrow_the_runs(desk):
    said = desk(
        *(*EITHER, "sweep", "tiny.toml", "--out", ODD, "--no-report"),
        *("--set", "lam=[0.04, 0.05]", "--set", "record.weights=true"),
        *("--only", "lam=0.05", "--seeds", "3", "--limit", "4"),
        *("--progress", "none"),
    )
    assert said.stdout == f"{ODD}\n"
    assert "blocks to run" not in said.stderr
    runs = desk.runs(ODD)[["p_beta", "p_lam", "p_seed"]]
    assert runs.to_records(index=False).tolist() == [
        (0.3, 0.05, 0),
        (0.3, 0.05, 1),
        (0.3, 0.05, 2),
        (0.1, 0.05, 0),
    ]
    assert len(desk.table(ODD, "weights")) == 4
    assert not (desk.folder / ODD / "figures").exists()
    assert not (desk.folder / ODD / "report.html").exists()


@pytest.mark.slow
def test_smoke_and_dtype(desk):
    options = ("--smoke", "--dtype", "float32", "--no-report", "--progress", "plain")
    said = desk(*SWEEP, "tiny.toml", *options)
    assert said.stdout == "out/tiny-smoke\n"
    assert "2 blocks to run" in said.stderr
    runs = desk.runs("out/tiny-smoke")
    assert set(runs["p_steps"]) == set(runs["m_steps"]) == {1000}
    assert set(runs["p_dtype"]) == {"float32"}


@pytest.mark.slow
def test_shards_end_complete_and_equal_to_the_whole(desk, whole):
    command = (*SWEEP, "tiny.toml", "--out", "shards", "--no-report")
    second = desk(*command, "--shard", "2/2", "--progress", "bar")
    assert "1 block is left" in second.stderr
    assert second.stdout == ""  # there are no results yet
    assert not (desk.folder / "shards/runs.parquet").exists()
    first = desk(*command, "--shard", "1/2", "-v")
    assert first.stdout == "shards\n"
    assert importlib.metadata.version("jax") in first.stderr  # more talk
    assert desk.bytes("shards") == desk.bytes("out/tiny")


@pytest.mark.slow
def test_retry_computes_the_blocks_with_such_runs_again(desk):
    # lam = eta = beta = 1: u = 0 and v = w - w = 0 at the first step, no direction
    stuck = ("--set", "lam=1", "--set", "eta=1", "--set", "beta=[1, 0.1]")
    command = (*SWEEP, "tiny.toml", *stuck, "--out", "stuck", "--no-report", "-q")
    assert desk(*command) == Said(0, "stuck\n", "")
    runs = desk.runs("stuck")
    assert set(runs["status"][runs["p_beta"] == 1]) == {"degenerate"}
    assert set(runs["status"][runs["p_beta"] == 0.1]) == {"ok"}
    before, parts = desk.bytes("stuck"), desk.parts("stuck")
    desk(*command, "--retry", "diverged")
    sessions = desk.manifest("stuck")["sessions"]
    assert [session["blocks"] for session in sessions] == [2, 1]
    assert desk.bytes("stuck") == before
    assert desk.parts("stuck") == parts


@pytest.mark.slow
def test_a_dry_run_counts_a_hundred_million_runs_and_makes_nothing(desk):
    before = sorted(desk.folder.rglob("*"))
    text = desk(*SWEEP, "huge.toml", "--dry-run").stdout
    assert "100,000,000 runs" in text
    said = desk(*SWEEP, "huge.toml", "--dry-run", "--json", "--block", "50")
    told = json.loads(said.stdout)
    assert told["runs"] == 100_000_000
    assert told["programs"] == 1
    assert (told["width"], told["blocks"]) == (50, 2_000_000)
    assert told["run_steps"] == 10_000_000_000
    assert told["seconds"] > 0 and told["memory_bytes"] > 0 and told["disk_bytes"] > 0
    assert sorted(desk.folder.rglob("*")) == before


# -- folders that hold something else --------------------------------------------------


@pytest.mark.slow
def test_another_sweep_in_the_folder_is_refused(desk, whole):
    before = desk.bytes("out/tiny")
    said = desk(*SWEEP, "tiny.toml", "--set", "eta=0.25", code=2)
    assert said.stdout == ""
    assert "eta is 0.5 there, 0.25 now" in said.stderr
    assert desk.bytes("out/tiny") == before


@pytest.mark.slow
def test_another_block_width_in_the_folder_is_refused(desk, whole):
    before = desk.bytes("out/tiny")
    said = desk(*SWEEP, "tiny.toml", "--block", "9", code=2)
    assert said.stdout == ""
    assert "was begun with --block 8, not 9" in said.stderr
    assert desk.bytes("out/tiny") == before


@pytest.mark.slow
def test_a_folder_with_other_files_or_no_folder_is_refused(desk):
    (desk.folder / "foreign").mkdir()
    (desk.folder / "foreign/letter.txt").write_text("dear")
    for out, what in (
        ("foreign", "foreign holds files but no manifest.json"),
        ("tiny.toml/folder", "tiny.toml/folder"),
    ):
        said = desk(*SWEEP, "tiny.toml", "--out", out, code=2)
        assert said.stdout == ""
        assert what in said.stderr
        assert "use an" in said.stderr  # ... empty folder, or another folder
    assert [path.name for path in (desk.folder / "foreign").iterdir()] == ["letter.txt"]


@pytest.mark.slow
def test_a_device_that_is_not_there_is_refused(desk):
    said = desk(*SWEEP, "tiny.toml", "--device", "tpu", "--out", "tpu", code=2)
    assert said.stderr.startswith("--device tpu: JAX finds none here")
    assert not (desk.folder / "tpu").exists()


# -- failures --------------------------------------------------------------------------

# the engine fails on its first block, as for lack of memory
FAILING = """
import itertools
from rvsjax.cli.main import run_command
from rvsjax.sweep.engine import Engine

call, count = Engine.compute, itertools.count()

def failing(self, *block):
    if next(count) == 0:
        raise MemoryError("no room")
    return call(self, *block)

Engine.compute = failing
run_command("sweep")
"""


@pytest.mark.slow
def test_failed_blocks_are_kept_told_and_retried(desk, whole):
    command = ("tiny.toml", "--out", "failed", "--no-report")
    # with --strict, which has Lemma 5 violated in the other block: 3 goes before 4
    said = desk(sys.executable, "-c", FAILING, *command, "--strict", code=3)
    assert "8 failed" in said.stderr
    runs = desk.runs("failed")
    failed = runs[runs["status"] == "failed"]
    assert (len(failed), len(runs)) == (8, 16)
    assert set(failed["reason"]) == {"no room"}
    assert set(failed["p_beta"]) <= {0.3, 0.1}  # what was asked is known

    desk(*SWEEP, *command, "--retry", "failed")
    sessions = desk.manifest("failed")["sessions"]
    assert [session["blocks"] for session in sessions] == [2, 1]
    assert desk.bytes("failed") == desk.bytes("out/tiny")


@pytest.mark.slow
def test_fail_fast_leaves_the_rest_for_later(desk):
    command = ("tiny.toml", "--seeds", "200", "--block", "8", "--out", "fast")
    said = desk(sys.executable, "-c", FAILING, *command, "--fail-fast", code=3)
    assert said.stdout == ""
    done = {name[:6] for name in desk.parts("fast") if "-runs-" in name}
    assert 1 <= len(done) < 50
    left = f"stopped at the first failure: {50 - len(done)} blocks are left in fast"
    assert left in said.stderr
    assert not (desk.folder / "fast/runs.parquet").exists()


# -- interruption ----------------------------------------------------------------------

MANY = ("tiny.toml", "--seeds", "200", "--block", "8", "--no-report")  # 50 blocks


def wait_for(process, text):
    """Read stderr up to the first line that contains `text`."""
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"{text!r} was never said")


@pytest.fixture(scope="module")
def interrupted(desk):
    """A sweep stopped at once, then stopped in time, in the folder `stopped`.

    The first signals come while the program of the first block is made, which takes
    most of a second even from the cache; the last when one of 50 blocks is there.
    """
    command = (*SWEEP, *MANY, "--out", "stopped", "--progress", "json")
    process = desk.begin(*command)
    wait_for(process, '"blocks_done": 0')
    process.send_signal(signal.SIGINT)
    wait_for(process, "again to stop now")
    process.send_signal(signal.SIGINT)
    at_once = desk.end(process, 130)
    parts = desk.parts("stopped")

    process = desk.begin(*command)
    wait_for(process, '"blocks_done": 1,')
    process.send_signal(signal.SIGTERM)
    in_time = desk.end(process, 130)
    return at_once, parts, in_time, desk.parts("stopped")


@pytest.mark.slow
def test_the_second_interrupt_stops_now(desk, interrupted):
    at_once, parts, _, _ = interrupted
    assert at_once.stdout == ""
    assert "what was finished is kept" in at_once.stderr
    assert "interrupted:" not in at_once.stderr  # it did not end by itself
    assert parts == []


@pytest.mark.slow
def test_the_first_interrupt_finishes_the_blocks_that_run(desk, interrupted):
    _, _, in_time, parts = interrupted
    done = {name[:6] for name in parts if "-runs-" in name}
    assert 1 <= len(done) < 50
    assert in_time.stdout == ""
    assert f"interrupted: {50 - len(done)} blocks are left in stopped" in in_time.stderr
    assert "the same command continues" in in_time.stderr
    progress = [json.loads(s) for s in in_time.stderr.splitlines() if s[0] == "{"]
    assert progress[-1]["blocks_done"] == len(done)
    assert progress[-1]["blocks"] == 50


@pytest.mark.slow
def test_a_resumed_sweep_has_the_bytes_of_an_uninterrupted_one(desk, interrupted):
    parts = interrupted[-1]
    said = desk(*SWEEP, *MANY, "--out", "stopped", "--progress", "json")
    assert said.stdout == "stopped\n"
    first = next(line for line in said.stderr.splitlines() if line[0] == "{")
    assert json.loads(first)["blocks"] == 50 - len(parts) // 3  # a file a table
    assert set(parts) <= set(desk.parts("stopped"))  # nothing was done twice

    desk.start(*SWEEP, *MANY, "--out", "straight", "-q")
    assert desk.bytes("stopped") == desk.bytes("straight")
    assert desk.parts("stopped") == desk.parts("straight")


@pytest.mark.slow
def test_what_every_sweep_violates_is_not_strict():
    """Lemma 3 as stated is false on drawn weights, whatever is swept."""
    from rvsjax.cli.outcome import violates

    def claims(**violated):
        return pd.DataFrame({"claim": [*violated], "violated": [*violated.values()]})

    always = dict(lemma_3_stated=7, section_3_alike=2)
    assert not violates(claims(**always, lemma_5_stated=0, lemma_1=0))
    assert violates(claims(**always, lemma_5_stated=1))
    assert violates(claims(**always, lemma_1=1))
    assert not violates(claims())
