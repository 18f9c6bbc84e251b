"""An executor that cannot be had is refused in a sentence, before anything is begun."""

import importlib.metadata
import os
import socket

import pytest

from rvsjax.errors import UserError
from rvsjax.sweep.executors.needs import need_executor


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """No token, and a Ray that is new enough."""
    clean = {name: x for name, x in os.environ.items() if not name.startswith("RAY_")}
    monkeypatch.setattr(os, "environ", clean | {"HOME": str(tmp_path)})
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.60.0")
    return os.environ


def refused(name, address=None):
    with pytest.raises(UserError) as error:
        need_executor(name, address)
    return str(error.value)


def test_the_local_one_needs_nothing(environment):
    before = dict(environment)
    need_executor("local", None)
    assert environment == before
    assert refused("local", "a:1") == "--address a:1 needs --executor ray"


def test_one_that_is_unknown_is_told():
    assert refused("dask") == "executor must be one of local, ray, got 'dask'"
    assert refused(None) == "executor must be one of local, ray, got None"


def test_ray_must_be_there_and_new(monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.58.1")
    assert "needs Ray 2.59 or newer, here is 2.58.1; install it" in refused("ray")
    monkeypatch.setattr(importlib.metadata, "version", version)
    assert "needs Ray; install it: python -m pip install 'rvsjax[ray]'" in refused(
        "ray"
    )


def test_a_cluster_of_this_machine_gets_a_token_of_its_own(environment):
    need_executor("ray", None)
    first = environment["RAY_AUTH_TOKEN"]
    need_executor("ray", None)
    assert len(first) == 64 and environment["RAY_AUTH_TOKEN"] != first
    assert environment["RAY_AUTH_MODE"] == "token"
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.parametrize(
    "settings",
    [{}, {"RAY_AUTH_TOKEN": "x"}, {"RAY_AUTH_MODE": "token"}],
    ids=["nothing", "a token alone", "a mode alone"],
)
def test_without_a_token_no_run(environment, settings):
    environment |= settings
    assert "a cluster without a token runs anybody's code" in refused("ray", "a:1")


@pytest.mark.parametrize("address", ["", "host", "host:", ":6379", "h:0", "h:70000"])
def test_an_address_is_a_host_and_a_port(environment, address):
    environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "x"}
    assert refused("ray", address) == f"--address {address}: must be HOST:PORT"


def test_an_address_must_answer(environment):
    environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "x"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        need_executor("ray", address)
    assert "nobody answers there (Connection refused)" in refused("ray", address)
