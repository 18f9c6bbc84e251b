"""What a shell proposes, made of the parser itself; --help stays as fast as it was."""

import shutil
import subprocess
import sys

import pytest

from rvsjax.cli.main import main
from rvsjax.cli.parser import COMMANDS, make_parser

WORDS = {
    "a command": (["rvsjax", "comp"], ["compare", "completion"]),
    "an option": (["rvsjax", "sweep", "--ker"], ["--kernel"]),
    "its words": (
        ["rvsjax", "sweep", "--kernel", ""],
        ["auto", "plain", "native", "warp"],
    ),
    "a file": (["rvsjax", "sweep", "sw"], ["sweep.toml"]),
    "a folder": (["rvsjax", "report", ""], ["out"]),
}
ASK = """
source ./script.bash
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_shtab_rvsjax rvsjax "${{COMP_WORDS[-1]}}" "${{COMP_WORDS[-2]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(("words", "proposed"), WORDS.values(), ids=WORDS)
def test_bash_is_told_what_may_follow(tmp_path, capsys, words, proposed):
    pytest.importorskip("shtab")
    if not shutil.which("bash"):
        pytest.skip("no bash")
    assert main(["completion", "bash"]) == 0
    (tmp_path / "script.bash").write_text(capsys.readouterr().out)
    (tmp_path / "sweep.toml").touch()
    (tmp_path / "out").mkdir()
    asked = ASK.format(words=" ".join(f"'{word}'" for word in words))
    told = subprocess.run(["bash", "-c", asked], capture_output=True, text=True)
    assert told.stderr == ""
    assert sorted(told.stdout.split()) == sorted(proposed)


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_have_every_command(capsys, shell):
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in COMMANDS)


def test_without_its_package_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "pip install 'rvsjax[completion]'" in capsys.readouterr().err


def test_help_does_without_its_package(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    with pytest.raises(SystemExit) as ended:
        make_parser(None).parse_args(["completion", "--help"])
    assert ended.value.code == 0 and "bash" in capsys.readouterr().out
