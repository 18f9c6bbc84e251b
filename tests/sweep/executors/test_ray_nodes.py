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
from tests import ROOT
from tests.sweep.executors.nodes import Cluster, wait
from tests.sweep.executors.test_ray import OPTIONS, Sweeps

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="needs Ray"),
]

# Python runs it in each worker of Ray: blocks last long enough to be lost. A node may
# have another version, be of another kind of device, or have GPUs that are none.
WORKER = """
import os, pathlib, sys, time
if "default_worker.py" in " ".join(sys.orig_argv):
    import rvsjax.sweep.executors.orders as orders
    from rvsjax.sweep.executors import task
    trouble, computed, kind_of = os.environ.get("TROUBLE"), orders._done, task.kind_of
    def slowly(*given):
        time.sleep(float(os.environ.get("SECONDS", "0.2")))
        done = computed(*given)
        if trouble == "gpu":
            from rvsjax.sweep.engine.compilation import programs
            with open(os.environ["SEEN"], "a") as file:
                gpu = os.environ["CUDA_VISIBLE_DEVICES"]
                file.write(f"{os.getpid()} {gpu} {programs()}\\n")
        return done
    orders._done = slowly
    if trouble == "version":
        orders.build = lambda: (("rvsjax", "0.0.9"),)
    if trouble == "kind":
        task.kind_of = lambda *given: kind_of(*given)._replace(jax="0.0.9")
    if trouble == "gpu":
        orders.devices = lambda kind: __import__("jax").devices("cpu")
"""


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    return Sweeps(tmp_path_factory.mktemp("nodes"))


@pytest.fixture(scope="module")
def cluster(sweeps):
    (sweeps.folder / "sitecustomize.py").write_text(WORKER)
    cluster = Cluster()
    path = os.environ.get("PYTHONPATH", "")
    cluster.environment["PYTHONPATH"] = f"{sweeps.folder}{os.pathsep}{path}"
    cluster.add()
    yield cluster
    cluster.close()


def begin(sweeps, cluster, out, *more, **environment):
    """Start a sweep on the cluster."""
    command = [sys.executable, "-m", "rvsjax.sweep", str(sweeps.file), *OPTIONS]
    command += ["--executor", "ray", "--address", cluster.address]
    return subprocess.Popen(
        [*command, "--out", str(sweeps.folder / out), *more],
        env=cluster.environment | environment,
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
    first = cluster.nodes[-1]
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


def test_a_driver_that_is_told_to_end_keeps_what_runs(sweeps, cluster):
    """Ray's own handler of the signal would abort it after three seconds."""
    node = cluster.add("--num-cpus", "1", SECONDS="5")
    process = begin(sweeps, cluster, "ended")
    wait(lambda: blocks(sweeps, "ended") >= 2)
    process.send_signal(signal.SIGTERM)
    kept = blocks(sweeps, "ended")
    end(process, 130)
    assert blocks(sweeps, "ended") > kept
    cluster.kill(node)


def test_a_machine_that_is_unlike_is_refused(sweeps, cluster):
    """In a sentence that names it and the mend, with what others did kept."""
    for trouble, told in (
        ("version", "has rvsjax 0.0.9, not"),
        ("kind", "another kind of device (jax "),
    ):
        node = cluster.add("--num-cpus", "2", TROUBLE=trouble)
        said = end(begin(sweeps, cluster, "unlike"), 2)
        assert told in said
        cluster.kill(node)
    said = end(begin(sweeps, cluster, "unlike", RAY_AUTH_TOKEN="f" * 32), 2)
    assert "that cluster cannot be joined" in said and "RAY_AUTH_TOKEN" in said


FAKE_GPUS = """
import json, sys
from rvsjax.sweep.executors.orders import Ticket, build
from rvsjax.sweep.executors.ray_cluster import RayExecutor
from tests.sweep.executors.test_orders import BLOCKS, TASK, TOLD
ticket = Ticket(TASK, "gpu", None, build())
given = ticket, len(BLOCKS), lambda block: TOLD, sys.argv[1], lambda *parts: None
executor = RayExecutor(*given)
done = [x.block for x in executor.run(BLOCKS, lambda: False, lambda: None)]
assert sorted(done) == [x.number for x in BLOCKS]
print(json.dumps(executor.session()))
"""


def test_each_gpu_has_one_worker_that_compiles_once(sweeps, cluster):
    seen = sweeps.folder / "seen"
    gpus = ("--num-cpus", "2", "--num-gpus", "2")
    node = cluster.add(*gpus, TROUBLE="gpu", SEEN=str(seen))
    subprocess.run(
        [sys.executable, "-c", FAKE_GPUS, cluster.address],
        env=cluster.environment | {"XLA_FLAGS": ""},
        check=True,
        cwd=ROOT,
    )
    cluster.kill(node)
    lines = [line.split() for line in seen.read_text().splitlines()]
    gpu_of = {process: gpu for process, gpu, _ in lines}
    assert sorted(gpu_of.values()) == ["0", "1"]
    assert all(gpu_of[process] == gpu for process, gpu, _ in lines)
    assert {programs for _, _, programs in lines} == {"1"}


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
