"""Strict numerics for every test: x64, no silent rank promotion, two CPU devices.

Programs are compiled with the options of the engine, which under jax 0.10.1 takes half
of the time. What programs and kernels are kept, is kept for this test run alone.
"""

import atexit
import os
import shutil
import signal
import tempfile

import jax
import pytest

from rvsjax.sweep.engine import compiler_options

if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share the folder of the first
    _CACHE = tempfile.mkdtemp(prefix="rvsjax-tests-")
    atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)
    os.environ["RVSJAX_CACHE"] = _CACHE

_QUICK = compiler_options("cpu") | {"xla_backend_optimization_level": 0}
_OPTIONS = [f"--{name}={x}" for name, x in _QUICK.items()]
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *_OPTIONS])

# a shell makes what runs in its background ignore Ctrl-C, and so would what we start
signal.signal(signal.SIGINT, signal.default_int_handler)

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True)
def _work_in_an_empty_folder(tmp_path, monkeypatch):
    """Results go to ``out/`` of the folder that a test runs in."""
    monkeypatch.chdir(tmp_path)
