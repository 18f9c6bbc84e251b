"""A stranger's sweep file, and a slip of one's own: a sentence, or a run with a status.

Never a traceback, never a file outside the results folder, never minutes or gigabytes.
Times are bounded generously: they guard against loops without end.
"""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.errors import SweepFileError, one_line
from rvsjax.results.results import Results
from rvsjax.sweep.plan.plan import make_plan, plan_again
from rvsjax.sweep.plan.sweep_file import parse, read
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.schedule import need_room
from rvsjax.sweep.store import FolderError
from tests.sweep.plan.mistakes import ESCAPE, HEAD, LONGEST
from tests.sweep.plan.plans import plan_of

pytestmark = pytest.mark.slow

PATIENCE = 60  # seconds for a child that should take one


def refused(capsys, *arguments):
    """Call the command and return its sentences, after what every refusal must be."""
    try:
        code = main([str(argument) for argument in arguments], "sweep")
    except SystemExit as stopped:  # by argparse
        code = stopped.code
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.replace("\n", "").isprintable()
    assert "Traceback" not in said.err
    return said.err


# -- bad numbers -----------------------------------------------------------------------

STATUSES = """
[constants]
k = 1
d = 2
nnz = 2
steps = 20
[[zip]]
eta  = [1e300, 1.7e308, 0.1, 5e-324, 0.1, 0.1]
beta = [0.1, 1.7e308, 1e-300, 0.1, 0.1, 1e300]
lam  = [0.1, 1.7e308, 0.0, 0.1, 1e300, 0.1]
[seeds]
base = 4294967295
[record]
curves = 2
"""


def run(body, out, **options):
    plan = plan_of(body)
    run_plan(plan, body, out, Options(width=8, kernel="plain", **options))
    return Results(out)


def test_numbers_that_only_look_bad_run_and_have_a_status(tmp_path):
    runs = run(STATUSES, tmp_path / "out").runs.set_index("p_eta", drop=False)
    assert len(runs) == 6
    assert set(runs["status"]) <= {"ok", "diverged", "degenerate"}
    assert set(runs["p_seed"]) == {2**32 - 1}
    assert runs["status"][1e300] == "diverged"
    assert runs["status"][1.7e308] != "ok"
    assert "at step 1" in runs["reason"][1e300]
    assert runs["status"][5e-324] == "ok"
    assert runs["m_steps"][5e-324] == 20


# -- bad files -------------------------------------------------------------------------

GOOD = (HEAD + '[constants]\nbeta = 1.0\nabout = "é"\n').replace("about", "#")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "notepad.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    (item,) = make_plan(parse(read(tmp_path / "notepad.toml")))
    assert item.parameters["beta"] == 1.0


def test_a_line_of_a_refusal_keeps_both_ends_of_what_is_long():
    line = one_line("begin " + "x" * 10_000 + "\x1b end", 100)
    assert len(line) == 100 and line.isprintable()
    assert line.startswith("begin x") and line.endswith("x\\x1b end")
    assert one_line("as it is: é") == "as it is: é"
    with pytest.raises(SweepFileError) as error:
        plan_of("x" * 60_000 + " = 1\n" + "[constants]\nbtea = 1\n")
    for line in str(error.value).splitlines():
        assert len(line) <= 300


# -- no file at all --------------------------------------------------------------------


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "nothing.toml").symlink_to("nowhere")
    (tmp_path / "circle.toml").symlink_to("circle.toml")
    (tmp_path / "pipe2.toml").symlink_to("pipe.toml")
    for file, what in {
        "pipe.toml": "is not a regular file",
        "pipe2.toml": "is not a regular file",
        "/dev/zero": "is not a regular file",
        "/dev/tty": "is not a regular file",
        "folder.toml": "is not the folder of a sweep: no manifest.json",
        "nothing.toml": "cannot be read: No such file or directory",
        "none.toml": "cannot be read: No such file or directory",
        "circle.toml": "cannot be read: Too many levels of symbolic links",
        "pipe.toml/x": "cannot be read: Not a directory",
        "x" * 5000: "cannot be read: File name too long",
        f"{ESCAPE}.toml": "cannot be read: No such file or directory",
        "": "is not the folder of a sweep: no manifest.json",
    }.items():
        assert what in refused(capsys, file)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, capsys, monkeypatch):
    def forbidden(self, mode):
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "file.toml").write_text(HEAD)
    monkeypatch.setattr(Path, "open", forbidden)
    assert "cannot be read: Permission denied" in refused(capsys, "file.toml")


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(SweepFileError, match=r"a\\x00b  is no name of a file"):
        rvsjax.run("a\0b")


# -- options ---------------------------------------------------------------------------

OPTIONS = {
    "seeds, 5000 digits": (("--seeds", "9" * 5000), "must be a whole number"),
    "seeds, 10**18": (("--seeds", str(10**18)), "must be at most"),
    "seeds, 33 bits": (("--seeds", str(2**32 + 1)), "seeds.count"),
    "limit, 5000 digits": (("--limit", "9" * 5000), "must be a whole number"),
    "limit, 10**30": (("--limit", str(10**30)), "must be at most"),
    "limit, no number": (("--limit", "many"), "must be a whole number"),
    "block, 10**9": (("--block", str(10**9)), "must be at most 1048576"),
    "block, 5000 digits": (("--block", "9" * 5000), "must be a whole number"),
    "shard, 5000 digits": (("--shard", "1/" + "9" * 5000), "must be I/N"),
    "shard, three": (("--shard", "1/2/3"), "must be I/N"),
    "shard, no number": (("--shard", "²/2"), "must be I/N"),
    "unknown, 80 KB": (("--" + "x" * 80_000,), "unrecognized arguments"),
    "unknown, control": ((f"--{ESCAPE}",), "\\x1b[31m"),
}


@pytest.mark.parametrize(("options", "what"), OPTIONS.values(), ids=OPTIONS)
def test_hostile_options_are_refused_in_a_sentence(tmp_path, capsys, options, what):
    (tmp_path / "file.toml").write_text(HEAD)
    said = refused(capsys, "file.toml", *options)
    assert what in said
    assert len(said) < 4000  # with the usage
    assert [path.name for path in tmp_path.iterdir()] == ["file.toml"]


def test_a_setting_of_one_column_does_not_mend_the_others_of_a_zip():
    """Columns of two lengths stay a mistake; they were cut to the shortest once."""
    body = "[[zip]]\nd = [50, 200]\nnnz = [5, 20, 30]\na = [1, 2]\n"
    with pytest.raises(
        SweepFileError, match=r"of one length, got \{'d': 2, 'nnz': 3\}"
    ):
        plan_of(body, "a=1")


def test_a_setting_over_ten_thousand_rows_of_a_zip_takes_no_square_of_time():
    rows = ", ".join(f"{i}e-4" for i in range(1, 5000))
    body = f"[[zip]]\nlam = [{rows}]\nbeta = [{rows}]\neta = [{rows}]\n"
    assert len(parse(HEAD + body)["zip"]) == 1
    assert plan_of(body, "eta=1").size == 4999


# -- all at once -----------------------------------------------------------------------


def test_cases_that_differ_in_one_of_their_parameters_do_not_overlap():
    body = "[[case]]\nk = [1, 2]\nd = [5, 6]\n[[case]]\nk = [2, 3]\nd = [7, 8]\n"
    assert plan_of(body).size == 8


def test_an_exclude_that_leaves_out_nothing_is_told(tmp_path, capsys):
    body = (
        "[grid]\nd = [50, 200]\nbeta = [1, 2]\n[[exclude]]\nd = 201\n"
        "[[exclude]]\nd = 50\nbeta = 2\n[[exclude]]\nd = 50\na = 1.0\n"
    )
    notes = plan_of(body).notes
    assert notes == [
        "exclude[0] leaves out no run: none has d = 201",
        "exclude[2] leaves out no run: none has a = 1.0",
    ]
    assert plan_of(body.replace("201", "200"), only=["d=50"]).notes == notes[1:]
    apart = "[[case]]\nd = 50\nlam = 1\n[[case]]\nd = 60\nlam = 2\n"
    apart += "[[exclude]]\nd = 50\nlam = 2\n"
    assert plan_of(apart).notes == ["exclude[0] leaves out no run"]
    (tmp_path / "file.toml").write_text(HEAD + body)
    options = ("file.toml", "--dry-run", "--device", "tpu")
    said = refused(capsys, *options).splitlines()
    assert said[:2] == [f"file.toml: {note}" for note in notes]
    assert "exclude" not in refused(capsys, *options, "-q")


# -- counts without loops --------------------------------------------------------------

LONG_AXIS = "{ lin = [1, 30000], num = 30000 }"


@pytest.mark.parametrize("readout", ["first", "last"])
def test_a_run_behind_a_billion_excluded_points_is_found_at_once(readout):
    inner = f"lam = {LONG_AXIS}\neta = {LONG_AXIS}\n"
    axes = ["readout = ['sum', 'mean']\n", inner]
    body = "".join(axes if readout == "first" else reversed(axes)) + "k = [1, 2]\n"
    body = "[grid]\n" + body
    for k in (1, 2):
        body += f"[[exclude]]\nk = {k}\nreadout = 'sum'\n"
    body += "[[exclude]]\neta = { lin = [1, 9000], num = 9000 }\nk = 1\n"
    plan = plan_of(body)
    assert plan.size == 30_000 * (30_000 + 21_000)
    for item in itertools.islice(plan, 3):
        assert item.parameters["readout"] == "mean"
        assert item.parameters["k"] == 2
    assert 1 <= len(list(plan_of(body, smoke=True))) <= 191
    assert plan_of(body, limit=5).size == 5


def test_kept_points_are_those_that_a_look_at_each_finds():
    body = (
        "[grid]\nk = [1, 2, 3]\nd = [5, 6]\nlam = [1, 2]\n"
        "[[case]]\npenalty = 'l0'\n[[case]]\npenalty = ['l1', 'transformed-l1']\n"
        "[[exclude]]\nk = 1\nd = 6\n[[exclude]]\npenalty = 'l0'\nk = [2, 3]\n"
        "[[exclude]]\nlam = 2\npenalty = 'transformed-l1'\n"
        "[[exclude]]\nk = 2\npenalty = 'l1'\n[seeds]\ncount = 3\n"
    )
    plan = plan_of(body)
    looked = [plan.at(place) for place in range(plan.places)]
    for stride in range(1, 60):
        expected = [item for item in looked[::stride] if item]
        assert list(plan.every(stride)) == expected
    assert 0 < plan.size == sum(item is not None for item in looked) < plan.places
    kept, points = plan.mask, [item is not None for item in looked[::3]]
    for i in range(len(points)):
        expected = next((j for j in range(i, len(points)) if points[j]), None)
        assert kept.first(i) == expected
    assert kept.first(len(points)) is None
    places = [i for i, there in enumerate(points) if there]
    assert [kept.select(rank) for rank in range(len(places))] == places
    assert [kept.rank(i) for i in places] == list(range(len(places)))


def test_all_seeds_and_a_limit_beyond_them_are_counted_without_a_loop():
    body = "[grid]\nbeta = [1, 2, 3]\npenalty = ['l0', 'l1']\n"
    body += "[seeds]\ncount = 4294967296\n"
    assert plan_of(body).size == 6 * 2**32
    assert plan_of(body, limit=2**40).size == 6 * 2**32
    points = f"[grid]\nlam = {LONG_AXIS}\neta = {LONG_AXIS}\n"
    assert plan_of(points, limit=2**40).size == 30_000**2
    limited = plan_of(body, limit=2**33 + 7)
    assert limited.size == 2**33 + 7
    groups = {item.parameters["penalty"]: n for item, n in limited.groups()}
    assert groups == {"l0": 2**32 + 7, "l1": 2**32}


def test_more_runs_than_a_folder_can_have_are_refused_before_it_is_made(tmp_path):
    plan = plan_of("[seeds]\ncount = 4294967296\n")
    with pytest.raises(FolderError, match="4,294,967,296 runs are too many"):
        run_plan(plan, "", tmp_path / "out", Options(kernel="plain"))
    assert not (tmp_path / "out").exists()
    need_room(plan, 1024)
    need_room(plan_of("[seeds]\ncount = 200_000_000\n"), None)


def cases_with(*lines):
    return "".join("[[case]]\n" + "\n".join(lines).format(i=i + 1) for i in range(200))


GREEDY = {
    "two long axes": f"[grid]\nlam = {LONGEST}\nbeta = {LONGEST}\n",
    "cases that share one": f"[grid]\neta = {LONGEST}\n" + cases_with("k = {i}\n"),
    "cases that differ in one": cases_with(
        "k = {i}\nlam = {{ lin = [1, 900], num = 900 }}\n"
    ),
    "directions": "[grid]\nlam = [1, 2]\nk = { lin = [1, 20000], num = 20000 }\n"
    f"[constants]\nw_star = '{'1,' * 15_000}1'\n",
    "programs and excludes": "[grid]\nk = { lin = [1, 140], num = 140 }\n"
    "d = { lin = [5, 144], num = 140 }\n"
    + "".join(f"[[exclude]]\nk = {i + 1}\nd = {i + 5}\n" for i in range(139)),
    "unknown keys": "".join(f"x{i} = 1\n" for i in range(6000)),
    "unknown tables": "".join(f"[constants.a{i}.b.c.d.e.f]\n" for i in range(2000)),
    "long key, many mistakes": f"{'x' * 40_000} = 1\n"
    + "".join(f"x{i} = 1\n" for i in range(2000)),
    "the largest sample": "[sample]\nn = 131072\nmethod = 'lhs'\n"
    + "".join(f"{n} = {{ uniform = [1.0, 2.0] }}\n" for n in ("lam", "beta", "eta")),
}
ASK = """
import json, os, resource, sys, time
from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.plan.plan import make_plan
told = {}
for name, text in json.load(sys.stdin).items():
    begin = time.monotonic()
    try:
        said = make_plan(parse(text)).size
    except SweepFileError as error:
        said = len(str(error))
    told[name] = said, time.monotonic() - begin
kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if os.path.exists("/proc/self/status"):  # the other counts the parent, before exec
    with open("/proc/self/status") as file:
        [kibibytes] = [int(x.split()[1]) for x in file if x.startswith("VmHWM")]
print(json.dumps([told, kibibytes / 1024]))
"""


def test_greedy_files_take_neither_minutes_nor_gigabytes():
    texts = {name: HEAD + body for name, body in GREEDY.items()}
    assert all(len(text) < 2**16 for text in texts.values())
    child = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    told, mebibytes = json.loads(child.stdout)
    assert mebibytes < 600
    assert {name: s for name, (_, s) in told.items() if s > PATIENCE} == {}
    size = {name: said for name, (said, _) in told.items()}
    assert size["two long axes"] == 90_000**2
    assert size["cases that share one"] == 200 * 90_000
    assert size["cases that differ in one"] == 200 * 900
    assert size["directions"] == 40_000
    assert size["programs and excludes"] == 140**2 - 139
    assert size["the largest sample"] == 2**17
    assert size["long key, many mistakes"] < 2002 * 300


# -- folders ---------------------------------------------------------------------------

TINY = """
[constants]
k = 1
d = 1
nnz = 1
steps = 5
[record]
curves = 2
"""


def listing(folder):
    """Everything below a folder, with what files hold; links as such."""
    return {
        path.relative_to(folder): os.readlink(path)
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    (folder / "empty").mkdir(parents=True)
    (folder / "letter.txt").write_text("dear")
    return folder


def test_a_link_to_a_folder_is_followed(tmp_path, outside):
    (tmp_path / "out").symlink_to("outside/empty")
    assert len(run(TINY, tmp_path / "out").runs) == 1
    assert (outside / "empty/runs.parquet").exists()
    assert (outside / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("to", ["nowhere", "outside/letter.txt", "out", "/dev/null"])
def test_a_link_to_what_is_no_folder_is_refused(tmp_path, outside, to):
    (tmp_path / "out").symlink_to(to)
    before = listing(tmp_path)
    with pytest.raises(FolderError, match="out.* use another"):
        run(TINY, tmp_path / "out")
    assert listing(tmp_path) == before


@pytest.mark.parametrize("name", ["parts", "quarantine", ".locks"])
def test_a_link_inside_the_folder_leads_nowhere(tmp_path, outside, name):
    run(TINY, tmp_path / "out")
    inside = tmp_path / "out" / name
    if inside.exists():
        inside.rename(tmp_path / "before")
    inside.symlink_to("../outside/empty")
    before = listing(outside)
    with pytest.raises(FolderError, match=f"{name} is a symbolic link"):
        run(TINY, tmp_path / "out")
    assert listing(outside) == before


@pytest.mark.parametrize(
    "name",
    ["sweep.toml", "runs.parquet", "claims.parquet", ".locks/1-of-1.json"],
)
def test_a_link_for_a_file_is_replaced_and_never_written_through(
    tmp_path, outside, name
):
    run(TINY, tmp_path / "out")
    for path in (tmp_path / "out/parts").iterdir():
        path.unlink()  # so that there is something to do
    file = tmp_path / "out" / name
    file.unlink()
    file.symlink_to(outside / "letter.txt")
    before = listing(outside)
    try:
        run(TINY, tmp_path / "out")
    except FolderError as refusal:
        assert name in str(refusal)
    assert listing(outside) == before


# -- whole commands --------------------------------------------------------------------


def call(folder, *arguments, **environment):
    """Run the command in a process of its own; a variable that is None is not set."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("JAX_", "XLA_"))}
    kept = {n: v for n, v in (kept | environment).items() if v is not None}
    return subprocess.run(
        [sys.executable, "-m", "rvsjax.sweep", *arguments],
        cwd=folder,
        env=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=240,
    )


STRANGE = {
    "no home": {"HOME": None, "XDG_CACHE_HOME": None},
    "C": {"LANG": "C", "LC_ALL": "C"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "C, no UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("environment", STRANGE.values(), ids=STRANGE)
def test_a_refusal_reaches_the_user_in_a_strange_environment(tmp_path, environment):
    (tmp_path / "größe.toml").write_text(HEAD + '[constants]\n"größe" = 1\n', "utf-8")
    said = call(tmp_path, "größe.toml", **environment)
    assert said.returncode == 2
    assert said.stdout == b""
    assert b"Traceback" not in said.stderr
    assert b"constants.gr" in said.stderr and b"unknown parameter" in said.stderr


def test_a_folder_that_is_gone_is_no_place_to_run(tmp_path):
    (tmp_path / "file.toml").write_text(HEAD + "[constants]\nk = 0\n")
    (tmp_path / "gone").mkdir()
    leave = 'rmdir ../gone && exec "$0" -m rvsjax.sweep "$@"'
    for file, what in ((tmp_path / "file.toml", "constants.k"), ("x.toml", "No such")):
        said = subprocess.run(
            ["sh", "-c", leave, sys.executable, str(file)],
            cwd=tmp_path / "gone",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert said.returncode == 2, said.stderr
        assert what in said.stderr
        assert "Traceback" not in said.stderr
        (tmp_path / "gone").mkdir()


def test_strange_words_in_a_sweep_that_runs_do_not_reach_the_terminal_raw(tmp_path):
    """Control characters and HTML in `about`, and in the name of the folder."""
    about = 'about = "<script>alert(1)</script> \\u001b[31m $\\\\frac{$ é"\n'
    (tmp_path / "file.toml").write_text(HEAD + about + TINY, "utf-8")
    out = f"gr\u00f6\u00dfe{ESCAPE}<b>"
    said = call(
        tmp_path,
        *("file.toml", "--out", out, "--kernel", "plain", "--no-report"),
        **STRANGE["no home"] | STRANGE["ASCII"],
    )
    assert said.returncode == 0, said.stderr
    assert b"\x1b" not in said.stderr
    assert said.stderr.startswith(b"t: 1 run, into gr")
    assert said.stdout.startswith(b"gr") and said.stdout.endswith(b"<b>\n")
    assert {path.name for path in tmp_path.iterdir()} == {"file.toml", out}
    assert (tmp_path / out / "runs.parquet").exists()


def test_a_folder_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(FolderError, match="File name too long"):
        run(TINY, "x" * 5000)
    assert list(tmp_path.iterdir()) == []


# -- what a folder tells of its sweep --------------------------------------------------

ASKED = plan_of("[grid]\nk = [1, 2, 3]\nbeta = [1, 2]\n", only=["k=1,2"]).as_json()
WRONG_QUESTIONS = {
    "no table": [1],
    "nothing": None,
    "no tables": {},
    "not narrowed": {n: x for n, x in ASKED.items() if n != "narrowed"},
    "narrowed to a list": ASKED | {"narrowed": [1]},
    "narrowed to more": ASKED | {"narrowed": ASKED["narrowed"] | {"x": 1}},
    "another stride": ASKED | {"narrowed": ASKED["narrowed"] | {"stride": 0}},
    "other steps": ASKED | {"narrowed": ASKED["narrowed"] | {"steps": 7}},
    "limit 0": ASKED | {"narrowed": ASKED["narrowed"] | {"limit": 0}},
    "limit 10**30": ASKED | {"narrowed": ASKED["narrowed"] | {"limit": 10**30}},
    "unknown only": ASKED | {"narrowed": ASKED["narrowed"] | {"only": {"x": [1]}}},
    "only of lists": ASKED | {"narrowed": ASKED["narrowed"] | {"only": {"k": [[1]]}}},
    "a document": ASKED | {"grid": {"k": [0]}},
}


@pytest.mark.parametrize("asked", WRONG_QUESTIONS.values(), ids=WRONG_QUESTIONS)
def test_what_no_plan_tells_is_refused(asked):
    assert plan_again(ASKED).as_json() == ASKED
    with pytest.raises(SweepFileError):
        plan_again(asked)


@pytest.mark.parametrize("limit", [None, 3])
def test_a_smoke_is_told_and_made_again(limit):
    body = "[grid]\nk = [1, 2]\n[[exclude]]\nk = 1\nbeta = 9\n[seeds]\ncount = 900\n"
    plan = plan_of(body, only=["k=2"], limit=limit, smoke=True)
    again = plan_again(plan.as_json())
    assert [item.run_id for item in again] == [item.run_id for item in plan]
    assert (again.fingerprint, again.default_folder) == (
        plan.fingerprint,
        "out/t-smoke",
    )
