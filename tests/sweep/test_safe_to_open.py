"""A stranger's folder is safe to open: a sentence or a right result, and nothing else.

One small sweep is run; each test spoils a copy of its folder, as whoever made it could
have done: what the program notes of its own files is made to fit.
"""

import ast
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure

import rvsjax
from rvsjax.cli.console import put, tell
from rvsjax.cli.main import main
from rvsjax.cli.summary import reason_lines, session_lines, summary
from rvsjax.report.figures import draw
from rvsjax.results.results import Results
from rvsjax.results.verdicts import compare_precisions
from rvsjax.sweep.plan.plan import make_plan, plan_again
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store, untrusted

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "small"
study = "rvscgd"
[constants]
d = 5
steps = 30
eta = 0.1
beta = 0.3
start = "teacher"
penalty = "l1"
lam = 0.02
[seeds]
count = 4
[record]
curves = 4
weights = true
"""
CLAIM = "lemma_5_stated"
EVIL = "\x1b[31m<script>$\\frac{$\u202e"


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("honest") / "out"
    run_plan(make_plan(parse(SWEEP)), SWEEP, folder, Options(kernel="plain"))
    results = Results(folder)
    assert (results.runs[f"verdict_{CLAIM}"] == "violated").any()
    return results.folder


@pytest.fixture
def folder(honest, tmp_path):
    """A copy to spoil, beside a file and a folder that nothing may touch."""
    shutil.copytree(honest, tmp_path / "a" / "out")
    (tmp_path / "precious").write_text("years of work")
    (tmp_path / "elsewhere").mkdir()
    yield tmp_path / "a" / "out"
    assert (tmp_path / "precious").read_text() == "years of work"
    assert not list((tmp_path / "elsewhere").iterdir())
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["out"]


@pytest.fixture(autouse=True)
def _draw_coarsely(monkeypatch):
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *to, **how: save(self, *to, **how | {"dpi": 20})
    )


def told(folder, **entries):
    """Change the manifest, with a digest that fits."""
    Store(folder).update({"whole": {}} | entries)


def asked(folder, **entries):
    """Change what was asked."""
    told(folder, asked=Store(folder).manifest["asked"] | entries)


def spoil(folder, name, change, **options):
    """Change a table, as by a program that knows how tables are noted."""
    told(folder)
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    pq.write_table(change(table), path, **options)


def put_column(name, values):
    """Return what puts a column into a table, in place of one of that name."""

    def change(table):
        column = values if isinstance(values, pa.Array) else pa.array(values)
        if name in table.column_names:
            return table.set_column(table.column_names.index(name), name, column)
        return table.append_column(name, column)

    return change


def look(folder, capsys):
    """Read all that there is, as Python and the command line do; return what is said.

    That is a FolderError, or what `report` says.
    """
    said = []
    results = Results(folder)
    for act in (
        lambda: rvsjax.load(folder),
        lambda: results.runs,
        lambda: results.curves,
        lambda: results.claims,
        lambda: results.certificates,
        lambda: results.precisions,
        lambda: repr(results),
        lambda: summary(results, []),
        lambda: reason_lines(results),
        lambda: session_lines(results),
    ):
        try:
            act()
        except FolderError as error:
            said.append(str(error))
    code = main(["report", str(folder)])
    out, err = capsys.readouterr()
    assert code == (2 if err else 0)
    assert "\x1b" not in err and err.count("\n") <= 1
    assert bool(out) != bool(err)
    return "\n".join([*said, err])


# -- refused in a sentence -------------------------------------------------------------


def manifest_of(text):
    return lambda folder: (folder / "manifest.json").write_text(text)


def huge_manifest(folder):
    os.truncate(folder / "manifest.json", 2**30)


def runs(name, values):
    return lambda folder: spoil(folder, "runs", put_column(name, values))


def without(table, name):
    return lambda folder: spoil(folder, table, lambda t: t.drop_columns([name]))


def of_claims(name, values):
    return lambda folder: spoil(
        folder, "claims", lambda t: put_column(name, [values] * len(t))(t)
    )


def many_claims(folder):
    spoil(folder, "claims", lambda t: pa.concat_tables([t] * 100))


def claims_of_their_own(folder):
    def change(table):
        whole = pa.concat_tables([table] * 50)
        return put_column("claim", [f"c{i}" for i in range(len(whole))])(whole)

    spoil(folder, "claims", change)


def two_columns_of_a_name(folder):
    def change(table):
        return table.append_column("status", pa.array([1] * len(table)))

    spoil(folder, "runs", change)


def no_rows(folder):
    spoil(folder, "runs", lambda table: table.slice(0, 0))


def words_of_a_megabyte(folder):
    """A file of kilobytes, a table of petabytes; no number in it says so."""

    def change(table):
        words, rows = pa.array(["x" * 2**20]), 2**21
        coded = pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()), words)
        coded = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, "i4")), words)
        return pa.table({"run_id": coded})

    spoil(folder, "runs", change, store_schema=False, dictionary_pagesize_limit=2**24)


def bytes_for_text(folder):
    def change(table):
        raw = pa.array([b"\xff\xfe"] * len(table))
        text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
        return put_column("reason", text)(table)

    spoil(folder, "runs", change)


def certificate(text):
    def harm(folder):
        (folder / "certificates").mkdir()
        (folder / "certificates" / "x.json").write_text(text)

    return harm


CERTIFIED = {"claim": CLAIM, "run_id": "x", "part": "whole run", "step": 1}
CERTIFIED |= {"excess": "1", "stands": True}


def linked_to_elsewhere(folder):
    (folder / "figures").symlink_to(folder.parent.parent / "elsewhere")


def a_table_elsewhere(folder):
    shutil.move(folder / "runs.parquet", folder / "moved")
    (folder / "runs.parquet").symlink_to("moved")


def nothing_here(folder):
    shutil.rmtree(folder)


REFUSED = {
    "a deep manifest": (manifest_of('{"a":' * 100_000), "too deep"),
    "a deep entry": (
        lambda f: manifest_of(
            (f / "manifest.json").read_text()[:-3]
            + ', "b": '
            + "[" * 900
            + "]" * 900
            + "}"
        )(f),
        "manifest.json",
    ),
    "a long number": (manifest_of('{"plan": ' + "9" * 9999), "is damaged"),
    "a huge manifest": (huge_manifest, "has more than 64 MiB"),
    "a name that leads out": (lambda f: asked(f, name="../../x"), "name a sweep"),
    "an empty name": (lambda f: asked(f, name=""), "name a sweep"),
    "a name with a null": (lambda f: asked(f, name="a\0b"), "name a sweep"),
    "a name that steers": (lambda f: asked(f, name=EVIL), "name a sweep"),
    "a name of a page": (lambda f: asked(f, name="x" * 3000), "name a sweep"),
    "a wide block": (lambda f: told(f, width=10**30), "is not a manifest"),
    "text for numbers": (runs("p_beta", ["0.3"] * 4), "p_beta should hold numbers"),
    "numbers for text": (runs("status", [1] * 4), "status should hold words"),
    "truth for numbers": (runs("p_k", [True] * 4), "p_k should hold numbers"),
    "numbers for verdicts": (runs(f"verdict_{CLAIM}", [1] * 4), "should hold words"),
    "text for observed": (runs(f"obs_{CLAIM}", ["x"] * 4), "should hold numbers"),
    "words for a loss": (runs("m_loss", ["x"] * 4), "m_loss should hold numbers"),
    "lists for a parameter": (runs("p_s", [[1.0]] * 4), "of type list<"),
    "numbers for truth": (runs(f"hyp_{CLAIM}", [1] * 4), "should hold truth values"),
    "words in a curve": (
        lambda f: spoil(f, "curves", lambda t: put_column("loss_u", ["x"] * len(t))(t)),
        "loss_u should hold numbers",
    ),
    "a verdict alone": (
        without("runs", f"obs_{CLAIM}"),
        f"lacks the column obs_{CLAIM}",
    ),
    "no status": (without("runs", "status"), "lacks the column status"),
    "no penalty": (without("runs", "p_penalty"), "lacks the column p_penalty"),
    "no theta": (without("curves", "theta"), "lacks the column theta"),
    "no ids": (runs("run_id", pa.nulls(4, pa.string())), "a row without run_id"),
    "ids that are one": (runs("run_id", ["x"] * 4), "two rows with the same run_id"),
    "ids that lead out": (runs("run_id", [f"../../{i}" for i in "abcd"]), "hold words"),
    "a penalty that steers": (runs("p_penalty", [EVIL] * 4), "hold words"),
    "a penalty of a megabyte": (runs("p_penalty", ["x" * 2**20] * 4), "hold words"),
    "a status in HTML": (runs("status", ["<b>ok</b>"] * 4), "hold words"),
    "a column that steers": (runs(EVIL, pa.array([b"x"] * 4)), "of type binary"),
    "times": (runs("m_loss", pa.array([7] * 4, pa.timestamp("s", "Nil"))), "type"),
    "structures": (runs("m_loss", [{"a": 1}] * 4), "of type struct"),
    "lists of text": (runs("m_loss", [["a"]] * 4), "of type list"),
    "two of a name": (two_columns_of_a_name, "two columns of one name"),
    "no rows": (no_rows, "has no rows"),
    "text that is none": (bytes_for_text, "is damaged"),
    "words of a megabyte": (words_of_a_megabyte, "GiB of memory"),
    "counts below zero": (of_claims("holds", -1), "holds should hold counts"),
    "counts that are none": (of_claims("holds", None), "holds should hold counts"),
    "counts in parts": (of_claims("holds", 0.5), "holds should hold counts"),
    "claims in mathematics": (of_claims("claim", "$\\frac{$"), "hold words"),
    "one claim often": (many_claims, "two rows with the same claim"),
    "too many claims": (claims_of_their_own, "more than 100 rows"),
    "no table": (lambda f: (f / "runs.parquet").write_text("PAR1"), "is damaged"),
    "a torn certificate": (certificate("{"), "x.json is not a certificate"),
    "a deep certificate": (certificate("[" * 100_000), "x.json is not a certificate"),
    "a certificate of lists": (
        certificate(json.dumps(CERTIFIED | {"claim": [1]})),
        "x.json is not a certificate",
    ),
    "figures elsewhere": (linked_to_elsewhere, "is a symbolic link to elsewhere"),
    "a table elsewhere": (a_table_elsewhere, "runs.parquet is damaged"),
    "nothing": (nothing_here, "no manifest.json"),
}


@pytest.mark.parametrize(("harm", "what"), REFUSED.values(), ids=REFUSED)
def test_what_no_sweep_wrote_is_refused_in_a_sentence(folder, capsys, harm, what):
    shutil.rmtree(folder / "figures", ignore_errors=True)
    harm(folder)
    assert what in look(folder, capsys)
    assert not list(folder.parent.rglob("*.png"))[4:]
    folder.mkdir(exist_ok=True)


def test_a_table_too_large_for_this_machine_is_refused_before_it_is_read(
    folder, capsys, monkeypatch
):
    told(folder)
    memory = type("Memory", (), {"available": 1000})
    monkeypatch.setattr(untrusted.psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    assert "asks for" in look(folder, capsys)


# -- read as it is ---------------------------------------------------------------------


def many_columns(folder):
    def change(table):
        more = {f"x{i}": pa.nulls(len(table)) for i in range(10_000)}
        return pa.table({n: table[n] for n in table.column_names} | more)

    spoil(folder, "runs", change)


def no_numbers(folder):
    def change(table):
        for name in table.column_names:
            if name.startswith(("m_", "obs_", "bound_")) and name != "m_u_empty":
                table = put_column(name, [float("nan")] * len(table))(table)
        return table

    spoil(folder, "runs", change)
    curves = [float("nan"), float("inf"), -1e308, 1e308]

    def spread(table):
        rows = np.resize(curves, len(table))
        table = put_column("theta", rows)(table)
        return put_column("lagrangian", rows[::-1].copy())(table)

    spoil(folder, "curves", spread)


def endless_numbers(folder):
    for name in ("p_beta", "p_lam", "p_eta"):
        runs(name, [float("inf")] * 4)(folder)
    runs("p_k", [2**62] * 4)(folder)
    runs("p_d", [float("nan")] * 4)(folder)


def texts_that_steer(folder):
    runs("reason", [EVIL] * 4)(folder)
    runs(f"why_{CLAIM}", [EVIL] * 4)(folder)
    of_claims("not_applicable_because", EVIL)(folder)
    of_claims("worst_run", EVIL)(folder)


def curves_without_points(folder):
    spoil(folder, "curves", lambda table: table.select(["run_id"]).slice(0, 0))


def curves_of_nothing(folder):
    def change(table):
        nothing = {name: pa.nulls(len(table)) for name in table.column_names}
        return pa.table(nothing | {"run_id": table["run_id"]})

    spoil(folder, "curves", change)


def sessions_of_nothing(folder):
    odd = {"seconds": {"run": "x", "whole": 1e999}, "lanes": EVIL}
    told(folder, sessions=[{}, {"seconds": 3}, {"seconds": []}, odd])


def words_for_pandas(folder):
    """What pandas notes beside a table: an index, columns, types."""
    noted = {"index_columns": ["p_k"], "columns": 3, "column_indexes": [{"name": []}]}

    def change(table):
        return table.replace_schema_metadata({"pandas": json.dumps(noted)})

    spoil(folder, "runs", change)


def parts_that_are_none(folder):
    for i in range(3000):
        (folder / "parts" / f"{i:06d}-runs-{'0' * 64}.parquet").touch()


# each of them, in three folders, since pictures take their time
READ = [
    [many_columns, no_numbers, texts_that_steer, sessions_of_nothing],
    [endless_numbers, curves_without_points, words_for_pandas],
    [curves_of_nothing, parts_that_are_none],
]


@pytest.mark.parametrize("harms", READ, ids=["runs", "numbers", "curves"])
def test_what_is_only_odd_is_read_and_drawn(honest, folder, capsys, harms):
    for harm in harms:
        harm(folder)
    assert look(folder, capsys) == ""
    there, true = Results(folder).runs, Results(honest).runs
    assert there["run_id"].equals(true["run_id"])
    assert list(there.index) == [0, 1, 2, 3]


def test_a_figure_takes_the_place_of_a_link_not_of_what_it_leads_to(folder):
    shutil.rmtree(folder / "figures", ignore_errors=True)
    (folder / "figures").mkdir()
    (folder / "figures" / "small.png").symlink_to("../../../precious")
    [path, *_] = draw(folder)
    assert path.name == "small.png" and not path.is_symlink()
    assert path.read_bytes().startswith(b"\x89PNG")


def test_nothing_steers_the_terminal(capsys, monkeypatch):
    tell(f"a {EVIL} b\nc")
    assert capsys.readouterr().err == (
        "a \\x1b[31m<script>$\\frac{$\\u202e b\nc\n"  # as Python writes it
    )
    put("a\x1bb")  # a path, which another program reads to the last byte
    assert capsys.readouterr().out == "a\x1bb\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    put("a\x1bb")
    assert capsys.readouterr().out == "a\\x1bb\n"


def test_runs_that_look_alike_are_not_each_compared_with_all_others(honest):
    """A table of a thousand rows would become one of a million."""
    runs = Results(honest).runs
    many = pd.concat([runs.iloc[:1]] * 1000, ignore_index=True)
    both = pd.concat([many, many.assign(p_dtype="float32")], ignore_index=True)
    assert set(compare_precisions(both)["pairs"]) == {1000}


# -- certify and shrink ----------------------------------------------------------------


def planned(folder, **entries):
    """Ask for another plan, with a fingerprint that fits."""
    asked(folder, **entries)
    plan = plan_again(Store(folder).manifest["asked"])
    told(folder, plan=plan.fingerprint)


def weights(name, values):
    return lambda folder: spoil(folder, "weights", put_column(name, values))


def narrowed(**entries):
    return lambda folder: asked(
        folder, narrowed=Store(folder).manifest["asked"]["narrowed"] | entries
    )


def setting(**entries):
    """Without weights, so that the starts are computed again."""

    def harm(folder):
        planned(folder, record={"curves": 4, "weights": False})
        told(folder, **entries)

    return harm


def in_single(name, value):
    def harm(folder):
        runs("p_dtype", ["float32"] * 4)(folder)
        runs(name, [value] * 4)(folder)

    return harm


def empty(table, *names):
    return table.select(names).slice(0, 0)


NOT_CERTIFIED = {
    "another kind of number": (runs("p_dtype", ["object"] * 4), "dtype must be"),
    "another penalty": (runs("p_penalty", ["evil"] * 4), "penalty must be"),
    "another method": (runs("p_algorithm", ["evil"] * 4), "algorithm must be"),
    "no readout": (runs("p_readout", pa.nulls(4)), "readout needs a value"),
    "no weight": (runs("p_lam", [float("nan")] * 4), "lam needs a value"),
    "an endless step": (runs("p_eta", [float("inf")] * 4), "eta must be"),
    "no coupling": (runs("p_beta", [0.0] * 4), "beta must be greater than 0"),
    "no patches": (runs("p_k", [0] * 4), "k must be"),
    "parts of a patch": (runs("p_k", [1.5] * 4), "k must be"),
    "no steps": (runs("p_steps", [float("nan")] * 4), "steps needs a value"),
    "steps for ever": (runs("p_steps", [2**62] * 4), "steps must be"),
    "a weight beyond float32": (in_single("p_lam", 1e300), "cannot be replayed"),
    "a coupling below float32": (in_single("p_beta", 1e-60), "cannot be replayed"),
    "no teacher": (weights("w_star", pa.nulls(4)), "started"),
    "a teacher of nothing": (weights("w_star", [[0.0] * 5] * 4), "started"),
    "an endless teacher": (weights("w_star", [[float("inf")] * 5] * 4), "started"),
    "an empty start": (
        weights("w_start", pa.array([[]] * 4, pa.list_(pa.float64()))),
        "started",
    ),
    "no column of weights": (lambda f: spoil(f, "weights", empty), "started"),
    "no weights": (
        lambda f: spoil(f, "weights", lambda t: empty(t, "run_id")),
        "started",
    ),
    "a short start": (weights("w_start", [[1.0] * 4] * 4), "differ in length"),
    "weights of others": (weights("run_id", list("abcd")), "started"),
    "no question": (lambda f: told(f, asked={}), "does not say what was asked"),
    "half a question": (
        lambda f: asked(f, record=None, grid={"beta": None}),
        "does not say what was asked",
    ),
    "a stride of none": (narrowed(stride=0), "does not say what was asked"),
    "a limit of text": (narrowed(limit="x"), "does not say what was asked"),
    "another parameter": (narrowed(only={"evil": [1]}), "does not say what was asked"),
    "lists of lists": (narrowed(only={"beta": [[1]]}), "does not say what was asked"),
    "another version": (
        lambda f: asked(f, record={"curves": 4, "weights": False}),
        "another version",
    ),
    "another kernel": (setting(kernel="evil"), "no kernel"),
    "a kernel that is a list": (setting(kernel=[]), "no kernel"),
    "certificates elsewhere": (
        lambda f: (f / "certificates").symlink_to(f.parent.parent / "elsewhere"),
        "is a symbolic link to elsewhere",
    ),
}


@pytest.mark.parametrize(("harm", "what"), NOT_CERTIFIED.values(), ids=NOT_CERTIFIED)
def test_certify_and_shrink_refuse_what_no_sweep_computed(folder, capsys, harm, what):
    [run_id, *_] = violating(folder)
    harm(folder)
    code = main(["certify", str(folder), "--claim", CLAIM])
    out, err = capsys.readouterr()
    *before, last = err.splitlines()
    assert (code, out) == (2, "")
    assert what in last
    assert all("digits" in line for line in before)  # the runs that it begins with
    if "certificates" not in last:
        code = main(["shrink", str(folder), run_id, "--claim", CLAIM])
        out, err = capsys.readouterr()
        assert (code, out) == (2, "") and err.count("\n") == 1


def violating(folder):
    table = Results(folder).runs
    return list(table["run_id"][table[f"verdict_{CLAIM}"] == "violated"])


def test_a_certificate_takes_the_place_of_a_link(folder, capsys):
    folder.joinpath("certificates").mkdir()
    for run_id in violating(folder):
        path = folder / "certificates" / f"{CLAIM}-{run_id}.json"
        path.symlink_to("../../../precious")
    assert main(["certify", str(folder), "--claim", CLAIM]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert not path.is_symlink()
    assert json.loads(path.read_text())["stands"]


# -- pipes, pickles and the network ----------------------------------------------------

GUARD = """
import builtins, pickle, socket, sys

def never(*_, **__):
    raise SystemExit("what must never be called was called")

pickle.load = pickle.loads = pickle.Unpickler = never
socket.socket.connect = socket.create_connection = socket.getaddrinfo = never
"""

OPEN = """
import rvsjax
from rvsjax.sweep.store import FolderError
from rvsjax.report.figures import draw
for folder in sys.argv[1:]:
    try:
        results = rvsjax.load(folder)
        print(len(results.runs), len(results.certificates), len(draw(folder)))
    except FolderError as error:
        print(error)
assert "jax" not in sys.modules
ours = [module for name, module in sys.modules.items() if name.startswith("rvsjax")]
print("|".join(module.__file__ for module in ours))
"""


def opened(*folders):
    """Open folders in a process of its own, which must not hang; return its words."""
    command = [sys.executable, "-c", GUARD + OPEN, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    *said, files = done.stdout.splitlines()
    return said, [Path(name) for name in files.split("|")]


def pickled(folder):
    """A type that old Arrow made of a pickle as soon as it saw it."""
    bomb = b"cposix\nsystem\n(S'touch ../../precious'\ntR."
    noted = {"ARROW:extension:name": "arrow.py_extension_type"}
    noted |= {"ARROW:extension:metadata": bomb}

    def change(table):
        field = pa.field("m_loss", pa.float64(), metadata=noted)
        place = table.column_names.index("m_loss")
        return table.set_column(place, field, table["m_loss"])

    spoil(folder, "runs", change)


def test_nothing_is_unpickled_and_nobody_is_called(folder):
    pickled(folder)
    said, files = opened(folder)
    assert said == ["4 0 8"]  # each figure as PNG, PDF and SVG, and its numbers
    assert {"results.py", "custom.py", "directory.py"} <= {path.name for path in files}
    banned = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            named = [alias.name for alias in getattr(node, "names", []) if alias]
            named += [getattr(node, "module", None) or ""]
            assert not banned & {str(name).partition(".")[0] for name in named}, path


SPECIAL = ["runs.parquet", "claims.parquet", "manifest.json", "certificates/x.json"]


@pytest.mark.parametrize("kind", ["a pipe that nobody writes to", "an endless device"])
def test_what_is_no_file_is_not_read(honest, tmp_path, kind):
    """Whether or not its bytes are noted in the manifest."""
    folders = []
    for name, noted in itertools.product(SPECIAL, (True, False)):
        folder = tmp_path / f"{name.partition('/')[0]}-{noted}"
        shutil.copytree(honest, folder)
        (folder / "certificates").mkdir()
        if not noted:
            told(folder)
        (folder / name).unlink(missing_ok=True)
        if kind == "an endless device":
            (folder / name).symlink_to("/dev/zero")
        else:
            os.mkfifo(folder / name)
        folders.append(folder)
    said, _ = opened(*folders)
    assert len(said) == len(folders)
    for folder, sentence in zip(folders, said):
        assert sentence.startswith(str(folder)) and "GiB" not in sentence
