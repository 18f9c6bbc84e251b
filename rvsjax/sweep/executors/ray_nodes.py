"""Nodes of a Ray cluster: joined or started, and looked at while it computes."""

import importlib
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from rvsjax.errors import UserError, one_line

__all__ = ["Node", "Nodes", "connected", "talking"]

ray: Any = importlib.import_module("ray")

_BEAT = 1.0  # seconds between two looks at the nodes
_PATIENCE = 20.0  # seconds without an answer; Ray ends the process after 60
_ANSWER = 10.0  # seconds that a head has for its first words
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
_FORWARDED = ("XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL", "RVSJAX_CACHE", "JAX_PLATFORMS")


class Node(NamedTuple):
    """A machine of the cluster, or a part of one."""

    host: str
    workers: int


@contextmanager
def talking() -> Iterator[None]:
    """Turn what Ray raises where its head has gone into a RuntimeError."""
    try:
        yield
    except ray.exceptions.RayTaskError:  # it may be an OSError of the task as well
        raise
    except (OSError, ray.exceptions.RaySystemError) as error:
        raise _ended(error) from None


def _ended(why: object) -> RuntimeError:
    """Return what to raise where a cluster has gone."""
    what = f"the cluster no longer answers ({why})"
    return RuntimeError(f"{what}: its head, or the machine of that, has ended")


class Nodes:
    """The nodes that are alive, by their id, as far as the cluster answers."""

    def __init__(self, resource: str) -> None:
        """Look at those that have a resource, a worker for each unit of it."""
        self.resource = resource
        self._found = self._look()
        self._heard = time.monotonic()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def alive(self) -> dict[str, Node]:
        """Return the nodes; RuntimeError where the cluster no longer answers."""
        silent = time.monotonic() - self._heard
        if silent > _PATIENCE:
            raise _ended(f"for {silent:.0f} s")
        return self._found

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _watch(self) -> None:
        """Look again and again: a question to a head that has ended does not return."""
        while not self._closed.wait(_BEAT):
            try:
                self._found = self._look()
            except Exception:  # of which the driver hears by the silence
                return
            self._heard = time.monotonic()

    def _look(self) -> dict[str, Node]:
        found = {}
        for node in ray.nodes():
            workers = int(node["Resources"].get(self.resource, 0))
            if node["Alive"] and workers:
                found[node["NodeID"]] = Node(node["NodeManagerHostname"], workers)
        return found


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Join a cluster, or start one of this machine and stop it at the end.

    Raises UserError where that cannot be done.
    """
    if address:
        _need_ray(address)
    variables = {n: os.environ[n] for n in _FORWARDED if n in os.environ}
    try:
        with _same_signals(), warnings.catch_warnings():
            # JAX warns of each fork; what Ray forks becomes another program at once
            warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
            ray.init(
                address=address or "local",
                include_dashboard=None if address else False,
                configure_logging=False,
                log_to_driver=False,
                namespace="rvsjax",
                runtime_env={"env_vars": variables},
            )
    except Exception as error:  # of many kinds
        raise UserError(_refusal(address, error)) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _same_signals() -> Iterator[None]:
    """Hear SIGTERM as before: with the handlers of Ray it ends the process at once."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _need_ray(address: str) -> None:
    """Refuse an address where no Ray answers: Ray would ask there for minutes.

    Its head speaks HTTP/2, and begins with a frame of settings.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), _ANSWER) as connection:
            connection.settimeout(_ANSWER)
            connection.sendall(_HELLO)
            frame = connection.recv(9)
    except OSError:
        frame = b""
    if frame[3:4] != b"\4":
        what = f"--address {address}: what listens there does not answer as Ray does"
        raise UserError(f"{what}; give the address that `ray start --head` tells")


def _refusal(address: str | None, error: Exception) -> str:
    why = one_line(str(error).strip().split("\n")[0])
    if address is None:
        return f"--executor ray: no cluster could be started here ({why})"
    what = f"--address {address}: that cluster cannot be joined ({why})"
    return f"{what}; it needs the same Ray, Python and RAY_AUTH_TOKEN as this process"
