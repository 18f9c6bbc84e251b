"""Faults of a Ray cluster on this machine, for `soak.py --executor ray`."""

import contextlib
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from soak import Soak

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.sweep.executors.nodes import Cluster  # noqa: E402

__all__ = ["ClusterSoak"]

ENDED = {0, 3}  # done, or the cluster has ended: what was finished is kept


class ClusterSoak(Soak):
    """Folders of one sweep that a cluster of two nodes computes, disturbed."""

    def __enter__(self) -> "ClusterSoak":
        self.begin_cluster()
        return self

    def __exit__(self, *error: object) -> None:
        self.cluster.close()

    def begin_cluster(self) -> None:
        self.cluster = Cluster()
        self.environment = self.cluster.environment
        self.more = ("--executor", "ray", "--address", self.cluster.address)
        self.workers = [self.cluster.add(), self.cluster.add()]

    def some_time(self) -> float:
        return self.random.uniform(4.0, 16.0)  # the first blocks come after 8 s

    def faults(self) -> list[Callable[[Path], None]]:
        often = [self.kill, self.worker, self.worker, self.node, self.node, self.damage]
        return [*often, self.interrupt, self.second, self.join, self.head]

    # -- faults ------------------------------------------------------------------------

    def worker(self, out: Path) -> None:
        """Kill processes that compute, one after another."""
        process = self.start(out)
        for _ in range(self.random.randrange(1, 4)):
            time.sleep(self.some_time() / 2)
            if found := self.computing():
                with contextlib.suppress(psutil.NoSuchProcess):
                    self.random.choice(found).kill()
                    self.counts["workers killed"] += 1
        self.end(process, {0})

    def computing(self) -> list[psutil.Process]:
        """Return the processes of the cluster that have orders."""
        found = []
        for node in self.workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(node.pid).children(recursive=True):
                    if any("_work" in word for word in child.cmdline()[:1]):
                        found.append(child)
        return found

    def node(self, out: Path) -> None:
        """Kill a node; another one joins, at once or late."""
        process = self.start(out)
        time.sleep(self.some_time())
        lost: Any = self.random.choice(self.workers)
        self.workers.remove(lost)
        self.cluster.kill(lost)
        time.sleep(self.random.choice([0.0, 4.0]))
        self.workers.append(self.cluster.add())
        self.end(process, {0})

    def join(self, out: Path) -> None:
        """Let a third node join, and one leave at the end."""
        process = self.start(out)
        time.sleep(self.some_time())
        self.workers.append(self.cluster.add())
        self.end(process, {0})
        self.cluster.kill(self.workers.pop(0))

    def head(self, out: Path) -> None:
        """Kill the head, and with it the cluster; a new one takes its place."""
        process = self.start(out)
        time.sleep(self.some_time())
        killed = time.monotonic()
        self.cluster.kill(self.cluster.head)
        self.end(process, ENDED | {2})  # 2: it was just about to join
        took = round(time.monotonic() - killed)
        self.counts["seconds to end, at most"] = max(
            took, self.counts["seconds to end, at most"]
        )
        self.cluster.close()
        self.begin_cluster()

    def interrupt(self, out: Path) -> None:
        process = self.start(out)
        time.sleep(self.some_time())
        process.send_signal(self.random.choice([signal.SIGINT, signal.SIGTERM]))
        self.end(process, {130, 0, -signal.SIGINT, -signal.SIGTERM})
