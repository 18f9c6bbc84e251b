"""Strict numerics for every test: x64, no silent rank promotion, two CPU devices.

Programs are compiled with the options of the engine, which under jax 0.10.1 takes half
of the time. Programs and kernels are kept for this test run alone, or in the folder
that ``RVSJAX_CACHE`` names.
"""

import atexit
import contextlib
import ctypes
import gc
import os
import shutil
import signal
import tempfile

import jax
import psutil
import pytest

from rvsjax.sweep.engine import compilation, compiler_options

if "RVSJAX_CACHE" not in os.environ:  # workers share the folder of the first
    _CACHE = tempfile.mkdtemp(prefix="rvsjax-tests-")
    atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)
    os.environ["RVSJAX_CACHE"] = _CACHE

_QUICK = compiler_options("cpu") | {"xla_backend_optimization_level": 0}
_OPTIONS = [f"--{name}={x}" for name, x in _QUICK.items()]
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *_OPTIONS])

MOST_MEMORY = 2**30  # bytes, after a file of tests

# a shell makes what runs in its background ignore Ctrl-C, and so would what we start
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files of half a minute and more, the longest first: with two workers neither waits for
# the other's last. xdist by itself begins with those of the most tests.
LONG = """
cli/test_main theory/test_hunt sweep/test_recompute test_oracle test_peers
simulation/kernels/test_native sweep/test_locks simulation/test_limit sweep/test_merge
sweep/test_safe_to_open sweep/test_faults theory/test_pair sweep/plan/test_hostile
studies/test_methods simulation/kernels/test_prox simulation/kernels/test_native_edges
simulation/kernels/test_warp simulation/kernels/test_contract studies/test_contract
sweep/test_damage sweep/test_unkept sweep/test_disks test_golden cli/test_signals
docs/test_how_to docs/test_python theory/test_claims studies/test_lenet_edges
sweep/test_execution sweep/test_runner report/test_figures docs/test_docs
""".split()


def pytest_configure(config):
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    places = {f"tests/{name}.py": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONG)))


def pytest_collection_finish():
    """Let garbage collectors pass over all that JAX and pandas brought along."""
    gc.freeze()


jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True, scope="module")
def _keep_within_memory():
    """Drop the compiled programs of a process that has come to have many."""
    yield
    if psutil.Process().memory_info().rss > MOST_MEMORY:
        compilation._programs.clear()
        jax.clear_caches()
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)  # glibc keeps it otherwise


@pytest.fixture(autouse=True)
def _work_in_an_empty_folder(tmp_path, monkeypatch):
    """Results go to ``out/`` of the folder that a test runs in."""
    monkeypatch.chdir(tmp_path)
