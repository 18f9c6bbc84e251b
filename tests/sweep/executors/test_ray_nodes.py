"""A cluster of several nodes of which some die: the bytes of the local executor.

One cluster for all, since its start takes ten seconds and each node five.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time

import pytest

import rvsjax
from rvsjax.cli.main import main
from tests.sweep.executors.nodes import Cluster, wait
from tests.sweep.executors.test_ray import OPTIONS, Sweeps

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="needs Ray"),
]

# Python runs it in each worker of Ray: blocks last long enough to be lost.
SLOW = """
import sys, time
if "default_worker.py" in " ".join(sys.orig_argv):
    import rvsjax.sweep.executors.orders as orders
    computed = orders._done
    def slowly(*given):
        time.sleep(0.2)
        return computed(*given)
    orders._done = slowly
"""


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    return Sweeps(tmp_path_factory.mktemp("nodes"))


@pytest.fixture(scope="module")
def cluster(sweeps):
    (sweeps.folder / "sitecustomize.py").write_text(SLOW)
    cluster = Cluster()
    path = os.environ.get("PYTHONPATH", "")
    cluster.environment["PYTHONPATH"] = f"{sweeps.folder}{os.pathsep}{path}"
    yield cluster
    cluster.close()


def begin(sweeps, cluster, out):
    """Start a sweep on the cluster."""
    command = [sys.executable, "-m", "rvsjax.sweep", str(sweeps.file), *OPTIONS]
    command += ["--executor", "ray", "--address", cluster.address]
    return subprocess.Popen(
        [*command, "--out", str(sweeps.folder / out)],
        env=cluster.environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process, code):
    said = process.communicate(timeout=120)[1]
    assert process.returncode == code, said
    assert "Traceback" not in said
    return said


def blocks(sweeps, out):
    return len([*(sweeps.folder / out).glob("parts/*-runs-*.parquet")])


def test_a_driver_and_a_node_die_and_a_node_joins(sweeps, cluster):
    first = cluster.add()
    process = begin(sweeps, cluster, "nodes")
    wait(lambda: blocks(sweeps, "nodes") >= 3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = blocks(sweeps, "nodes")
    process = begin(sweeps, cluster, "nodes")
    wait(lambda: blocks(sweeps, "nodes") >= kept + 3)
    cluster.add()
    cluster.kill(first)
    end(process, 0)
    assert sweeps.bytes("nodes") == sweeps.bytes("local")
    (session,) = rvsjax.load(sweeps.folder / "nodes").manifest["sessions"]
    assert session["lost"] >= 1 and session["losses"]
    assert len({place["process"] for place in session["places"]}) == 2
    assert sum(place["blocks"] for place in session["places"]) == 40 - kept


def test_the_head_dies_and_this_machine_goes_on(sweeps, cluster):
    """The driver ends in finite time, with what was kept."""
    process = begin(sweeps, cluster, "head")
    wait(lambda: blocks(sweeps, "head") >= 3)
    cluster.kill(cluster.head)
    killed = time.monotonic()
    assert "the cluster no longer answers (" in end(process, 3)
    assert time.monotonic() - killed < 60
    out = str(sweeps.folder / "head")
    assert 3 <= blocks(sweeps, "head") < 40
    assert main(["sweep", str(sweeps.file), "--out", out, *OPTIONS]) == 0
    assert sweeps.bytes("head") == sweeps.bytes("local")
