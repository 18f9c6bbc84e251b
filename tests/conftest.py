"""Strict numerics for every test: x64, no silent rank promotion, two CPU devices.

What programs and kernels are kept, is kept for this test run alone.
"""

import atexit
import os
import shutil
import signal
import tempfile

import jax
import pytest

if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share the folder of the first
    _CACHE = tempfile.mkdtemp(prefix="rvsjax-tests-")
    atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)
    os.environ["RVSJAX_CACHE"] = _CACHE

# a shell makes what runs in its background ignore Ctrl-C, and so would what we start
signal.signal(signal.SIGINT, signal.default_int_handler)

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True)
def _work_in_an_empty_folder(tmp_path, monkeypatch):
    """Results go to ``out/`` of the folder that a test runs in."""
    monkeypatch.chdir(tmp_path)
