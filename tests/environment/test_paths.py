"""Every path from a user is read alike: a ``~`` in front is the home folder."""

import os
from pathlib import Path

import pytest

import rvsjax
from rvsjax.cli.parser import make_parser
from rvsjax.environment.cache import private_folder
from rvsjax.environment.paths import user_path
from rvsjax.errors import DataError, SweepFileError
from rvsjax.nn.data import load_data
from rvsjax.results.results import Results


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("kind", [str, Path])
def test_only_a_tilde_in_front_is_the_home(home, kind):
    assert user_path(kind("~/a")) == home / "a"
    assert user_path(kind("~")) == home
    assert user_path(kind("a/~")) == Path("a/~")
    assert user_path(kind("a")) == Path("a")
    assert user_path(kind("/a~")) == Path("/a~")


def test_what_was_read_once_stays():
    for text in ("./~", "./~/a", "~nobody-of-this-name/a"):
        once = user_path(text)
        assert once == Path.cwd() / text == user_path(once)


PATHS = {
    "sweep": [("sweep", "~/x"), ("sweep", "f", "--out=~/x")],
    "report": [("report", "~/x")],
    "compare": [("compare", "~/x", "b"), ("compare", "a", "~/x")]
    + [("compare", "a", "b", "--out=~/x")],
    "certify": [("certify", "~/x")],
    "shrink": [("shrink", "~/x", "r", "--claim=c")],
    "rerun": [("rerun", "~/x", "r"), ("rerun", "a", "r", "--every-step=~/x")],
    "verify": [("verify", "~/x")],
}


@pytest.mark.parametrize("command", PATHS)
def test_each_path_of_a_command(home, command):
    for words in PATHS[command]:
        given = vars(make_parser(None).parse_args(words)).values()
        assert home / "x" in given
        assert not any(str(x).startswith("~") for x in given)


def test_each_path_in_python_and_of_the_environment(home, monkeypatch):
    assert Results("~/x").folder == home / "x"
    with pytest.raises(SweepFileError, match="/home/x.toml"):
        rvsjax.run("~/x.toml")
    with pytest.raises(DataError, match=str(home / "x")):
        load_data("~/x")
    monkeypatch.setenv("RVSJAX_DATA", "~/y")
    with pytest.raises(DataError, match=str(home / "y")):
        load_data()
    monkeypatch.setenv("RVSJAX_CACHE", "~/z")
    assert private_folder("x") == home / "z" / "x"
    assert not os.path.exists("~")


def test_a_sweep_from_python_goes_to_the_home(home, monkeypatch):
    there = []
    monkeypatch.setattr("rvsjax.api.run_plan", lambda *asked: there.append(asked[2]))
    rvsjax.run(rvsjax.grid("x"), "~/out")
    assert there == [home / "out"]
