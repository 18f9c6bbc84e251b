"""Which compiler is taken, what it is given, where its library goes, what is refused.

Compilers are scripts here, which compile nothing.
"""

import os
import re
import tempfile
from types import SimpleNamespace

import pytest

from rvsjax.environment.cache import warn_once
from rvsjax.simulation import kernels
from rvsjax.simulation.kernels import abi, native_build


@pytest.fixture
def said(caplog):
    """What was logged; what was told once may be told again."""
    caplog.set_level("WARNING", "rvsjax")
    warn_once.cache_clear()
    yield lambda: caplog.messages
    warn_once.cache_clear()


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Make an executable script in a folder with a space; a c++ is there as well."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("CXX", raising=False)
    folder = tmp_path / "my tools"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr(
        native_build.shutil,
        "which",
        lambda name: os.path.exists(name) or name == "c++" or None,
    )

    def make(lines):
        path = folder / "cxx"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o700)
        return str(path)

    return make


def test_a_compiler_is_named_by_its_path_or_by_words(script, monkeypatch, said):
    path = script("")
    for text, words in {
        path: [path],  # with a space, and no quotes
        f'"{path}" -m64': [path, "-m64"],
        f"{path.replace(' ', chr(92) + ' ')} -m64": [path, "-m64"],
        "~/cxx": [path],
        "~/cxx -m64": [path, "-m64"],
        "c++ -O1": ["c++", "-O1"],
        "": ["c++"],
        "  ": ["c++"],
    }.items():
        monkeypatch.setenv("CXX", text)
        assert native_build._compiler() == words
    assert said() == []


@pytest.mark.parametrize("text", ['g++ "', "/nowhere/g++", "'", "''"])
def test_a_compiler_that_is_none_is_told_once(script, monkeypatch, said, text):
    monkeypatch.setenv("CXX", text)
    assert native_build._compiler() == native_build._compiler() == ["c++"]
    what = f"CXX is {text!r}, which names no compiler here; c++ is used in its place"
    assert said() == [what]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (
            "printf 'Fehler: error \\374\\n' >&2; exit 1",
            "kernels: Fehler: error \ufffd",
        ),
        ("exit 7", "kernels: exit code 7"),
        ("kill -9 $$", "kernels: exit code -9"),
        ("exec sleep 60", "my tools/cxx was not done after 0.3 s; name"),
    ],
)
def test_a_compiler_that_fails_is_a_sentence(script, monkeypatch, lines, what):
    monkeypatch.setattr(native_build, "_TIMEOUT", 0.3 if "sleep" in lines else 60.0)
    monkeypatch.setenv("CXX", script(lines))
    with pytest.raises(native_build.BuildError) as failed:
        native_build._library()
    assert what in str(failed.value)
    assert str(failed.value).endswith("name a C++17 compiler that works in CXX")


def test_what_a_compiler_says_may_be_in_any_encoding(script):
    assert native_build._run([script("printf '\\374ber'")]) == "\ufffdber"


def test_a_disk_that_runs_no_code_is_not_compiled_to(tmp_path, monkeypatch, said):
    cache, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("RVSJAX_CACHE", str(cache))
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    closed = [cache / "kernels"]
    monkeypatch.setattr(native_build.os, "ST_NOEXEC", 8, raising=False)
    monkeypatch.setattr(
        native_build.os,
        "statvfs",
        lambda path: SimpleNamespace(
            f_flag=8 if any(path.is_relative_to(x) for x in closed) else 0
        ),
    )
    assert native_build._folder().parent == native_build._folder().parent == elsewhere
    [told] = said()
    assert told.startswith(f"{cache / 'kernels'} lies on a disk that runs no code")
    closed.append(elsewhere)
    with pytest.raises(native_build.BuildError, match=f"{elsewhere} lies on a disk"):
        native_build._folder()
    closed.clear()
    assert native_build._folder() == cache / "kernels"


def test_why_the_plain_kernel_takes_the_place_of_another_is_told_once(
    monkeypatch, said
):
    monkeypatch.setattr(kernels.native, "problem", lambda: "it is broken; mend it")
    assert kernels.choose("gpu") == "plain"  # which has no such kernel, as expected
    assert said() == []
    assert kernels.choose("cpu") == kernels.choose("cpu") == "plain"
    [told] = said()
    assert told.startswith("the kernel native does not work here: it is broken; mend")


def test_the_header_declares_the_records_in_their_order():
    text = native_build.header()
    for name, members in {
        "Numbers": abi.Numbers._fields,
        "Reals": [name.replace(".", "_") for name in abi.REALS],
        "Integers": [name.replace(".", "_") for name in abi.INTEGERS],
    }.items():
        found = re.search(rf"struct {name} {{\n  \w+ (.*?);", text)
        assert found and found[1].split(", ") == list(members)
    for record in (abi.Operands, abi.Raw):
        places = re.search(rf"struct {record.__name__} {{\n  enum {{ (.*?) }};", text)
        assert places
        assert places[1].split(", ") == [f"at_{name}" for name in record._fields]
        for place, name in enumerate(record._fields):
            assert re.search(rf"\b{name}\(\([^()]*\)at\({place}\)\)", text)


def test_a_library_is_of_its_header(tmp_path, monkeypatch):
    made = []

    def compile_nothing(compiler, output):
        output.write_bytes(b"")
        made.append(native_build.header())

    monkeypatch.setattr(native_build, "_folder", lambda: tmp_path)
    monkeypatch.setattr(native_build, "_compile", compile_nothing)
    first = native_build._library()
    assert native_build._library() == first and len(made) == 1
    monkeypatch.setattr(native_build, "header", lambda: "// one more number")
    assert native_build._library() != first and made[1:] == ["// one more number"]
