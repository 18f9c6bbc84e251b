"""Files kept between processes: private, whole, and no more than asked for."""

import errno
import os
import sys
from pathlib import Path

import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from rvsjax.environment.cache import Cache, private_folder, source_digest, warn_once


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("RVSJAX_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "rvsjax"


@pytest.fixture
def said(caplog):
    """What was logged; what was told once may be told again."""
    caplog.set_level("WARNING", "rvsjax")
    warn_once.cache_clear()
    yield lambda: caplog.messages
    warn_once.cache_clear()


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_folder_is_made_and_nobody_else_can_look_in(home):
    if sys.platform != "darwin":
        assert private_folder("programs") == home / "programs"
        assert mode(home) == mode(home / "programs") == 0o700
        assert private_folder("programs") == home / "programs"


def test_without_settings_it_lies_in_the_home(tmp_path, monkeypatch):
    monkeypatch.delenv("RVSJAX_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which does not count
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind, path in ((Unix, ".cache"), (MacOS, "Library/Caches")):
        monkeypatch.setattr(platformdirs, "PlatformDirs", kind)
        assert private_folder("x") == tmp_path / path / "rvsjax" / "x"


def test_without_a_home_there_is_no_cache(tmp_path, monkeypatch, said):
    """Nor a folder whose name is ``~``, which is all that is known of it."""
    monkeypatch.delenv("RVSJAX_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)  # of whom nothing is known
    monkeypatch.chdir(tmp_path)
    assert private_folder("x") is None
    assert not [*tmp_path.iterdir()]
    assert [text.partition(",")[0] for text in said()] == [
        "the home folder is no cache"
    ]


def test_the_setting_names_a_folder_or_says_off(tmp_path, monkeypatch):
    monkeypatch.setenv("RVSJAX_CACHE", str(tmp_path / "here"))
    assert private_folder("x") == tmp_path / "here" / "x"
    monkeypatch.setenv("RVSJAX_CACHE", "relative")
    assert private_folder("x") == tmp_path / "relative" / "x"
    monkeypatch.setenv("RVSJAX_CACHE", "off")
    assert private_folder("x") is None
    assert not (tmp_path / "off").exists()


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("open_to", [0o040, 0o020, 0o004, 0o001])
def test_a_folder_that_others_can_use_is_not_used(
    tmp_path, monkeypatch, inner, open_to
):
    root = tmp_path / "cache"
    monkeypatch.setenv("RVSJAX_CACHE", str(root))
    folder = private_folder("x")
    (folder if inner else root).chmod(0o700 | open_to)
    assert private_folder("x") is None
    (folder if inner else root).chmod(0o700)
    assert private_folder("x") == folder


@pytest.mark.parametrize("inner", [False, True])
def test_a_link_is_not_followed(tmp_path, monkeypatch, inner):
    root, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    monkeypatch.setenv("RVSJAX_CACHE", str(root))
    elsewhere.mkdir(mode=0o700)
    if inner:
        root.mkdir(mode=0o700)
    (root / "x" if inner else root).symlink_to(elsewhere)
    assert private_folder("x") is None


def test_a_folder_of_someone_else_is_not_used(home, monkeypatch):
    assert private_folder("x")
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    assert private_folder("x") is None


def test_where_nothing_can_be_made_there_is_no_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        monkeypatch.setenv("RVSJAX_CACHE", str(tmp_path / place))
        assert private_folder("x") is None
    monkeypatch.setenv("RVSJAX_CACHE", str(tmp_path / "good"))
    assert private_folder("zero\0byte") is None


def a_link(path):
    path.symlink_to(path.parent)


SPOILT = {
    "open": (lambda path: path.mkdir(mode=0o755), "is open to others (mode 755)"),
    "a file": (lambda path: path.touch(), "is not a folder"),
    "a link": (a_link, "is a symbolic link"),
    "below a file": (lambda path: path.parent.touch(), "cannot be made: Not a dir"),
}


@pytest.mark.parametrize(("spoil", "what"), SPOILT.values(), ids=SPOILT)
def test_why_a_folder_is_no_cache_is_told_once(
    tmp_path, monkeypatch, said, spoil, what
):
    place = tmp_path / ("file/below" if "made" in what else "cache")
    monkeypatch.setenv("RVSJAX_CACHE", str(place))
    spoil(place)
    assert private_folder("x") is private_folder("y") is None
    [told] = said()
    assert told.startswith(f"{place} is no cache") and f"it {what}" in told
    assert (f"chmod 700 {place}" in told) == ("open" in what)
    assert "RVSJAX_CACHE" in told


def test_no_cache_is_told_of_where_there_is_one_or_none_is_wanted(
    tmp_path, monkeypatch, said
):
    for setting in ("off", str(tmp_path / "good")):
        monkeypatch.setenv("RVSJAX_CACHE", setting)
        private_folder("x")
    assert said() == []


def test_a_cache_on_a_full_disk_is_told_once(tmp_path, monkeypatch, said):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    for key in "ab":
        Cache(tmp_path).put(key, b"x")
    [told] = said()
    assert "cannot be written: No space left on device" in told


def test_what_is_put_is_found_by_the_same_key_alone(tmp_path):
    cache = Cache(tmp_path, "version 1")
    assert cache.get("a") is None
    cache.put("a", b"one")
    cache.put("b", b"")
    assert cache.get("a") == b"one" == Cache(tmp_path, "version 1").get("a")
    assert cache.get("b") == b""
    assert cache.get("c") is None
    assert Cache(tmp_path, "version 2").get("a") is None
    cache.put("a", b"two")
    assert cache.get("a") == b"two"
    assert len(list(tmp_path.iterdir())) == 2  # no temporary files


def test_a_damaged_file_is_as_if_absent(tmp_path):
    cache = Cache(tmp_path)
    cache.put("a", b"content")
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for bad in (b"", good[:10], good[:-1], good + b"x", good[:-1] + b"T"):
        path.write_bytes(bad)
        assert cache.get("a") is None
    cache.put("a", b"content")
    assert cache.get("a") == b"content"


def test_a_folder_that_has_gone_is_no_error(tmp_path):
    cache = Cache(tmp_path / "gone")
    cache.put("a", b"content")
    assert cache.get("a") is None


def test_what_was_used_longest_ago_goes_first(tmp_path):
    cache = Cache(tmp_path, limit=3 * 132)
    for i, key in enumerate("abc"):
        cache.put(key, bytes(100))
        os.utime(cache._path(key), (i, i))
    assert cache.get("a")  # used now
    cache.put("d", bytes(100))
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_a_digest_sees_every_source_and_nothing_else(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text("one")
    (tmp_path / "sub" / "b.c").write_text("two")
    seen = [source_digest(tmp_path)]
    (tmp_path / "notes.txt").write_text("not code")
    assert source_digest(tmp_path) == seen[0]
    (tmp_path / "sub" / "b.c").write_text("three")
    seen.append(source_digest(tmp_path))
    (tmp_path / "a.py").rename(tmp_path / "c.py")
    seen.append(source_digest(tmp_path))
    (tmp_path / "c.py").unlink()
    seen.append(source_digest(tmp_path))
    assert len(set(seen)) == 4
