"""What a seed means, and what is a result, is not up to the settings of JAX."""

import importlib.metadata
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.environment.jax_settings import (
    _ELSEWHERE,
    _HELD,
    _TOLD,
    pinned,
    random_key,
    unpinned,
)
from rvsjax.models.gradients import Minibatch, TrainingSet
from rvsjax.models.no_overlap import Teacher
from rvsjax.sweep.engine import Engine, devices
from tests.environment.hostile import OTHER, settings

# of what no program of ours has: collectives, sharding, exports, Pallas, profiles
_ABSENT = (
    *("jax2tf_", "jax_export_", "jax_serialization_", "jax_cross_host_", "jax_mtls_"),
    *("jax_force_dcn_", "jax_share_binary_", "jax_pallas_", "jax_mosaic_", "mock_"),
    *("jax_mock_", "jax_pgle_", "jax_ragged_dot_", "jax_bcoo_", "check_vma"),
    *("jax_auto_pcast", "jax_refs_to_pins", "jax_use_shardy_", "jax_remove_"),
    *("jax_enable_preemption_", "jax_enable_recoverability", "jax_use_magma"),
    *("jax_disallow_mesh_", "jax_disable_vmap_shmap_", "jax_mutable_array_checks"),
    *("jax_sort_devices_", "jax_hlo_source_", "jax_source_url_", "jax_embedded_"),
    *("jax_disable_bwd_", "jax_high_dynamic_range_gumbel", "jax_send_traceback_"),
    *("jax_pjrt_", "jax_xla_backend", "jax_backend_target", "jax_experimental_"),
)


def small(seed):
    """Draw, promote, multiply, lose a number: what each setting is about."""
    drawn = jax.random.normal(random_key(seed), (2, 2), jnp.float64)
    counts = jnp.arange(2, dtype=jnp.int32) + jnp.arange(2, dtype=jnp.int64)
    sums, _ = jax.lax.scan(lambda x, y: (x + y, x), drawn[0], drawn)
    return drawn @ drawn, counts, sums, jnp.log(drawn), 1 / (drawn * 0)


def lowered():
    with pinned():
        jax.clear_caches()
        mapped = jax.vmap(small)
        return jax.jit(mapped).lower(np.zeros(1, "uint32")).as_text()


@pytest.fixture(scope="module")
def usual():
    return lowered()


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHER)
def test_a_program_is_the_same_under_each_setting(name, usual):
    with settings(**{name: OTHER[name]}):
        assert lowered() == usual


def test_blocks_are_computed_alike_under_all_settings_together():
    """And not by a program that was compiled in this process before, or for it."""
    seeds = [np.uint32(3), np.uint32(4)]
    [before, *_] = there = Engine(small, 2)(seeds)
    assert before.dtype == "float64"

    def again(seed):
        return small(seed)

    with settings(**OTHER):
        here = Engine(again, 2)(seeds)
    assert [x.tobytes() for x in here] == [x.tobytes() for x in there]


def test_starts_and_samples_are_the_same_in_ones_own_program():
    """Outside the engine too: `simulate` draws its samples in the user's program."""

    def draw(seed):
        teacher = Teacher(jnp.array([0.6, 0.8]), k=2)
        step = Minibatch(seed, 2).at(teacher, jnp.int32(1))(jnp.array([0.0, 1.0]))
        return step, TrainingSet(seed, 4, 2).draw(2, 3, jnp.float64).data

    there = jax.jit(draw)(np.uint32(5))
    jax.clear_caches()
    with settings(jax_threefry_partitionable=False, jax_random_seed_offset=7):
        here = jax.jit(lambda seed: draw(seed))(np.uint32(5))
    assert [x.tobytes() for x in here] == [x.tobytes() for x in there]


def test_every_setting_is_held_or_told_or_elsewhere():
    """A version of JAX with another setting needs a decision about it."""
    if importlib.metadata.version("jax") not in ("0.10.1", "0.12.0.1"):
        pytest.skip("the settings of this version were not looked at")
    known = {*_HELD, *_TOLD, "jax_enable_x64"}
    free = {n for n in jax.config.values if not n.startswith((*_ELSEWHERE, *_ABSENT))}
    assert free - known <= set()


def test_what_is_held_is_the_default():
    """So that holding it changes no result: JAX in a process without settings."""
    code = """
import jax
from rvsjax.environment.jax_settings import _HELD, _TOLD, unpinned
for name, usual in (_HELD | _TOLD).items():
    there = jax.config.values.get(name, usual)
    there = getattr(there, "value", there)
    assert there == usual or (there, usual) == (None, "allow"), (name, there)
assert unpinned() == ""
"""
    ours = ("JAX_", "XLA_")  # conftest and the shell may have set some
    clean = {n: x for n, x in os.environ.items() if not n.startswith(ours)}
    subprocess.run([sys.executable, "-c", code], check=True, env=clean)


# -- what cannot be held ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("", ""),
        ("--xla_dump_to=x --xla_force_host_platform_device_count=8", ""),
        ("--xla_cpu_enable_fast_math=true", "--xla_cpu_enable_fast_math=true"),
        ("--xla_b=true --xla_a=2", "--xla_a=2"),
    ],
)
def test_flags_of_xla_that_move_bits_are_told(flags, told, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", flags)
    assert unpinned(["--xla_b"]) == told


def test_flags_may_be_in_a_file(tmp_path, monkeypatch):
    (tmp_path / "flags").write_text("--xla_a=2\n")
    monkeypatch.setenv("XLA_FLAGS", str(tmp_path / "flags"))
    assert unpinned() == "--xla_a=2"


# -- a platform that is not here -------------------------------------------------------


def test_where_a_platform_is_not_here_the_cpu_computes():
    code = """
from rvsjax.sweep.engine import devices
assert devices()[0].platform == "cpu"
try:
    devices("tpu")
except RuntimeError as error:
    print(error)
"""
    asked = os.environ | {"JAX_PLATFORMS": "cuda"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=asked, capture_output=True, text=True
    )
    assert "JAX finds no device of cuda" in done.stderr
    assert "tpu" in done.stdout
    assert done.returncode == 0


def test_devices_are_those_of_jax():
    assert devices() == jax.devices()
