"""Tables on a terminal and elsewhere."""

import io
import sys

from rvsjax.cli.tables import Table, put_all, tell_all

TABLE = Table(
    ("claim", "holds", "violated"),
    [("lemma_5", "1", "23"), ("a [bold]name[/]", "456", "0")],
    alarming=[True, False],
    last="and 2 more",
)
PLAIN = """\
before
claim            holds  violated
lemma_5              1        23
a [bold]name[/]    456         0
and 2 more
"""


class Screen(io.StringIO):
    def isatty(self):
        return True


def screen(monkeypatch, **variables):
    """Let stderr be a terminal."""
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return shown


def test_in_a_log_a_table_is_plain_text(capsys):
    tell_all(["before", TABLE])
    assert capsys.readouterr().err == PLAIN


def test_results_go_to_stdout(capsys):
    put_all(["before", TABLE])
    assert capsys.readouterr() == (PLAIN, "")


def test_a_row_of_a_log_is_one_line_however_wide(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    put_all([Table(("claim", "words"), [("lemma_5", "x " * 500 + "y")], words=2)])
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines] == [14, 9 + 1001]


def test_long_words_wrap_on_a_terminal_beside_the_name(monkeypatch):
    shown = screen(monkeypatch)
    monkeypatch.setattr(sys, "stdout", shown)
    put_all([Table(("claim", "words"), [("lemma_5", "word " * 30)], words=2)])
    _, _, first, *more = shown.getvalue().splitlines()
    assert first.startswith("lemma_5") and len(more) == 2
    assert all(line.startswith("        ") and "word" in line for line in more)


def test_without_colour_a_terminal_shows_plain_text(monkeypatch):
    shown = screen(monkeypatch, NO_COLOR="1")
    tell_all(["before", TABLE])
    assert shown.getvalue() == PLAIN


def test_a_terminal_shows_a_rule_and_what_alarms_in_red(monkeypatch):
    shown = screen(monkeypatch)
    tell_all(["before", TABLE])
    before, *lines = shown.getvalue().splitlines()
    assert before == "before"
    assert lines[-1] == "and 2 more"
    [red] = [line for line in lines if "\x1b[1;31m" in line]
    assert "lemma_5" in red
    assert any("───" in line for line in lines)


def test_names_of_strangers_neither_steer_a_terminal_nor_style_it(monkeypatch):
    shown = screen(monkeypatch)
    tell_all([Table(("x",), [("\x1b[2J[red]y[/red]",)]), "\x1b[2J"])
    told = shown.getvalue()
    assert "\x1b[2J" not in told
    assert "\\x1b[2J[red]y[/red]" in told


def test_heads_of_several_lines_stand_on_the_line_of_their_numbers():
    table = Table(("claim", "does not\napply"), [("lemma_5", "12")])
    lines = ["         does not", "claim       apply", "lemma_5        12"]
    assert table.lines() == lines


def test_claims_fit_a_terminal_of_80_columns(monkeypatch):
    """With the longest names and counts of 10^5, and an interval, on one line each."""
    counts = ("98304", "51599", "15972", "98304", "98304", "35.1 [33.7, 36.5]")
    runs = [(name, *counts) for name in ("lemma_5_corrected", "start_probability")]
    heads = ("claim", "holds", "violated", "undecided", "does not\napply")
    heads += ("holds,\nu empty", "violated, %\nof nonempty u")
    shown = screen(monkeypatch)
    tell_all([Table(heads, runs)])
    lines = shown.getvalue().splitlines()
    assert len(lines) == 5  # two of heads, a rule, two claims
    assert sum("36.5]" in line for line in lines) == 2
