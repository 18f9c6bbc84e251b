"""Nodes of a Ray cluster on this machine, each of which may be killed."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

__all__ = ["Cluster"]

PATIENCE = 90  # seconds


class Cluster:
    """A head without workers, and nodes that are added and killed."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="rvs", dir="/tmp"))  # short: sockets
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        self.environment = os.environ | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(16),
            "RAY_raylet_start_wait_time_s": "120",
            "RAY_health_check_failure_threshold": "2",
            "RAY_health_check_period_ms": "1000",
        }
        self.nodes = []
        self.head = self.start(
            *("--head", "--port", str(port), "--num-cpus", "0", "--temp-dir"),
            *(str(self.home), "--include-dashboard=false"),
        )

    def start(self, *options, **environment):
        """Start a node; return its process, once it has told that it runs."""
        script = "import sys; from ray.scripts.scripts import main; sys.exit(main())"
        command = [sys.executable, "-c", script, "start", "--block", *options]
        command += ["--disable-usage-stats", "--node-ip-address", "127.0.0.1"]
        process = subprocess.Popen(
            command,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.nodes.append(process)
        for line in process.stdout:
            if "Ray runtime started" in line:
                return process
        raise RuntimeError("a node did not start")

    def add(self, *options, **environment):
        """Start a node with one core, or what options say."""
        options = options or ("--num-cpus", "1")
        return self.start("--address", self.address, *options, **environment)

    def kill(self, process):
        """End a node at once, as a machine without power."""
        with contextlib.suppress(psutil.NoSuchProcess):
            whole = psutil.Process(process.pid)
            for one in [whole, *whole.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait()
        process.stdout.close()
        self.nodes.remove(process)

    def close(self):
        """End every node."""
        for process in self.nodes[::-1]:
            self.kill(process)
        shutil.rmtree(self.home, ignore_errors=True)


def wait(condition):
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)
