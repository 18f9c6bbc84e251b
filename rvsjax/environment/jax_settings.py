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
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jax

__all__ = [
    "IMPLEMENTATION",
    "largest_instruction_set",
    "pinned",
    "pinned_for",
    "random_key",
    "unpinned",
]

IMPLEMENTATION = "threefry2x32"
"""The generator of every number that is drawn."""

# each with what it is by default; versions of JAX have more or less of them
_HELD = {
    # what a seed means
    "jax_threefry_partitionable": True,
    "jax_random_seed_offset": 0,
    "jax_default_prng_impl": IMPLEMENTATION,
    "jax_enable_custom_prng": False,
    "jax_legacy_prng_key": "allow",
    # what an operation means
    "jax_numpy_dtype_promotion": "standard",
    "jax_default_matmul_precision": None,
    "jax_default_device": None,
    "jax_allow_f16_reductions": True,
    "jax_accurate_erf_inv": False,
    "jax_softmax_custom_jvp": False,
    "jax_use_hlo_logistic_lowering": None,
    # which program is made of it
    "eager_constant_folding": False,
    "jax_compiler_enable_remat_pass": True,
    "jax_custom_vjp3": False,
    "jax_enable_pgle": False,
    "jax_exec_time_optimization_effort": 0.0,
    "jax_memory_fitting_effort": 0.0,
    "jax_memory_fitting_level": "O2",
    "jax_optimization_level": "UNKNOWN",
    "jax_scan3": False,
    "jax_threefry_gpu_kernel_lowering": False,
    "jax_use_direct_linearize": True,
    "jax_use_simplified_jaxpr_constants": False,
    "jax_xla_profile_version": 0,
    # what is an error: a run without a number has a row that says so
    "jax_array_garbage_collection_guard": "allow",
    "jax_check_tracer_leaks": False,
    "jax_debug_infs": False,
    "jax_debug_key_reuse": False,
    "jax_debug_nans": False,
    "jax_disable_jit": False,
    "jax_enable_checks": False,
    "jax_error_checking_behavior_divide": "ignore",
    "jax_error_checking_behavior_nan": "ignore",
    "jax_error_checking_behavior_oob": "ignore",
    "jax_no_execution": False,
    "jax_no_tracing": False,
    "jax_raise_persistent_cache_errors": False,
    "jax_transfer_guard_device_to_device": "allow",
    "jax_transfer_guard_device_to_host": "allow",
    "jax_transfer_guard_host_to_device": "allow",
}

# what cannot be held, of the whole process alone, with its default
_TOLD = {"jax_disable_most_optimizations": False}

# what the names of settings begin with that move no bit: where things are computed, and
# what is written down; that no rank is promoted is tested
_ELSEWHERE = (
    *("jax_platform", "jax_num_cpu_devices", "jax_cpu_", "jax_cuda_", "jax_rocm_"),
    *("jax_oneapi_", "jax_log", "jax_debug_log", "jax_explain_", "jax_traceback_"),
    *("jax_tracer_error_", "jax_include_", "jax_dump_", "jax_pprint_", "jax_check_"),
    *("jax_compilation_cache_", "jax_enable_compilation_cache", "jax_persistent_"),
    *("jax_captured_constants_", "jax_compiler_detailed_"),
    *("jax_distributed_", "jax_transfer_guard", "jax_thread_guard", "jax_explicit_"),
    *("jax_enable_x64", "jax_numpy_rank_promotion"),
)

# flags of XLA that move no bit: what is written down, how many devices there are, and
# whether a loop is one kernel (`rvsjax.cli.devices`)
_HARMLESS = (
    "--xla_dump_",
    "--xla_force_host_platform_device_count=",
    "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=",
)


@contextlib.contextmanager
def pinned(x64: bool | None = True) -> Iterator[None]:
    """Hold the settings of JAX, in this thread; a decorator as well.

    64-bit types are enabled, or not, or with None as the caller has them.
    """
    with contextlib.ExitStack() as stack:
        for name, value in _HELD.items():
            if (manager := _manager(name)) is not None:
                stack.enter_context(manager(value))
        if x64 is not None:
            stack.enter_context(jax.enable_x64(x64))
        yield


def pinned_for(x: Any) -> contextlib.AbstractContextManager[None]:
    """Hold the settings of JAX for what an array begins: 64-bit types where it has one.

    Elsewhere they are as the caller has them.
    """
    return pinned(True if x.dtype == "float64" else None)


def _manager(name: str) -> Any:
    """Return what holds a setting in a thread; None where this JAX has none.

    Of some, JAX exports no context manager, though it has one of each.
    """
    exported = getattr(jax, name.removeprefix("jax_"), None)
    found = getattr(jax.config, "_value_holders", {}).get(name, exported)
    return found if callable(found) else None


@pinned(None)
def random_key(seed: jax.Array | int) -> jax.Array:
    """Return the key of a seed, whatever the settings of the process."""
    return jax.random.key(seed, impl=IMPLEMENTATION)


def unpinned(known: Iterable[str] = ()) -> str:
    """Return the settings that may move a bit and are not held, "" by default.

    `known` are names of flags of XLA that every program is given by us, whatever the
    environment has.
    """
    known = {*known}
    flags = [
        flag
        for flag in _xla_flags()
        if not flag.startswith(_HARMLESS) and flag.partition("=")[0] not in known
    ]
    return " ".join([*sorted(flags), *_jax_settings()])


def largest_instruction_set() -> str:
    """Return the instruction set that XLA is limited to on a CPU, "" where to none."""
    given = (flag.partition("=") for flag in _xla_flags())
    found = [value for name, _, value in given if name == "--xla_cpu_max_isa"]
    return found[-1] if found else ""


def _jax_settings() -> Iterator[str]:
    """Yield the settings that are not usual and cannot be held, and unknown ones."""
    there = jax.config.values
    for name, usual in (_HELD | _TOLD).items():
        other = getattr(there.get(name, usual), "value", there.get(name, usual))
        if other != usual and _manager(name) is None:
            yield f"{name}={other}"
    for name in sorted(map(str.lower, os.environ)):
        known = name in _HELD or name in _TOLD or name.startswith(_ELSEWHERE)
        if name.startswith("jax_") and name in there and not known:
            yield f"{name}={there[name]}"


def _xla_flags() -> list[str]:
    """Return the flags of ``$XLA_FLAGS``, which may name a file of them."""
    told = os.environ.get("XLA_FLAGS", "").strip()
    if told and not told.startswith("-"):
        with contextlib.suppress(OSError, ValueError):
            told = Path(told).read_text()
    return told.split()
