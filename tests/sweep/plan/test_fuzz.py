"""Whatever a sweep file says, it is a plan that can be asked, or refused in sentences.

500 files in the usual run of the tests, always the same; with RVSJAX_NIGHT=1 it is
20,000 that nobody has seen before. What they found stands in `mistakes.py`.
"""

import itertools
import json
import os
import time
from datetime import date, datetime

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from rvsjax.algorithms import ALGORITHMS
from rvsjax.errors import SweepFileError
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.sweep.plan.overrides import override, read_setting
from rvsjax.sweep.plan.plan import make_plan, plan_again
from rvsjax.sweep.plan.sweep_file import SweepFile, parse
from tests import ROOT
from tests.sweep.plan.mistakes import HEAD

pytestmark = pytest.mark.slow

NIGHT = os.environ.get("RVSJAX_NIGHT") == "1"
PATIENCE = 30  # seconds of a processor: a guard against loops, no measure of speed


def cases(number):
    return settings(
        max_examples=number * 40 if NIGHT else number,
        derandomize=not NIGHT,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


# -- what must hold --------------------------------------------------------------------


def answer(make):
    """Make a plan and ask it everything that needs no run; or read why it is none."""
    began = time.process_time()
    try:
        plan = make()
    except SweepFileError as error:
        check_sentences(error)
        plan = None
    else:
        check_plan(plan)
    assert time.process_time() - began < PATIENCE
    return plan


def check_sentences(error):
    lines = str(error).split("\n")
    assert len(lines) == len(error.problems) >= 1
    for line, (where, what) in zip(lines, error.problems):
        assert len(line) <= 300
        assert line.isprintable()
        assert line.startswith(where) and line.endswith(what)
        assert where.strip() and what.strip()


def check_plan(plan):
    groups = plan.groups()
    number = sum(count for _, count in groups)
    assert 0 < number == plan.size <= plan.places
    first = ids(plan)
    assert len(first) == len(set(first)) == min(number, 12)
    keys = {item.static_key for item, _ in groups}
    assert len(keys) == len(groups)
    for item in itertools.islice(plan, 12):
        assert item.static_key in keys
        assert plan.sweep_file.seeds.base <= item.seed < 2**32
        assert (item.parameters.get("nnz") or 1) > 0
    if number <= 500:
        assert len({item.run_id for item in plan}) == number
    assert all(note.isprintable() and len(note) < 300 for note in plan.notes)
    assert "/" not in plan.sweep_file.name and plan.sweep_file.name[0] != "."
    again = plan_again(json.loads(json.dumps(plan.as_json())))
    assert again.fingerprint == plan.fingerprint
    assert ids(again) == first


def ids(plan):
    return [item.run_id for item in itertools.islice(plan, 12)]


# -- files -----------------------------------------------------------------------------

ALL_TABLES = (
    HEAD
    + """
about = "all tables"
[constants]
k = 2
[grid]
eta = { geom = [1e-5, 1e-1], num = 9 }
readout = ["sum", "mean"]
[[zip]]
d = [5, 20]
nnz = [5, 10]
[[case]]
penalty = "l0"
[[case]]
penalty = "transformed-l1"
a = [0.1, 1.0]
[sample]
method = "random"
n = 4
lam = { loguniform = [1e-4, 1.0] }
steps = { uniform = [1, 900] }
beta = { choice = [1, 0.5] }
[[exclude]]
penalty = "l0"
d = 20
[[exclude]]
eta = { lin = [1e-5, 1.0], num = 3 }
[seeds]
count = 3
base = 7
[record]
curves = 20
weights = true
"""
)
SWEEPS = ROOT / "sweeps"
FILES = [*(path.read_text() for path in sorted(SWEEPS.glob("*.toml"))), ALL_TABLES]

TABLES = tuple(SweepFile.model_fields)
KEYS = [*RVSCGD.names, *TABLES, "count", "base", "curves", "weights", "method", "n"]
KEYS += ["seed", "lin", "geom", "num", "uniform", "loguniform", "choice", "x", '""']
VALUES = """
0 1 -1 2 5 20 200 1000 1e-4 0.5 1.0 1e300 -0.0 5e-324 1.7e308 nan inf -inf true false
4294967295 4294967296 9223372036854775808 0xffffffffffffffffffffffffffffffff [] [[]]
[1] [1,1] [0.5,1,2] [1,"x"] {} "" "l0" "l1" "l2" "transformed-l1" "rvscgd" "cgd" "sum"
"angle" "teacher" "given" "uniform" "float32" "compensated" "sobol" "lhs" "random"
"../x" "a\\u0000b" "\\u001b[31m" "1,2" "3,2,1" "1e-300,0" "1e400" "0,0" 2020-01-01 'é'
"<b>" {lin=[1,5],num=5} {lin=[5,1],num=3} {geom=[1,16],num=5} {lin=[1,9e4],num=90000}
{geom=[1e-299,1e299],num=4} {lin=[0,1],num=1e3} {lin=[1,3],num=3,base=2} {uniform=[1,9]}
{loguniform=[1e-9,1e9]} {choice=["l0","l1"]} {choice=[1,2,2]} [{}] [{k=1}] [{k=1},{k=2}]
[{k=[1,2],d=[5,6]}] [{penalty="l0"},{penalty="l1"}] {n=8,lam={uniform=[0,1]}} {count=2}
""".split()
VALUES += ["0x" + "f" * 5000, f'"{"x" * 5000}"', f"[{'1,' * 300}1]", "9" * 400]
KEYS += ["x" * 5000]

characters = st.characters(codec="utf-8")
scrap = st.one_of(
    st.sampled_from(list("[]{}=\"'.,#\n\\ \t0123456789exabinfkd_-+\x00\x1b\r")),
    characters,
    st.sampled_from(KEYS),
    st.sampled_from(VALUES),
    st.text(characters, max_size=8),
)


def replaced(draw, text):
    """Put something in the place of a few characters."""
    begin = draw(st.integers(0, len(text)))
    end = begin + draw(st.integers(0, 4))
    return text[:begin] + draw(scrap) + text[end:]


def other_lines(draw, text):
    """Delete, repeat or move a line."""
    lines = text.splitlines()
    line = lines.pop(draw(st.integers(0, len(lines) - 1)))
    for _ in range(draw(st.integers(0, 2))):
        lines.insert(draw(st.integers(0, len(lines))), line)
    return "\n".join(lines) + "\n"


def other_value(draw, text):
    """Give a key another value, or a value another key."""
    lines = text.splitlines()
    there = [i for i, line in enumerate(lines) if "=" in line]
    if there:
        i = draw(st.sampled_from(there))
        key, _, value = lines[i].partition("=")
        if draw(st.booleans()):
            value = draw(st.sampled_from(VALUES))
        else:
            key = draw(st.sampled_from(KEYS))
        lines[i] = f"{key} = {value}"
    return "\n".join(lines) + "\n"


@st.composite
def mutated(draw):
    """Draw one of the repository's sweep files, with a few mistakes in it."""
    text = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(1, 4))):
        change = draw(
            st.sampled_from([replaced, other_lines, other_value, other_value])
        )
        text = change(draw, text)
    return text


texts = st.one_of(
    st.text(characters, max_size=200),
    st.lists(scrap, max_size=60).map("".join),
    st.lists(scrap, max_size=30).map(lambda parts: HEAD + "".join(parts)),
    st.binary(max_size=200).map(lambda data: data.decode("latin-1")),
)

# -- documents -------------------------------------------------------------------------

scalars = st.one_of(
    st.sampled_from([parse(f"x = {v}")["x"] for v in VALUES if len(v) < 1000]),
    st.booleans(),
    st.integers(),
    st.integers(0, 9),
    st.floats(),
    st.text(characters, max_size=12),
    st.just(date(2020, 1, 1)),
    st.just(datetime(2020, 1, 1)),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    ),
    max_leaves=8,
)
positive = st.floats(1e-9, 1e3)
GOOD = {
    "algorithm": st.sampled_from([*ALGORITHMS]),
    "penalty": st.sampled_from(["l0", "l1", "transformed-l1"]),
    "a": positive,
    "k": st.integers(1, 9),
    "d": st.integers(5, 12),
    "readout": st.sampled_from(["sum", "mean"]),
    "nnz": st.integers(1, 5),
    "lam": positive,
    "beta": positive,
    "eta": positive,
    "steps": st.integers(1, 99),
    "w_star": st.sampled_from(["1,2,3,4,5", "5,4,3,2,1", "1,2"]),
    "start": st.sampled_from(["uniform", "teacher"]),
    "start_angle": st.floats(0, 3),
    "dtype": st.sampled_from(["float64", "float32"]),
    "precision": st.sampled_from(["plain", "compensated"]),
    "s": st.integers(1, 9),
    "gradient": st.sampled_from(["population", "minibatch", "projected", "empirical"]),
    "surrogate": st.sampled_from(["relu", "clipped", "identity", "window"]),
    "batch": st.integers(1, 9),
    "train_size": st.integers(1, 9),
}


def ranges(low, high):
    ends = st.lists(st.integers(low, high), min_size=2, max_size=2, unique=True)
    number = st.sampled_from([2, 3, 5, 17, 1000])
    return st.one_of(
        st.fixed_dictionaries({"lin": ends, "num": number}),
        st.fixed_dictionaries({"geom": ends, "num": number}),
    )


@st.composite
def block(draw, size, few=False):
    """Draw a table of parameters; mostly good values, so that plans come out."""
    table = {}
    for name in draw(st.lists(st.sampled_from(list(GOOD)), max_size=size, unique=True)):
        good = [GOOD[name]]
        good += [] if few else [st.lists(GOOD[name], max_size=4, unique=True)]
        if name in ("k", "steps", "lam", "beta", "eta") and not few:
            good.append(ranges(1, 9))
        table[name] = draw(st.one_of(*good))
        if draw(st.integers(0, 30)) == 0:
            table[name] = draw(anything)
    return table


@st.composite
def samples(draw):
    table = {"n": draw(st.integers(1, 9)), "method": "random"}
    for name in draw(st.lists(st.sampled_from(list(GOOD)), max_size=3, unique=True)):
        kind = draw(st.sampled_from(["uniform", "loguniform", "choice"]))
        bounds = st.lists(GOOD[name], min_size=2, max_size=2)
        table[name] = {kind: draw(bounds.map(lambda x: sorted(x, key=repr)))}
    return table


LONG = {"lin": [1, 9999], "num": 9999}
LIVELY = [  # plans, before something in them is changed
    {
        "grid": {"k": [1, 2, 3], "d": [5, 6]},
        "exclude": [{"k": [1, 3]}, {"d": 6, "k": 2}],
    },
    {
        "grid": {"lam": LONG, "eta": LONG, "k": [1, 2, 3], "readout": "sum"},
        "exclude": [{"k": 1}, {"k": [2, 9], "readout": ["sum", "mean"]}],
    },
    {
        "case": [{"penalty": ["l0", "l1"]}, {"penalty": "transformed-l1", "a": [1, 2]}],
        "exclude": [{"penalty": "l0"}, {"a": 2.0}],
    },
    {"case": [{"d": 5}, {"d": [6, 7], "nnz": [1, 2]}], "exclude": [{"d": 6, "nnz": 1}]},
]


@st.composite
def documents(draw):
    """Draw the tables of a file: right in shape mostly, wrong somewhere often."""
    document = {"version": 1, "name": "t", "study": "rvscgd"}
    if draw(st.booleans()):
        document |= draw(st.sampled_from(LIVELY))
    likely = {
        "constants": block(2, few=True),
        "grid": block(3),
        "zip": st.lists(block(2), max_size=2),
        "case": st.lists(block(2), max_size=3),
        "sample": samples(),
        "exclude": st.lists(block(2), max_size=3),
        "seeds": st.fixed_dictionaries(
            {"count": st.sampled_from([1, 2, 1000, 2**31, 10**18])}
        ),
        "record": st.fixed_dictionaries({"curves": st.integers(2, 9)}),
    }
    for table in draw(st.lists(st.sampled_from(list(likely)), max_size=3, unique=True)):
        document[table] = draw(likely[table])
    if draw(st.integers(0, 9)) == 0:
        document[draw(st.sampled_from([*TABLES, "gird"]))] = draw(anything)
    return document


# -- options ---------------------------------------------------------------------------

settings_of = st.one_of(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)).map("=".join),
    st.tuples(
        st.sampled_from(["seeds.", "grid.", "record.", "constants.", "sample.", "x."]),
        st.sampled_from(KEYS),
        st.just("="),
        st.sampled_from(VALUES),
    ).map("".join),
    st.text(max_size=20),
)
only_of = st.one_of(
    st.tuples(
        st.sampled_from(RVSCGD.names),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map(",".join),
    ).map("=".join),
    st.text(max_size=20),
)


# -- the properties --------------------------------------------------------------------


@cases(100)
@given(texts)
def test_any_text(text):
    answer(lambda: make_plan(parse(text)))


@cases(200)
@given(mutated())
def test_a_file_with_mistakes(text):
    answer(lambda: make_plan(parse(text)))


def test_any_tables():
    """Tables that often are a plan: the property would say little if none were."""
    found = {"plans": 0, "refused": 0, "left out": 0, "cases": 0}

    @cases(150)
    @given(documents())
    def look(document):
        before = repr(document)
        plan = answer(lambda: make_plan(document))
        assert repr(document) == before
        found["plans" if plan else "refused"] += 1
        if plan:
            found["left out"] += plan.size < plan.places
            found["cases"] += len(plan.sweep_file.case) > 1

    look()
    assert min(found["plans"], found["refused"]) > 30, found
    assert min(found["left out"], found["cases"]) >= 3, found


@cases(50)
@given(
    st.sampled_from(FILES),
    st.lists(settings_of, max_size=3),
    st.lists(only_of, max_size=2),
    st.one_of(st.none(), st.integers(1, 100), st.just(2**40)),
    st.booleans(),
)
def test_any_options(text, settings, only, limit, smoke):
    def make():
        raw = parse(text)
        for setting in settings:
            raw = override(raw, *read_setting(setting))
        return make_plan(raw, only=only, limit=limit, smoke=smoke)

    answer(make)
