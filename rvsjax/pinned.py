"""Settings of JAX that would change what we compute: held at one value around it.

JAX has settings of a whole process, from the environment and from ``jax.config``. Some
change what a seed means (`jax_threefry_partitionable`), some what a number is
(`jax_enable_x64`), some turn a good program into an error (`jax_debug_nans`,
`jax_disable_jit`). A result is to follow from what was asked alone: whatever of ours
is traced, compiled or called, is so within `pinned`. What cannot be held, since XLA
reads it when it starts, is told by `unpinned`, and kept with the results.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import jax

__all__ = ["IMPLEMENTATION", "pinned", "random_key", "unpinned"]

IMPLEMENTATION = "threefry2x32"
"""The generator of every number that is drawn."""

# context managers of jax, each with what it holds; versions have more or less of them
_HELD = {
    # what a seed means
    "threefry_partitionable": True,
    "default_prng_impl": IMPLEMENTATION,
    "enable_custom_prng": False,
    "legacy_prng_key": "allow",
    # what an operation means
    "numpy_dtype_promotion": "standard",
    "default_matmul_precision": None,
    "allow_f16_reductions": True,
    "softmax_custom_jvp": False,
    "default_device": None,
    # what is an error: a run without a number has a row that says so
    "debug_nans": False,
    "debug_infs": False,
    "debug_key_reuse": False,
    "disable_jit": False,
    "enable_checks": False,
    "check_tracer_leaks": False,
    "no_tracing": False,
    "no_execution": False,
    "array_garbage_collection_guard": "allow",
    "transfer_guard_host_to_device": "allow",
    "transfer_guard_device_to_device": "allow",
    "transfer_guard_device_to_host": "allow",
}

# settings without a context manager that programs depend on, each with its default
_TOLD = {
    "jax_accurate_erf_inv": False,
    "jax_compiler_enable_remat_pass": True,
    "jax_disable_most_optimizations": False,
    "jax_enable_pgle": False,
    "jax_exec_time_optimization_effort": 0.0,
    "jax_memory_fitting_effort": 0.0,
    "jax_memory_fitting_level": "O2",
    "jax_optimization_level": "UNKNOWN",
    "jax_threefry_gpu_kernel_lowering": False,
    "jax_use_direct_linearize": True,
    "jax_use_hlo_logistic_lowering": None,
    "jax_xla_profile_version": 0,
}

# what the names of settings begin with that move no bit: where things are computed, and
# what is written down; that no rank is promoted is tested
_ELSEWHERE = (
    *("jax_platform", "jax_num_cpu_devices", "jax_cpu_", "jax_cuda_", "jax_rocm_"),
    *("jax_oneapi_", "jax_log", "jax_debug_log", "jax_explain_", "jax_traceback_"),
    *("jax_tracer_error_", "jax_include_", "jax_dump_", "jax_pprint_", "jax_check_"),
    *("jax_compilation_cache_", "jax_enable_compilation_cache", "jax_persistent_"),
    *("jax_raise_persistent_", "jax_captured_constants_", "jax_compiler_detailed_"),
    *("jax_distributed_", "jax_transfer_guard", "jax_thread_guard", "jax_explicit_"),
    *("jax_random_seed_offset", "jax_enable_x64", "jax_numpy_rank_promotion"),
)

# flags of XLA that move no bit: what is written down, how many devices there are, and
# whether a loop is one kernel (`rvsjax.commands.sweep`)
_HARMLESS = (
    "--xla_dump_",
    "--xla_force_host_platform_device_count=",
    "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=",
)

_OFFSET = "jax_random_seed_offset"
_keys = threading.Lock()  # of those who set it


@contextlib.contextmanager
def pinned(x64: bool | None = True) -> Iterator[None]:
    """Hold the settings of JAX, in this thread; a decorator as well.

    64-bit types are enabled, or not, or with None as the caller has them.
    """
    with contextlib.ExitStack() as stack:
        for name, value in _HELD.items():
            if (hold := getattr(jax, name, None)) is not None:
                stack.enter_context(hold(value))
        if x64 is not None:
            stack.enter_context(jax.enable_x64(x64))
        yield


def random_key(seed: jax.Array | int) -> jax.Array:
    """Return the key of a seed, whatever `jax_random_seed_offset`.

    For that setting JAX has no context manager of its own: it is 0 meanwhile.
    """
    with _keys, pinned(None):
        offset = jax.config.values.get(_OFFSET)
        if not offset:
            return jax.random.key(seed, impl=IMPLEMENTATION)
        jax.config.update(_OFFSET, 0)
        try:
            return jax.random.key(seed, impl=IMPLEMENTATION)
        finally:
            jax.config.update(_OFFSET, offset)


def unpinned(known: Iterable[str] = ()) -> str:
    """Return the settings that may move a bit and are not held, "" by default.

    `known` are flags of XLA that every program has, whatever the environment.
    """
    known = {*map(str.lower, known)}
    flags = [
        flag
        for flag in _xla_flags()
        if not flag.startswith(_HARMLESS) and flag.lower() not in known
    ]
    return " ".join([*sorted(flags), *_jax_settings()])


def _jax_settings() -> Iterator[str]:
    """Yield the settings of `_TOLD` that are not usual, and what nobody knows."""
    there = jax.config.values
    for name, usual in _TOLD.items():
        if there.get(name, usual) != usual:
            yield f"{name}={there[name]}"
    held = {f"jax_{name}" for name in _HELD}
    for name in sorted(map(str.lower, os.environ)):
        known = name in held or name in _TOLD or name.startswith(_ELSEWHERE)
        if name.startswith("jax_") and name in there and not known:
            yield f"{name}={there[name]}"


def _xla_flags() -> list[str]:
    """Return the flags of ``$XLA_FLAGS``, which may name a file of them."""
    told = os.environ.get("XLA_FLAGS", "").strip()
    if told and not told.startswith("-"):
        with contextlib.suppress(OSError, ValueError):
            told = Path(told).read_text()
    return told.split()
