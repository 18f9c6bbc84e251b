"""The setting of a folder: chosen once, kept, and refused where it cannot be had."""

import jax
import numpy as np
import pytest

from rvsjax.results.results import Results
from rvsjax.simulation.kernels import native
from rvsjax.sweep import execution
from rvsjax.sweep.execution import (
    ExecutionConfig,
    choose_config,
    nearest_config,
    read_config,
)
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.plan.overrides import override
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.recompute import elsewhere
from rvsjax.sweep.resolve import resolve_config
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "settled"
study = "rvscgd"
[constants]
d = 8
steps = 300
eta = 0.02
penalty = "l1"
lam = 0.02
beta = 0.5
[seeds]
count = 20
"""

needs_compiler = pytest.mark.skipif(
    native.problem() is not None, reason=f"no native kernels: {native.problem()}"
)


def plan(**changes):
    raw = parse(SWEEP)
    for name, value in changes.items():
        raw = override(raw, name, value)
    return make_plan(raw)


def settled(folder, wanted):
    """Choose the setting of a folder, as a sweep does before it computes."""
    store = Store(folder)
    with store.hold():
        store.open(wanted.fingerprint, wanted.as_json(), SWEEP, ("runs",))
        asked = {"block_size": 8, "kernel": "plain"}
        config = resolve_config(store.folder, store.manifest, wanted, "cpu", **asked)
        store.configure(config.as_json())
        return config


def test_programs_with_a_loop_of_their_own_are_not_compiled_quickly(monkeypatch):
    monkeypatch.setattr(execution, "choose", lambda platform: "native")
    long = plan(steps=400_000)
    assert choose_config(long, "cpu").quick
    compensated = plan(steps=400_000, precision="compensated", dtype="float32")
    assert not choose_config(compensated, "cpu").quick
    assert not choose_config(long, "cpu", kernel="plain").quick
    assert choose_config(plan(), "cpu", kernel="plain").quick  # unless it is short
    sampled = plan(gradient="projected")
    assert not choose_config(sampled, "cpu").quick
    many = make_plan(override(parse(SWEEP), "seeds.count", 5000))
    assert not choose_config(many, "cpu").quick


def test_a_folder_keeps_its_setting(tmp_path):
    kept = settled(tmp_path, plan())
    assert kept == ExecutionConfig(8, "plain", True)
    assert nearest_config(read_config(Results(tmp_path).manifest), "cpu") == kept
    with pytest.raises(FolderError, match="begun with --kernel plain, not native"):
        run_plan(plan(), SWEEP, tmp_path, Options(kernel="native"))
    with pytest.raises(FolderError, match="begun with --block 8, not 16"):
        run_plan(plan(), SWEEP, tmp_path, Options(width=16))


def test_a_folder_from_before_kernels_is_plain():
    assert read_config({"width": 16}) == ExecutionConfig(16, "plain", False)
    with pytest.raises(FolderError, match="no results"):
        read_config({})


def test_without_a_compiler(tmp_path, monkeypatch):
    """A new folder is plain; one that asks for the kernel is told what is missing."""
    monkeypatch.setattr(native, "problem", lambda: "it needs a compiler")
    assert choose_config(plan(), "cpu").kernel == "plain"
    with pytest.raises(
        FolderError, match="--kernel native does not work here: it needs a compiler"
    ):
        run_plan(plan(), SWEEP, tmp_path, Options(kernel="native"))
    manifest = {"width": 16, "kernel": "native", "quick": True}
    assert nearest_config(read_config(manifest), "cpu") == ExecutionConfig(
        16, "plain", False
    )


@needs_compiler
def test_kernels_agree_on_a_sweep(tmp_path):
    """Numbers to rounding; verdicts but for what oscillates at the limit.

    With the penalty that goes another way than l1, of which every column is compared
    in `test_recompute`.
    """
    tables, asked = {}, plan(penalty="transformed-l1")
    for kernel in ("plain", "native"):
        folder = tmp_path / kernel
        run_plan(asked, SWEEP, folder, Options(width=16, kernel=kernel))
        tables[kernel] = Results(folder).runs.set_index("run_id")
    plain, fast = tables["plain"], tables["native"].loc[tables["plain"].index]
    for name in ("theta_0", "theta", "lagrangian", "error", "nnz_u", "theta_max"):
        found, expected = (table[f"m_{name}"] for table in (fast, plain))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)
    for name in (column for column in plain if column.startswith("verdict_")):
        unlike = plain[name] != fast[name]
        seen = {*plain[name][unlike], *fast[name][unlike]}
        assert seen <= {"holds", "undecided"}, name


def test_a_folder_goes_on_with_the_flags_that_it_was_begun_with(tmp_path, monkeypatch):
    """One folder has the bits of one compiler: XLA reads its flags by itself."""
    wanted = plan()
    usual = settled(tmp_path, wanted)
    assert "unpinned" not in Store(tmp_path).manifest
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    with pytest.raises(FolderError, match="none there, .*fast_math=true.* here.*--out"):
        settled(tmp_path, wanted)
    told = "settings none there, --xla_cpu_enable_fast_math=true here"
    assert elsewhere(Folder(tmp_path), jax.devices()[0]) == [told]
    monkeypatch.undo()
    assert settled(tmp_path, wanted) == usual
