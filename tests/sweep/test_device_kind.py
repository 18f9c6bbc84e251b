"""Kinds of device and versions: known of each block, and refused where they mix."""

import json
import shutil

import jax
import pyarrow.parquet as pq
import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.simulation.kernels import native_build
from rvsjax.sweep import job, kind_detection
from rvsjax.sweep.device_kind import kind_difference, need_same_kind
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.executors import task
from rvsjax.sweep.kind_detection import kind_of
from rvsjax.sweep.store import FolderError, Store

SWEEP = """
version = 1
name = "kinds"
study = "rvscgd"
[constants]
d = 6
nnz = 3
steps = 20
eta = 0.1
[seeds]
count = 6
[record]
curves = 5
"""
OPTIONS = ("--block", "2", "--kernel", "plain", "--no-report", "--quiet")
PLAIN = ExecutionConfig(2, "plain", True)
TABLES = ("runs", "curves", "claims")


def other_kind(device, config):
    return kind_of(device, config)._replace(processor="sse2", jax="0.9.9")


@pytest.fixture
def other(monkeypatch):
    """Another machine: fewer instruction sets, an older jax."""
    for module in (job, task):
        monkeypatch.setattr(module, "kind_of", other_kind)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A finished folder, and one that lacks its last block."""
    home = tmp_path_factory.mktemp("kinds")
    (home / "kinds.toml").write_text(SWEEP)
    out = home / "whole"
    assert main(["sweep", str(home / "kinds.toml"), "--out", str(out), *OPTIONS]) == 0
    part = home / "part"
    shutil.copytree(out, part)
    for path in part.glob("parts/000002-*"):
        path.unlink()
    return home


@pytest.fixture
def sweep(folders, tmp_path):
    """Go on with a copy of the folder that lacks a block."""
    shutil.copytree(folders / "part", tmp_path / "out")

    def run(*more):
        file = str(folders / "kinds.toml")
        return main(["sweep", file, "--out", str(tmp_path / "out"), *OPTIONS, *more])

    return run


def tables(folder):
    return [(folder / f"{name}.parquet").read_bytes() for name in TABLES]


def told(folder):
    """Return the kinds that parts name, in their order."""
    files = sorted((folder / "parts").glob("*-runs-*"))
    return [pq.read_schema(x).metadata.get(b"rvsjax.kind", b"") for x in files]


def test_each_block_names_its_kind_and_whole_tables_do_not(folders):
    kinds = rvsjax.load(folders / "whole").manifest["kinds"]
    kind = kind_of(jax.devices()[0], PLAIN)
    assert kinds == {kind.name: kind.as_json()}
    assert told(folders / "whole") == [kind.name.encode()] * 3
    assert b"rvsjax.kind" not in (folders / "whole" / "runs.parquet").read_bytes()
    assert rvsjax.load(folders / "whole").kinds == []


def test_another_kind_is_refused_before_it_computes(sweep, other, tmp_path, capsys):
    before = sorted((tmp_path / "out/parts").iterdir())
    assert sweep() == 2
    said = capsys.readouterr().err
    assert "was computed on another kind of device (processor " in said
    assert "sse2 here; jax " in said or "none here; jax " in said
    assert "0.9.9 here)" in said and "--mixed" in said
    assert sorted((tmp_path / "out/parts").iterdir()) == before


def test_mixed_is_counted_apart_and_keeps_the_tables(sweep, other, folders, tmp_path):
    assert sweep("--mixed") == 0
    assert tables(tmp_path / "out") == tables(folders / "whole")
    assert len({*told(tmp_path / "out")}) == 2
    lines = sorted(rvsjax.load(tmp_path / "out").kinds)
    assert [line[:18] for line in lines] == [
        "2 runs on processor"[:18],
        "4 runs on processo",
    ]
    assert "jax 0.9.9" in lines[0]
    assert sweep() == 0  # the same kinds as before


def test_the_same_machine_goes_on(sweep, folders, tmp_path, monkeypatch):
    """With a newer system, which tells more flags of the processor."""
    monkeypatch.setattr("platform.release", lambda: "99.1")
    monkeypatch.setattr("platform.version", lambda: "another build")
    cpuinfo = kind_detection.Path("/proc/cpuinfo").read_text()
    (tmp_path / "cpuinfo").write_text(cpuinfo.replace("flags\t\t:", "flags\t\t: new_1"))
    monkeypatch.setattr(kind_detection, "Path", lambda name: tmp_path / "cpuinfo")
    assert sweep() == 0
    assert tables(tmp_path / "out") == tables(folders / "whole")


def test_a_folder_of_before_kinds_were_noted_goes_on(sweep, tmp_path):
    store = Store(tmp_path / "out")
    manifest = store.manifest
    del manifest["kinds"]
    (store.folder / "manifest.json").write_text(json.dumps(manifest))
    assert sweep() == 0
    assert len(rvsjax.load(store.folder).manifest["kinds"]) == 1


def test_a_manifest_that_was_lost_is_told_by_parts(sweep, other, tmp_path):
    (tmp_path / "out/manifest.json").unlink()
    assert sweep() == 2


def test_a_folder_without_a_finished_block_is_of_no_kind(sweep, other, tmp_path):
    for path in (tmp_path / "out/parts").iterdir():
        path.unlink()
    assert sweep() == 0


def test_a_second_kind_that_comes_meanwhile_is_refused():
    kind = other_kind(jax.devices()[0], PLAIN)
    need_same_kind("out", {}, kind)
    need_same_kind("out", {kind.name: {}}, kind)
    with pytest.raises(FolderError, match="out was computed on another kind"):
        need_same_kind("out", {"else": {"jax": "0.8"}}, kind)


def test_the_native_kernel_is_told_with_its_compiler(monkeypatch):
    macros = (
        '#define __VERSION__ "13.2"\n#define __tune_znver4__ 1\n#define __AVX2__ 1\n'
    )
    monkeypatch.setattr(native_build, "_compiler", lambda: ["c++"])
    monkeypatch.setattr(native_build, "_machine", lambda compiler: macros)
    first = native_build.kernel_build()
    assert first.startswith("13.2 -march=native znver4 ")
    monkeypatch.setattr(
        native_build, "_machine", lambda _: macros + "#define __PKU__ 1"
    )
    assert native_build.kernel_build() == first
    more = macros + "#define __AVX512F__ 1\n"
    monkeypatch.setattr(native_build, "_machine", lambda compiler: more)
    assert native_build.kernel_build() != first


@pytest.mark.parametrize("there", [None, [], {"jax": 3}, {"jax": "\x1b[31m" * 99}])
def test_what_a_stranger_tells_of_kinds_is_a_line(there):
    said = kind_difference(there, {"jax": "0.10.1"})
    assert said.isprintable() and len(said) <= 248 and "0.10.1 here" in said


def test_a_limit_of_xla_makes_processors_alike(monkeypatch, tmp_path):
    """One with AVX-512 and one without; the C++ is compiled to the same limit."""
    cpuinfo = kind_detection.Path("/proc/cpuinfo").read_text()
    more = "avx avx2 avx512f avx512vl fma f16c"
    (tmp_path / "cpuinfo").write_text(cpuinfo.replace("flags\t\t:", f"flags\t: {more}"))
    kinds = []
    for flags in ("", "--xla_cpu_max_isa=AVX2"):
        monkeypatch.setenv("XLA_FLAGS", flags)
        with monkeypatch.context() as patch:
            kinds.append(kind_of(jax.devices()[0], PLAIN).processor)
            patch.setattr(kind_detection, "Path", lambda name: tmp_path / "cpuinfo")
            kinds.append(kind_of(jax.devices()[0], PLAIN).processor)
    here, there, limited_here, limited_there = kinds
    assert "avx512f" in there and limited_there.startswith("avx avx2 f16c fma")
    assert "avx512f" not in limited_there
    assert limited_here == limited_there or "avx2" not in here
    commands = []
    monkeypatch.setattr(native_build, "_run", lambda x: str(commands.append(x)))
    native_build._machine(["c++"])
    native_build._compile(["c++"], tmp_path / "out")
    assert ["-march=x86-64-v3" in command for command in commands] == [True, True]
