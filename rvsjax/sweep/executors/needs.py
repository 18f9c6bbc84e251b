"""Needs of an executor, checked before anything is begun: without JAX, without Ray."""

import importlib.metadata
import os
import re
import secrets
import socket
from pathlib import Path

from rvsjax.errors import UserError, shown

__all__ = ["EXECUTORS", "need_executor"]

EXECUTORS = ("local", "ray")

_OLDEST = (2, 59)  # of Ray: before, it has no tokens
_INSTALL = "python -m pip install 'rvsjax[ray]'"
_PATIENCE = 5.0  # seconds that a cluster has to answer
_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}


def need_executor(name: str, address: str | None) -> None:
    """Refuse an executor that cannot be had; set what Ray reads when it is imported.

    A cluster of this machine gets a new token; any other must have one, since whoever
    reaches a cluster without may run code on its machines. Raises UserError.
    """
    if name not in EXECUTORS:
        known = ", ".join(EXECUTORS)
        raise UserError(f"executor must be one of {known}, got {shown(name)}")
    if name != "ray":
        if address is not None:
            raise UserError(f"--address {address} needs --executor ray")
        return
    _need_ray()
    os.environ |= _SETTINGS
    if address is None:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    else:
        _need_token(address)
        _need_answer(address)


def _need_ray() -> None:
    try:
        version = importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError:
        raise UserError(f"--executor ray needs Ray; install it: {_INSTALL}") from None
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers < _OLDEST:
        least = ".".join(map(str, _OLDEST))
        what = f"--executor ray needs Ray {least} or newer, here is {version}"
        raise UserError(f"{what}; install it: {_INSTALL}")


def _need_token(address: str) -> None:
    named = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys()
    there = bool(named) or (Path.home() / ".ray" / "auth_token").exists()
    if os.environ.get("RAY_AUTH_MODE") != "token" or not there:
        what = f"--address {address}: a cluster without a token runs anybody's code"
        raise UserError(
            f"{what}; start it with RAY_AUTH_MODE=token and RAY_AUTH_TOKEN=..., and "
            "set both here as well"
        )


def _need_answer(address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdecimal() and 0 < int(port) < 2**16):
        raise UserError(f"--address {address}: must be HOST:PORT")
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except OSError as error:
        what = f"--address {address}: nobody answers there ({error.strerror or error})"
        raise UserError(f"{what}; start one with `ray start --head`") from None
