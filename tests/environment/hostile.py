"""Settings of JAX that its defaults are not, and what holds them for a while."""

import contextlib

import jax

__all__ = ["OTHER", "settings"]

OTHER = {
    "jax_threefry_partitionable": False,
    "jax_random_seed_offset": 7,
    "jax_default_prng_impl": "rbg",
    "jax_enable_custom_prng": True,
    "jax_legacy_prng_key": "error",
    "jax_numpy_dtype_promotion": "strict",
    "jax_default_matmul_precision": "bfloat16",
    "jax_allow_f16_reductions": False,
    "jax_softmax_custom_jvp": True,
    "eager_constant_folding": True,
    "jax_custom_vjp3": True,
    "jax_exec_time_optimization_effort": -1.0,
    "jax_memory_fitting_level": "O0",
    "jax_optimization_level": "O0",
    "jax_scan3": True,
    "jax_use_direct_linearize": False,
    "jax_use_simplified_jaxpr_constants": True,
    "jax_check_tracer_leaks": True,
    "jax_debug_infs": True,
    "jax_debug_key_reuse": True,
    "jax_debug_nans": True,
    "jax_disable_jit": True,
    "jax_enable_checks": True,
    "jax_enable_x64": False,
    "jax_error_checking_behavior_divide": "raise",
    "jax_error_checking_behavior_nan": "raise",
    "jax_no_execution": True,
    "jax_no_tracing": True,
    "jax_transfer_guard": "disallow",
}


@contextlib.contextmanager
def settings(**values):
    before = {name: jax.config.values[name] for name in values}
    try:
        for name, value in values.items():
            jax.config.update(name, value)
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
