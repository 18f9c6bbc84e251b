"""A plan is the product that a sweep file describes, lazily, and a run keeps its name.

The reference is `expand` below: plain loops over the tables as TOML gives them, with
the defaults of the contract written out again.
"""

import collections
import dataclasses
import itertools
import json
import math
import random
import tomllib
from typing import Any

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.studies.rvscgd.parameters import direction
from rvsjax.sweep.plan.parameters import Parameters
from rvsjax.sweep.plan.plan import Plan, RunConfig, make_plan, plan_again
from rvsjax.sweep.plan.sweep_file import parse
from tests.sweep.plan.mistakes import HEAD
from tests.sweep.plan.plans import DEFAULTS, ids, plan_of, values

# all that changes the shapes or the operations of a program; the rest is traced
COMPILED_FOR = (
    "algorithm penalty k d readout steps start gradient surrogate batch train_size "
    "dtype precision"
).split()


# -- the reference ---------------------------------------------------------------------


def complete(chosen):
    run = DEFAULTS | chosen
    if "start" not in chosen and run["start_angle"] is not None:
        run["start"] = "angle"
    if run["start"] != "angle":
        run["start_angle"] = None
    if run["algorithm"] == "cgd":
        run["penalty"] = run["lam"] = run["beta"] = None
    if run["penalty"] != "transformed-l1":
        run["a"] = None
    return run


def listed(value):
    return value if isinstance(value, list) else [value]


def expand(body, only=None, points=()):
    """Return [(parameters, seed)] of a file whose axes are lists, in order.

    `points` are those of its sample, as dictionaries.
    """
    asked = tomllib.loads(HEAD + body)
    shared = [
        [{name: value} for value in listed(axis)]
        for name, axis in asked.get("grid", {}).items()
    ]
    for block in asked.get("zip", []):
        shared.append([dict(zip(block, row)) for row in zip(*block.values())])
    if points:
        shared.append(list(points))
    seeds = {"count": 1, "base": 0} | asked.get("seeds", {})
    runs = []
    for case in asked.get("case", [{}]):
        own = [[{name: value} for value in listed(case[name])] for name in case]
        for combination in itertools.product(*own, *shared):
            chosen = dict(asked.get("constants", {}))
            for part in combination:
                chosen |= part
            run = complete(chosen)
            if any(
                all(run[name] in listed(block[name]) for name in block)
                for block in asked.get("exclude", [])
            ):
                continue
            if any(run[name] not in allowed for name, allowed in (only or {}).items()):
                continue
            for i in range(seeds["count"]):
                runs.append((run, seeds["base"] + i))
    return runs


def counted(runs):
    keys = (tuple(run[name] for name in COMPILED_FOR) for run, _ in runs)
    return collections.Counter(keys)


def groups_of(plan):
    groups = plan.groups()
    found = {
        tuple(example.parameters[name] for name in COMPILED_FOR): count
        for example, count in groups
    }
    assert len(found) == len(groups)  # a program is listed once
    return found


def agrees(plan, runs):
    assert [(item.parameters, item.seed) for item in plan] == runs
    assert groups_of(plan) == counted(runs)
    names = ids(plan)
    assert len(set(names)) == len(names)
    assert {example.run_id for example, _ in plan.groups()} <= set(names)


# -- expansion -------------------------------------------------------------------------

WHOLE = """
[constants]
k = 3
steps = 10
[grid]
eta = [0.1, 0.2, 0.3]
readout = ["sum", "mean"]
[[zip]]
d = [6, 7]
nnz = [2, 3]
[[zip]]
dtype = ["float32", "float64"]
start_angle = [0.5, 1.5]
[[case]]
penalty = ["l0", "l1"]
[[case]]
penalty = "transformed-l1"
a = [0.1, 1.0, 10.0]
[[case]]
algorithm = "cgd"
[[exclude]]
penalty = "l0"
d = 7
[[exclude]]
eta = [0.1, 0.3]
readout = "mean"
a = 10.0
[seeds]
count = 2
base = 5
"""


def test_grid_zip_cases_exclude_and_seeds_are_the_brute_force_product():
    runs = expand(WHOLE)
    # 6 kinds of 3 x 2 x 2 x 2 = 24 points: l0 loses d = 7, a = 10 loses eta x mean
    assert len(runs) == 2 * (6 * 24 - 12 - 8)
    agrees(plan_of(WHOLE), runs)


@pytest.mark.parametrize("method", ["sobol", "lhs", "random"])
def test_a_sample_is_one_more_axis(method):
    sample = f"[sample]\nmethod = '{method}'\nn = 8\nbeta = {{ uniform = [1, 2] }}\n"
    points = [{"beta": beta} for beta in values(plan_of(sample), "beta")]
    assert len(points) == 8
    penalised = WHOLE.replace('[[case]]\nalgorithm = "cgd"\n', "")  # uses no beta
    runs = expand(penalised + sample, points=points)
    assert len(runs) == 8 * len(expand(penalised)) > 1000
    agrees(plan_of(penalised + sample), runs)


def test_the_order_is_cases_then_axes_as_they_stand_then_seeds():
    body = (
        "[grid]\nk = [3, 2]\n[[zip]]\nd = [8, 9]\n"
        "[[case]]\nlam = [0.2, 0.1]\n[[case]]\nlam = 0.3\n[seeds]\ncount = 2\n"
    )
    plan = plan_of(body)
    seeds = [item.seed for item in plan]
    assert [(*row, s) for row, s in zip(values(plan, "lam", "k", "d"), seeds)] == [
        (lam, k, d, seed)
        for lam in (0.2, 0.1, 0.3)
        for k in (3, 2)
        for d in (8, 9)
        for seed in (0, 1)
    ]


def test_a_place_of_the_full_product_is_a_run_or_none():
    plan = plan_of("[grid]\nk = [2, 3, 4]\n[[exclude]]\nk = 3\n[seeds]\ncount = 2\n")
    found = [
        item and (item.parameters["k"], item.seed) for item in map(plan.at, range(6))
    ]
    assert found == [(2, 0), (2, 1), None, None, (4, 0), (4, 1)]


def test_an_exclude_that_names_an_unused_parameter_does_not_match():
    body = "[grid]\npenalty = ['l0', 'transformed-l1']\n[[exclude]]\na = 1.0\n"
    assert values(plan_of(body), "penalty") == ["l0"]


def test_runs_that_are_excluded_need_not_fit_together():
    body = "[grid]\nd = [5, 50]\nnnz = [5, 20]\n[[exclude]]\nd = 5\nnnz = 20\n"
    assert values(plan_of(body), "d", "nnz") == [(5, 5), (50, 5), (50, 20)]


def test_an_exclude_may_be_a_range():
    body = (
        "[grid]\nk = { lin = [1, 9], num = 9 }\n"
        "[[exclude]]\nk = { lin = [2, 4], num = 3 }\n"
    )
    assert values(plan_of(body), "k") == [1, 5, 6, 7, 8, 9]


# -- counts against brute force, on random documents -----------------------------------

CHOICES = {
    "k": [2, 3, 4],
    "d": [8, 9, 10],
    "readout": ["sum", "mean"],
    "nnz": [1, 2, 5, 8],
    "lam": [0.0, 1e-4, 0.1],
    "beta": [1e-3, 0.5, 2.0],
    "eta": [1e-5, 0.1],
    "steps": [10, 20],
    "dtype": ["float32", "float64"],
}
EVERYWHERE = CHOICES | {
    "penalty": ["l0", "l1", "transformed-l1"],
    "a": [0.1, 1.0, 5.0],
    "algorithm": ["rvscgd", "cgd"],
    "start": ["uniform", "angle"],
}


def some(rng, choices, at_least=1):
    return rng.sample(choices, rng.randint(at_least, len(choices)))


def random_document(rng):
    """Return a small valid document that uses every way to give a parameter."""
    unused = rng.choice([{"lam", "beta"}, set()])  # by cgd, which is a case of some
    names = rng.sample([name for name in CHOICES if name not in unused], 6)
    constant, *grid, first, second = names[:5]
    tables: dict[str, Any] = {
        "constants": {constant: rng.choice(CHOICES[constant])},
        "grid": {name: some(rng, CHOICES[name], 2) for name in grid},
    }
    length = rng.randint(1, 2)
    tables["zip"] = [
        {name: rng.sample(CHOICES[name], length) for name in (first, second)}
    ]
    cases = [
        {"penalty": some(rng, ["l0", "l1"])},
        {"penalty": "transformed-l1", "a": some(rng, [0.1, 1.0, 5.0])},
    ]
    if unused:
        cases.append({"algorithm": "cgd", names[5]: CHOICES[names[5]][:1]})
        for case in cases[:2]:
            case[names[5]] = CHOICES[names[5]][1:]
    tables["case"] = rng.sample(cases, rng.randint(1, len(cases)))
    tables["exclude"] = [
        {
            name: some(rng, EVERYWHERE[name])
            if rng.random() < 0.5
            else rng.choice(EVERYWHERE[name])
            for name in rng.sample(list(EVERYWHERE), rng.randint(2, 3))
        }
        for _ in range(rng.randint(2, 4))
    ]
    tables["seeds"] = {"count": rng.randint(1, 3), "base": rng.choice([0, 2**32 - 3])}
    return tables if expand(as_toml(tables)) else random_document(rng)


def as_toml(tables):
    lines = []
    for name, content in tables.items():
        many = isinstance(content, list)
        for block in content if many else [content]:
            lines.append(f"[[{name}]]" if many else f"[{name}]")
            # a JSON text or list of texts or numbers reads the same in TOML
            lines += [f"{key} = {json.dumps(value)}" for key, value in block.items()]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(40))
def test_runs_and_counts_of_a_random_document_are_those_of_brute_force(seed):
    rng = random.Random(seed)
    body = as_toml(random_document(rng))
    runs = expand(body)
    plan = plan_of(body)
    agrees(plan, runs)

    for _ in range(3):
        only = {
            name: some(rng, EVERYWHERE[name])
            for name in rng.sample(list(EVERYWHERE), rng.randint(1, 2))
        }
        options = [f"{name}={','.join(map(str, only[name]))}" for name in only]
        left = expand(body, only)
        if left:
            agrees(plan_of(body, only=options), left)
        else:
            with pytest.raises(SweepFileError, match="leaves no run"):
                plan_of(body, only=options)

    limit = rng.randint(1, len(runs))
    agrees(plan_of(body, limit=limit), runs[:limit])


def test_the_random_documents_reach_every_corner():
    """The comparison above would be empty if they had no excludes, cases or cgd."""
    sizes, excluding, without_penalty = [], 0, 0
    for seed in range(40):
        tables = random_document(random.Random(seed))
        runs = expand(as_toml(tables))
        sizes.append(len(runs))
        excluding += len(runs) < len(expand(as_toml(tables | {"exclude": []})))
        without_penalty += any(run["penalty"] is None for run, _ in runs)
    assert sum(size > 10 for size in sizes) > 20
    assert excluding > 15
    assert without_penalty > 3


# -- ranges and samples ----------------------------------------------------------------


def test_lin_includes_its_ends_and_is_evenly_spaced():
    found = values(plan_of("[grid]\nlam = { lin = [0.1, 0.7], num = 4 }\n"), "lam")
    assert found[0] == 0.1 and found[-1] == 0.7
    # inner values are rounded to 15 digits, so they may be off by that
    assert found == pytest.approx([0.1, 0.3, 0.5, 0.7], rel=1e-14)


def test_geom_includes_its_ends_and_reads_like_decimals():
    found = values(plan_of("[grid]\neta = { geom = [1e-5, 1e-1], num = 9 }\n"), "eta")
    assert found[::2] == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    ratios = [b / a for a, b in itertools.pairwise(found)]
    assert ratios == pytest.approx([math.sqrt(10)] * 8, rel=1e-14)


@pytest.mark.parametrize("kind", ["lin", "geom"])
def test_the_ends_of_a_range_are_exact(kind):
    rng = random.Random(4)
    for _ in range(50):
        low, high = rng.uniform(1e-9, 1), rng.uniform(1, 1e5)
        num = rng.randint(2, 30)
        spec = f"{{ {kind} = [{high!r}, {low!r}], num = {num} }}"
        found = values(plan_of(f"[grid]\nbeta = {spec}\n"), "beta")
        assert (found[0], found[-1], len(found)) == (high, low, num)
        assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{ lin = [1, 9], num = 3 }", [1, 5, 9]),
        ("{ lin = [9, 1], num = 9 }", [9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ("{ geom = [1, 1000], num = 4 }", [1, 10, 100, 1000]),
        ("{ geom = [3, 48], num = 5 }", [3, 6, 12, 24, 48]),
    ],
)
def test_whole_numbers_stay_whole_in_a_range(spec, expected):
    found = values(plan_of(f"[grid]\nk = {spec}\n"), "k")
    assert found == expected
    assert {type(value) for value in found} == {int}


def sample(method, n, dimensions, seed=0):
    return f"[sample]\nmethod = '{method}'\nn = {n}\nseed = {seed}\n{dimensions}\n"


BOX = """
beta = { uniform = [0.5, 2.5] }
lam = { loguniform = [1e-4, 1.0] }
k = { uniform = [3, 6] }
penalty = { choice = ["l0", "l1", "transformed-l1"] }
d = { loguniform = [10, 1000] }
"""


@pytest.mark.parametrize("n", [5, 64])
@pytest.mark.parametrize("method", ["sobol", "lhs", "random"])
def test_sample_points_lie_in_their_box(method, n):
    plan = plan_of(sample(method, n, BOX))
    rows = values(plan, "beta", "lam", "k", "penalty", "d")
    assert len(rows) == n
    for beta, lam, k, penalty, d in rows:
        assert 0.5 <= beta <= 2.5
        assert 1e-4 <= lam <= 1.0
        assert type(k) is int and 3 <= k <= 6
        assert penalty in ("l0", "l1", "transformed-l1")
        assert type(d) is int and 10 <= d <= 1000
    if n == 64:  # every value is drawn; missing one has a chance under 4 (3/4)^64
        assert {row[2] for row in rows} == {3, 4, 5, 6}
        assert len({row[3] for row in rows}) == 3


@pytest.mark.parametrize("method", ["sobol", "lhs"])
def test_each_of_64_strata_has_one_point(method):
    """What both methods promise in each dimension, on the scale of the distribution."""
    dimensions = "beta = { uniform = [1, 2] }\nlam = { loguniform = [1e-4, 1.0] }\n"
    plan = plan_of(sample(method, 64, dimensions))
    beta, lam = zip(*values(plan, "beta", "lam"))
    assert sorted(math.floor(64 * (x - 1)) for x in beta) == list(range(64))
    log = [math.log(x / 1e-4) / math.log(1e4) for x in lam]
    assert sorted(math.floor(64 * x) for x in log) == list(range(64))


def test_whole_numbers_have_equal_shares_ends_included():
    dimensions = "k = { uniform = [3, 6] }\nbeta = { uniform = [1, 2] }\n"
    plan = plan_of(sample("lhs", 64, dimensions))
    assert collections.Counter(values(plan, "k")) == dict.fromkeys((3, 4, 5, 6), 16)


def test_choices_have_equal_shares():
    dimensions = "penalty = { choice = ['l0', 'l1'] }\nbeta = { uniform = [1, 2] }\n"
    plan = plan_of(sample("lhs", 64, dimensions))
    assert collections.Counter(values(plan, "penalty")) == {"l0": 32, "l1": 32}


@pytest.mark.parametrize("method", ["sobol", "lhs", "random"])
def test_same_file_same_points_other_seed_other_points(method):
    points = values(plan_of(sample(method, 16, BOX)), "beta", "lam")
    assert values(plan_of(sample(method, 16, BOX)), "beta", "lam") == points
    other = values(plan_of(sample(method, 16, BOX, seed=1)), "beta", "lam")
    assert not set(other) & set(points)


def test_points_do_not_depend_on_the_rest_of_the_file():
    alone = values(plan_of(sample("sobol", 16, BOX)), "beta", "lam", "k")
    rest = "[grid]\neta = [0.1, 0.2]\n[seeds]\ncount = 2\nbase = 9\n"
    there = values(plan_of(rest + sample("sobol", 16, BOX)), "beta", "lam", "k")
    assert list(dict.fromkeys(there)) == alone


def test_random_points_are_those_of_numpys_generator():
    """A literal, so that an accidental change of the stream is noticed.

    0.63696... is the first number of NumPy's default_rng(0), whose stream is kept.
    """
    body = sample("random", 1, "lam = { uniform = [0, 1] }")
    assert values(plan_of(body), "lam") == [0.6369616873214543]


# -- identity --------------------------------------------------------------------------


def test_the_identity_of_figure_4_is_kept_for_ever():
    """If this fails, every finished row of every user is orphaned.

    Only a raised version of the study may: then the runs do mean something else.
    """
    (item,) = plan_of("")
    assert item.run_id == "9cab2529435ec32ead55"


def test_the_identity_of_a_run_with_every_parameter_in_use_is_kept_for_ever():
    (item,) = plan_of(USED)
    assert item.run_id == "e37129fe6ae11b8106df"


USED = """
[constants]
penalty = "transformed-l1"
start_angle = 0.5
[seeds]
base = 3
"""
OTHER = {
    "algorithm": "'cgd'",
    "penalty": "'l1'",
    "a": "2.0",
    "k": "21",
    "d": "51",
    "readout": "'mean'",
    "nnz": "6",
    "lam": "2e-4",
    "beta": "5e-3",
    "eta": "2e-5",
    "steps": "400_001",
    "start": "'teacher'",
    "start_angle": "0.25",
    "dtype": "'float32'",
    "precision": "'compensated'",
    "gradient": "'projected'",
    "surrogate": "'window'",
    "w_star": "'" + ", ".join(["1"] * 50) + "'",
    "w_start": "'" + ", ".join(["1"] * 50) + "'",
}


# parameters that have a meaning beside others alone
WITHIN = {
    "s": 'algorithm = "hard_projection"',
    "batch": 'gradient = "minibatch"',
    "train_size": 'gradient = "empirical"',
    "gamma": 'penalty = "mcp"',
    "knot": 'penalty = "scad"',
    "eps": 'penalty = "log-sum"',
    "cap": 'penalty = "capped-l1"',
    "alpha": 'penalty = "l1-l2"',
    "ridge": 'penalty = "elastic-net"',
    "group": 'penalty = "group-l0"',
    "n": 'penalty = "n-of-m"\nm = 5',
    "m": 'penalty = "n-of-m"',
}
VALUES = {"alpha": (0.25, 0.5), "group": (5, 10), "n": (1, 2), "m": (5, 10)}


@pytest.mark.parametrize("name", WITHIN)
def test_a_parameter_counts_where_it_has_a_meaning(name):
    def plan(value, context=WITHIN[name]):
        batch = "" if name == "batch" else "batch = 20"
        [found] = plan_of(f"[constants]\n{context}\n{batch}\n{name} = {value}\n")
        return found

    few, more = VALUES.get(name, (20, 30))
    one, other = plan(few), plan(more)
    assert one.run_id != other.run_id
    assert (one.parameters[name], other.parameters[name]) == (few, more)
    assert (one.static_key != other.static_key) == (name in RVSCGD.static)
    context = 'algorithm = "relu_descent"'
    assert plan(few, context).run_id == plan(more, context).run_id
    assert plan(few, context).parameters[name] is None


def test_every_parameter_and_the_seed_are_part_of_the_identity():
    assert set(OTHER) | set(WITHIN) == set(RVSCGD.names)
    found = set(ids(plan_of(USED))) | set(ids(plan_of(USED.replace("base = 3", ""))))
    for name, value in OTHER.items():
        lines = {"penalty": '"transformed-l1"', "start_angle": "0.5"} | {name: value}
        if name in ("start", "w_start"):
            del lines["start_angle"]
        body = "\n".join(f"{key} = {text}" for key, text in lines.items())
        found |= set(ids(plan_of(f"[constants]\n{body}\n[seeds]\nbase = 3\n")))
    assert len(found) == 2 + len(OTHER)


BOTH = "[grid]\nbeta = [0.1, 0.2]\nk = [3, 4]\n[seeds]\ncount = 2\n"


@pytest.mark.parametrize(
    "body",
    [
        "[grid]\nk = [4, 3]\nbeta = [0.2, 0.1]\n[seeds]\ncount = 2\n",
        "[[case]]\nk = 4\n[[case]]\nk = 3\n[grid]\nbeta = [0.1, 0.2]\n"
        "[seeds]\ncount = 2\n",
        "[[zip]]\nk = [3, 4, 3, 4]\nbeta = [0.1, 0.1, 0.2, 0.2]\n[seeds]\ncount = 2\n",
        "[record]\ncurves = 9\nweights = true\n" + BOTH,
        'about = "x"\n' + BOTH,
        "[constants]\na = 3.0\nlam = 1e-4\ndtype = 'float64'\n" + BOTH,
    ],
    ids=["reordered", "cases", "zip", "record", "about", "defaults and unused"],
)
def test_the_same_runs_told_otherwise_keep_their_names(body):
    assert set(ids(plan_of(body))) == set(ids(plan_of(BOTH)))


def test_added_values_and_seeds_keep_the_names_of_the_others():
    more = "[grid]\nbeta = [0.1, 0.15, 0.2]\nk = [3, 4, 5]\n[seeds]\ncount = 4\n"
    assert set(ids(plan_of(BOTH))) < set(ids(plan_of(more)))


def test_a_run_has_one_name_under_any_name_of_the_sweep():
    other = make_plan(parse(HEAD.replace('"t"', '"other"') + BOTH))
    assert ids(other) == ids(plan_of(BOTH))


def test_whole_and_float_spellings_of_a_value_have_one_name():
    assert ids(plan_of("[grid]\nbeta = [1]\n")) == ids(
        plan_of("[grid]\nbeta = [1.0]\n")
    )


def test_a_run_id_is_20_hex_digits():
    (name,) = ids(plan_of(""))
    assert len(name) == 20
    assert set(name) <= set("0123456789abcdef")


def test_the_fingerprint_tells_what_is_asked_and_nothing_else():
    same = {plan_of(body).fingerprint for body in (BOTH, 'about = "x"\n' + BOTH)}
    assert len(same) == 1
    others = {
        plan_of(BOTH.replace("count = 2", "count = 3")).fingerprint,
        plan_of(BOTH + "[record]\ncurves = 9\n").fingerprint,
        plan_of("[constants]\nlam = 1.0\n" + BOTH).fingerprint,
        plan_of(BOTH, only=["k=3"]).fingerprint,
        plan_of(BOTH, limit=3).fingerprint,
        plan_of(BOTH, smoke=True).fingerprint,
    }
    assert len(others - same) == 6


def test_what_is_asked_is_plain_json():
    asked = plan_of(WHOLE, only=["k=3"], limit=7).as_json()
    assert json.loads(json.dumps(asked)) == asked
    assert asked["narrowed"] == {"only": {"k": [3]}, "limit": 7, "stride": 1}
    assert asked["seeds"] == {"count": 2, "base": 5}


# -- laziness --------------------------------------------------------------------------

HUGE = """
[grid]
beta = { geom = [1e-5, 1.0], num = 10_000 }
eta = { geom = [1e-5, 1.0], num = 1_000 }
penalty = ["l0", "l1"]
[[exclude]]
penalty = "l0"
beta = 1e-5
eta = [1e-5, 1.0]
[seeds]
count = 10
"""


@pytest.fixture
def no_enumeration(monkeypatch):
    def fail(plan, index):
        raise AssertionError("a run was made, although only counts were asked")

    monkeypatch.setattr(Plan, "at", fail)


@pytest.mark.usefixtures("no_enumeration")
def test_two_hundred_million_runs_are_counted_without_making_one():
    plan = plan_of(HUGE)
    count = {example.parameters["penalty"]: n for example, n in plan.groups()}
    assert count == {"l0": 10**8 - 20, "l1": 10**8}
    with pytest.raises(AssertionError, match="a run was made"):
        next(iter(plan))  # the guard does guard


@pytest.mark.usefixtures("no_enumeration")
def test_narrowing_a_huge_plan_makes_no_run():
    plan = plan_of(HUGE, only=["eta=1.0,1e-5", "penalty=l0"])
    ((_, count),) = plan.groups()
    assert count == 2 * 10_000 * 10 - 20


@pytest.mark.usefixtures("no_enumeration")
def test_a_hundred_million_seeds_are_counted_without_making_a_run():
    ((_, count),) = plan_of("[seeds]\ncount = 100_000_000\n").groups()
    assert count == 100_000_000


@pytest.fixture
def made(monkeypatch):
    """The places that were looked at; more than 1000 are refused."""
    at, places = Plan.at, []

    def counting(plan, index):
        places.append(index)
        assert len(places) <= 1000
        return at(plan, index)

    monkeypatch.setattr(Plan, "at", counting)
    return places


def test_the_first_runs_of_a_huge_plan_cost_no_more_than_themselves(made):
    items = list(itertools.islice(plan_of(HUGE), 15))
    assert len(items) == 15
    # the first point, 10 places, is excluded (beta = eta = 1e-5, l0): no look at it
    assert made == list(range(10, 25))


def test_a_limit_does_not_look_at_every_seed_that_is_excluded_before(made):
    body = (
        "[grid]\npenalty = ['l0', 'l1']\n[[exclude]]\npenalty = 'l0'\n"
        "[seeds]\ncount = 100_000_000\n"
    )
    assert sum(count for _, count in plan_of(body, limit=5).groups()) == 5


def test_a_limit_looks_at_the_runs_it_keeps_and_no_others(made):
    plan = plan_of(HUGE, limit=7)
    assert sum(count for _, count in plan.groups()) == 7
    assert len(list(plan)) == 7
    assert max(made) == 16


# -- narrowing -------------------------------------------------------------------------


def test_only_reads_values_in_the_type_of_their_parameter():
    body = "[grid]\nk = [3, 4]\nbeta = [1, 2.5]\npenalty = ['l0', 'l1']\n"
    plan = plan_of(body, only=["k=3", "beta=1, 2.50", "penalty=l1"])
    assert values(plan, "k", "beta", "penalty") == [(3, 1.0, "l1"), (3, 2.5, "l1")]


def test_two_only_of_one_parameter_both_count():
    body = "[grid]\nk = [3, 4, 5]\n"
    assert values(plan_of(body, only=["k=3,4", "k=4,5"]), "k") == [4]
    with pytest.raises(SweepFileError, match="leaves no run"):
        plan_of(body, only=["k=3", "k=5"])


def test_an_only_that_leaves_nothing_tells_the_values_that_are_nearest():
    body = "[grid]\nlam = { geom = [1e-5, 1e-1], num = 9 }\npenalty = ['l0', 'l1']\n"
    with pytest.raises(SweepFileError) as refused:
        plan_of(body, only=["lam=0.003", "penalty=l1"])
    ((where, what),) = refused.value.problems
    assert where == "--only lam=0.003, penalty=l1"
    there = values(plan_of(body, only=["penalty=l1"]), "lam")
    near = [str(x) for x in there if x < 4e-3]  # 0.01 is farther away than 0
    assert what == f"leaves no run; lam has {', '.join(near)} and 3 more"


def test_only_takes_none_for_runs_without_the_parameter():
    """So a page prints it; the plan of a folder is read again with it."""
    body = "[grid]\neta = [0.1, 0.2]\n[[case]]\npenalty = ['l0', 'l1']\n"
    body += "[[case]]\nalgorithm = 'cgd'\n"
    for only, kept in {
        "penalty=none": [(None, 0.1), (None, 0.2)],
        "penalty=l1, none": [("l1", 0.1), ("l1", 0.2), (None, 0.1), (None, 0.2)],
    }.items():
        plan = plan_of(body, only=[only])
        assert sorted(values(plan, "penalty", "eta"), key=str) == sorted(kept, key=str)
        assert plan.size == len(kept)
        again = plan_again(plan.as_json())
        assert again.fingerprint == plan.fingerprint
        assert [item.run_id for item in again] == [item.run_id for item in plan]
    with pytest.raises(SweepFileError, match="leaves no run; eta has 0.1, 0.2"):
        plan_of(body, only=["eta=none"])
    with pytest.raises(SweepFileError, match="leaves no run; penalty has l0, l1"):
        plan_of("[grid]\npenalty = ['l0', 'l1']\n", only=["penalty=none"])


def test_two_only_that_exclude_each_other_name_no_values():
    body = "[[zip]]\nk = [3, 4]\nd = [5, 6]\n"
    with pytest.raises(SweepFileError, match="leaves no run$"):
        plan_of(body, only=["k=3", "d=6"])
    with pytest.raises(SweepFileError, match="leaves no run$"):
        plan_of(body, only=["k=3", "k=4"])


@pytest.mark.parametrize("limit", [1, 5, 8, 100])
def test_a_limit_keeps_the_first_runs(limit):
    assert ids(plan_of(BOTH, limit=limit)) == ids(plan_of(BOTH))[:limit]


def test_smoke_is_about_64_short_runs_from_all_over_the_plan():
    plan = plan_of(HUGE, smoke=True)
    items = list(plan)
    assert 64 <= len(items) <= 70
    assert {item.parameters["steps"] for item in items} == {1000}
    for name in ("beta", "eta"):  # evenly: some in each quarter of the axis
        exponents = [math.log10(item.parameters[name]) for item in items]
        quarters = collections.Counter(min(int(-x / 1.25), 3) for x in exponents)
        assert len(quarters) == 4
    assert len({item.seed for item in items}) >= 8
    assert {item.parameters["penalty"] for item in items} == {"l0", "l1"}
    assert plan.default_folder == "out/t-smoke"
    assert plan_of(HUGE).default_folder == "out/t"


def test_smoke_keeps_every_run_of_a_small_plan():
    plan = plan_of(BOTH, smoke=True)
    assert len(list(plan)) == 8
    assert set(values(plan, "steps")) == {1000}


def test_smoke_replaces_steps_wherever_they_stand():
    plan = plan_of("[grid]\nsteps = [10, 20]\nk = [3, 4]\n", smoke=True)
    assert values(plan, "steps", "k") == [(1000, 3), (1000, 4)]


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("[[zip]]\nsteps = [10, 20]\nd = [50, 50]\n", 1),
        ("[[zip]]\nsteps = [10, 20, 30]\nd = [50, 51, 50]\n", 2),
        (
            "[[case]]\npenalty='l0'\nsteps=9\n[[case]]\npenalty=['l0','l1']\nsteps=8\n",
            2,
        ),
    ],
    ids=["zip of one", "zip", "cases"],
)
def test_runs_that_differ_in_their_steps_alone_are_one_smoke_run(body, runs):
    plan = plan_of(body, smoke=True)
    assert values(plan, "steps") == [1000] * runs
    assert len(set(ids(plan))) == runs
    assert sum(count for _, count in plan.groups()) == runs


def test_smoke_is_about_64_of_the_runs_that_are_left():
    body = "[grid]\nbeta = { lin = [1, 100], num = 100 }\n[seeds]\ncount = 64\n"
    assert len(list(plan_of(body, only=["beta=100"], smoke=True))) == 64


def test_smoke_finds_runs_where_most_are_excluded():
    body = (
        "[grid]\nbeta = { lin = [1, 1000], num = 1000 }\n[seeds]\ncount = 4\n"
        "[[exclude]]\nbeta = { lin = [1, 499], num = 499 }\n"
        "[[exclude]]\nbeta = { lin = [501, 1000], num = 500 }\n"
    )
    assert len(list(plan_of(body))) == 4
    assert list(plan_of(body, smoke=True))


# -- directions and precision ----------------------------------------------------------


def test_a_given_teacher_settles_d_and_needs_no_nnz():
    body = '[constants]\nw_star = "3, 2,1.0, 0"\nw_start = " 1,0 ,0,-2.5e-1"\n'
    (item,) = plan_of(body)
    chosen = item.parameters
    assert (chosen["d"], chosen["nnz"], chosen["start"]) == (4, None, "given")
    assert chosen["w_star"] == "3, 2, 1, 0"
    assert chosen["w_start"] == "1, 0, 0, -0.25"
    assert ids(plan_of(body.replace("3, 2,1.0, 0", "3,2,1,0"))) == [item.run_id]


def test_directions_keep_every_bit():
    number = 0.1 + 0.2
    (item,) = plan_of(f'[constants]\nw_star = "{number!r}, 1e-300"\n')
    assert direction(item.parameters["w_star"]) == (number, 1e-300)


def test_an_axis_of_directions_is_told_apart_by_d_alone():
    body = '[grid]\nw_star = ["1, 2", "2, 1", "1, 2, 3"]\nlam = [1e-3, 1e-2]\n'
    plan = plan_of(body)
    assert sorted(count for _, count in plan.groups()) == [2, 4]
    assert len({item.static_key for item in plan}) == 2
    drawn = plan_of("[constants]\nd = 2\nnnz = 2\n")
    assert {item.static_key for item in drawn}.isdisjoint(
        item.static_key for item in plan
    )


def test_every_value_of_an_axis_is_held_against_the_others():
    """One of several s is larger than d."""
    body = '[constants]\nalgorithm = "hard_projection"\n[grid]\ns = [5, 7, 51]\n'
    with pytest.raises(SweepFileError, match="must not exceed d, got s = 51"):
        plan_of(body)


def test_a_younger_parameter_leaves_the_names_of_older_runs_alone():
    (before,) = plan_of("")
    (plain,) = plan_of("[constants]\nprecision = 'plain'\nsurrogate = 'relu'\n")
    (other,) = plan_of("[constants]\nprecision = 'compensated'\n")
    assert before.run_id == plain.run_id != other.run_id


def test_what_seeds_share_is_what_each_run_has():
    """A plan works identity and static key out once a point, an item each time."""
    body = "[grid]\neta = [0.1, 0.2]\npenalty = ['l0', 'l1']\n[seeds]\ncount = 3\n"
    items = list(plan_of(body))
    assert len({item.run_id for item in items}) == len(items) == 12
    for item in items:
        alone = RunConfig(Parameters(RVSCGD, item.parameters), item.seed)
        assert (alone.run_id, alone.static_key) == (item.run_id, item.static_key)


def test_only_takes_truth_values_numbers_and_words():
    lines = (
        '[grid]\nbatch_norm = [true, false]\nbits = [1, 2]\nmethod = ["plain", "admm"]'
    )
    head = HEAD.replace("rvscgd", "lenet")
    only = ["batch_norm=true", "bits=1", "method=plain, admm"]
    plan = make_plan(parse(f"{head}{lines}"), only=only)
    kept = [item.parameters for item in plan]
    assert [x["batch_norm"] for x in kept] == [True, True]
    assert [x["bits"] for x in kept] == [1, 1]
    assert [x["method"] for x in kept] == ["plain", "admm"]
    with pytest.raises(SweepFileError, match="must be a boolean, true or false"):
        make_plan(parse(f"{head}{lines}"), only=["batch_norm=yes"])


def test_a_plan_is_never_changed_and_a_selection_of_it_is_another():
    plan = plan_of("[grid]\neta = [0.1, 0.2]\n")
    assert next(iter(plan)).parameters["eta"] == 0.1
    (narrowed,) = plan.select(["eta=0.2"], None, smoke=True)
    assert narrowed.parameters["eta"] == 0.2
    assert narrowed.parameters["steps"] == RVSCGD.smoke["steps"]
    assert values(plan, "eta", "steps") == [(0.1, 400_000), (0.2, 400_000)]
    for name in ("sweep_file", "selection", "mask"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(plan, name, None)
