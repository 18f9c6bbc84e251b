"""A sweep file is read strictly: every mistake is told, at once, and where it stands.

Nothing here starts JAX, and no file may cost more than its few kilobytes deserve.
"""

import datetime
import pathlib

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.overrides import override, read_setting
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import LARGEST_FILE, parse, read

HEAD = 'version = 1\nname = "t"\nstudy = "rvscgd"\n'


def plan_of(body, *settings, head=HEAD):
    raw = parse(head + body)
    for setting in settings:
        raw = override(raw, *read_setting(setting))
    return make_plan(raw)


def mistakes(body, *settings, head=HEAD):
    """Return {key path: sentence}, the sentences of one path joined."""
    with pytest.raises(SweepFileError) as refused:
        plan_of(body, *settings, head=head)
    found = {}
    for where, what in refused.value.problems:
        found[where] = f"{found[where]} | {what}" if where in found else what
        assert where in str(refused.value) and what in str(refused.value)
    return found


def values(plan, name):
    return [item.parameters[name] for item in plan]


# -- good files ------------------------------------------------------------------------


def test_the_smallest_file_is_figure_4():
    (item,) = plan_of("")
    assert item.seed == 0
    assert item.parameters == {
        "algorithm": "rvscgd",
        "penalty": "l0",
        "a": None,
        "k": 20,
        "d": 50,
        "readout": "sum",
        "nnz": 5,
        "w_star": None,
        "lam": 1e-4,
        "beta": 4e-3,
        "eta": 1e-5,
        "steps": 400_000,
        "start": "uniform",
        "w_start": None,
        "start_angle": None,
        "gradient": "population",
        "surrogate": "relu",
        "batch": None,
        "train_size": None,
        "s": None,
        "dtype": "float64",
        "precision": "plain",
    }


def test_every_table_of_the_contract_is_understood():
    plan = plan_of(
        """
        about = "all tables"
        [constants]
        k = 20
        [grid]
        eta = { geom = [1e-5, 1e-1], num = 9 }
        beta = [1e-3, 4e-3]
        [[zip]]
        d = [50, 200]
        nnz = [5, 20]
        [[case]]
        penalty = "l0"
        [[case]]
        penalty = "transformed-l1"
        a = [0.1, 1.0, 10.0]
        [sample]
        method = "sobol"
        n = 4
        lam = { loguniform = [1e-4, 1.0] }
        [[exclude]]
        penalty = "l0"
        d = 200
        [seeds]
        count = 3
        base = 7
        [record]
        curves = 20
        weights = true
        """
    )
    # eta, beta, sample, seeds; d x (l0 or three a), less l0 with d = 200
    assert sum(count for _, count in plan.groups()) == 9 * 2 * 4 * 3 * (2 * 4 - 1)
    assert plan.sweep_file.record.curves == 20
    assert plan.sweep_file.record.weights
    assert {item.seed for item in plan} == {7, 8, 9}


def test_whole_numbers_are_good_floats_and_become_floats():
    (beta,) = values(plan_of("[constants]\nbeta = 1\n"), "beta")
    assert type(beta) is float


# -- mistakes --------------------------------------------------------------------------

WHOLE = "must be a whole number, such as 100000"
LETTERS = "must be letters, digits, points, - and _, at most 64, none of . - _ first"
A_LIST = "a list is an axis: put it into [grid]"
WRONG = {
    # unknown keys, with a guess where one is near
    "top": ("gird = 1\n", "gird", 'did you mean "grid"?'),
    "top, nothing near": ("zzz = 1\n", "zzz", "known: version, name, study"),
    "constants": ("[constants]\nbtea = 1.0\n", "constants.btea", '"beta"?'),
    "grid": ("[grid]\npenlty = ['l0']\n", "grid.penlty", '"penalty"?'),
    "zip": ("[[zip]]\nbta = [1.0]\n", "zip[0].bta", '"beta"?'),
    "case": ("[[case]]\n[[case]]\nlm = 1.0\n", "case[1].lm", '"lam"?'),
    "exclude": ("[[exclude]]\npenalt = 'l0'\n", "exclude[0].penalt", '"penalty"?'),
    "exclude a seed": ("[[exclude]]\nseed = 1\n", "exclude[0].seed", "unknown"),
    "seeds": ("[seeds]\ncuont = 1\n", "seeds.cuont", 'did you mean "count"?'),
    "record": ("[record]\ncurve = 9\n", "record.curve", 'did you mean "curves"?'),
    # wrong types
    "text for int": ("[constants]\nk = '20'\n", "constants.k", f"{WHOLE}, got '20'"),
    "float for int": ("[constants]\nk = 20.0\n", "constants.k", f"{WHOLE}, got 20.0"),
    "bool for int": ("[constants]\nk = true\n", "constants.k", f"{WHOLE}, got True"),
    "bool for float": ("[constants]\nlam = true\n", "constants.lam", "got True"),
    "list for value": ("[constants]\nbeta = [1.0]\n", "constants.beta", A_LIST),
    "list of words": ("[constants]\npenalty = ['l0']\n", "constants.penalty", A_LIST),
    "directions": ("[constants]\nw_star = ['1, 2']\n", "constants.w_star", A_LIST),
    "a direction as a list": (
        "[constants]\nw_star = [1, 2]\n",
        "constants.w_star",
        'must be numbers with commas in quotes: "3, 2, 1", got [1, 2]',
    ),
    "range for value": (
        "[constants]\nk = { lin = [1, 3], num = 3 }\n",
        "constants.k",
        "a range is an axis: put it into [grid]",
    ),
    "list of nothing good": ("[constants]\nk = ['x']\n", "constants.k", WHOLE),
    "date": ("[constants]\nbeta = 2020-01-01\n", "constants.beta", "number"),
    "nested list": ("[grid]\nbeta = [[1.0]]\n", "grid.beta[0]", "number"),
    "table for text": ("[constants]\npenalty = {}\n", "constants.penalty", "'l0'"),
    "grid is no table": (
        "grid = 'x'\n",
        "grid",
        "is a table: write [grid], got 'x'",
    ),
    "zip is no list": (
        "[zip]\nbeta = [1.0]\n",
        "zip",
        "is a list of blocks: write [[zip]], got {'beta': [1.0]}",
    ),
    "case of text": ("case = ['x']\n", "case.0", "write [[case]], got 'x'"),
    "seeds is a number": (
        "seeds = 5\n",
        "seeds",
        "is a table: write [seeds] and count = 5",
    ),
    "seeds is text": ("seeds = 'x'\n", "seeds", "is a table: write [seeds], got 'x'"),
    "sample is text": (
        "sample = 'x'\n",
        "sample",
        "is a table: write [sample], got 'x'",
    ),
    # parameters above all tables
    "top, a parameter": ("steps = 1000\n", "steps", "put it into [constants]"),
    "top, an axis": ("lam = [1, 2]\n", "lam", "is a parameter: put it into [grid]"),
    "top, of another study": ("epochs = 9\n", "epochs", "unknown key"),
    "about": ("about = 3\n", "about", "must be words in quotes, got 3"),
    "count is text": ("[seeds]\ncount = '4'\n", "seeds.count", f"{WHOLE}, got '4'"),
    "weights is text": (
        "[record]\nweights = 'no'\n",
        "record.weights",
        "must be a boolean, true or false",
    ),
    # out of range, or no such choice
    "k 0": ("[constants]\nk = 0\n", "constants.k", "greater than or equal to 1"),
    "beta 0": ("[constants]\nbeta = 0\n", "constants.beta", "greater than"),
    "lam < 0": ("[grid]\nlam = [0.1, -0.1]\n", "grid.lam[1]", "got -0.1"),
    "nan": ("[constants]\neta = nan\n", "constants.eta", "finite"),
    "inf in a list": ("[grid]\neta = [0.1, inf]\n", "grid.eta[1]", "finite"),
    "choice": ("[constants]\npenalty = 'l2'\n", "constants.penalty", "'l0', 'l1' or"),
    "steps": ("[constants]\nsteps = 10_000_000_000\n", "constants.steps", "less than"),
    "angle": ("[constants]\nstart_angle = 3.2\n", "constants.start_angle", "less than"),
    "no seeds": ("[seeds]\ncount = 0\n", "seeds.count", "equal to 1"),
    "base < 0": ("[seeds]\nbase = -1\n", "seeds.base", "equal to 0"),
    "base": ("[seeds]\nbase = 4_294_967_296\n", "seeds.base", "less than 4294967296"),
    "one point": ("[record]\ncurves = 1\n", "record.curves", "or 2 or more points"),
    # axes
    "empty list": ("[grid]\nbeta = []\n", "grid.beta", "empty list"),
    "empty in a case": ("[[case]]\nbeta = []\n", "case[0].beta", "empty list"),
    "empty in a zip": ("[[zip]]\nbeta = []\n", "zip[0].beta", "empty list"),
    "empty exclude": ("[[exclude]]\n", "exclude[0]", "is empty"),
    "twice": ("[grid]\nbeta = [0.1, 0.1]\n", "grid.beta", "beta = 0.1 stands there t"),
    "1 and 1.0": ("[grid]\nbeta = [1, 1.0]\n", "grid.beta", "twice"),
    "case, twice": ("[[case]]\nlam = [1.0, 1.0]\n", "case[0].lam", "twice"),
    "zip, twice": (
        "[[zip]]\nlam = [1, 2, 1]\nbeta = [3, 4, 3]\n",
        "zip[0]",
        "lam = 1.0, beta = 3.0 stands there twice",
    ),
    "zip lengths": (
        "[[zip]]\nd = [50, 200]\nnnz = [5, 20, 30]\n",
        "zip[0]",
        "of one length, got {'d': 2, 'nnz': 3}",
    ),
    "second zip": ("[[zip]]\nd=[9]\n[[zip]]\nk=[1, 2]\nlam=[1]\n", "zip[1]", "length"),
    # ranges
    "num 1": ("[grid]\nbeta = { lin = [1, 2], num = 1 }\n", "grid.beta", "2 <= num"),
    "num": ("[grid]\nbeta = { lin = [1, 2], num = 100_001 }\n", "grid.beta", "100000"),
    "num true": ("[grid]\nbeta = { lin = [1, 2], num = true }\n", "grid.beta", "num"),
    "no num": ("[grid]\nbeta = { lin = [1, 2] }\n", "grid.beta", "num = n"),
    "other key": (
        "[grid]\nbeta = { lin = [1, 2], num = 3, base = 2 }\n",
        "grid.beta",
        "must be { lin",
    ),
    "both": (
        "[grid]\nbeta = { lin = [1, 2], geom = [1, 2], num = 3 }\n",
        "grid.beta",
        "must be { lin",
    ),
    "three ends": ("[grid]\nbeta = { lin = [1, 2, 3], num = 3 }\n", "grid.beta", "lin"),
    "text end": ("[grid]\nbeta = { lin = [1, 'x'], num = 3 }\n", "grid.beta", "lin"),
    "endless": ("[grid]\nbeta = { lin = [1, inf], num = 3 }\n", "grid.beta", "lin"),
    "geom, 0": ("[grid]\nlam = { geom = [0, 1], num = 3 }\n", "grid.lam", "positive"),
    "geom, sign": ("[grid]\nlam = { geom = [-1, 1], num = 3 }\n", "grid.lam", "posit"),
    "lin to 10**400": (
        "[grid]\nbeta = { lin = [1, 1" + "0" * 400 + "], num = 3 }\n",
        "grid.beta",
        "must be { lin",
    ),
    "geom to 10**400": (
        "[grid]\nbeta = { geom = [1, 1" + "0" * 400 + "], num = 3 }\n",
        "grid.beta",
        "must be { lin",
    ),
    "out of range inside": (
        "[grid]\nlam = { lin = [-1, 1], num = 3 }\n",
        "grid.lam",
        "got -1",
    ),
    "half a patch": ("[grid]\nk = { lin = [1, 2], num = 3 }\n", "grid.k", "got 1.5"),
    "range of text": (
        "[grid]\npenalty = { lin=[1, 2], num=2 }\n",
        "grid.penalty",
        "l0",
    ),
    # samples
    "no n": ("[sample]\nbeta = { uniform = [1, 2] }\n", "sample.n", "is missing"),
    "n 0": ("[sample]\nn = 0\nbeta = { uniform = [1, 2] }\n", "sample.n", "equal to 1"),
    "n": ("[sample]\nn = 2_000_000\nlam = { uniform = [1, 2] }\n", "sample.n", "less"),
    "no parameter": ("[sample]\nn = 4\n", "sample", "names no parameter"),
    "method": ("[sample]\nn = 4\nmethod = 'sobl'\n", "sample.method", "'sobol'"),
    "list": ("[sample]\nn = 4\nbeta = [1, 2]\n", "sample.beta", "uniform"),
    "normal": (
        "[sample]\nn = 4\nbeta = { normal = [0, 1] }\n",
        "sample.beta",
        "choice",
    ),
    "two kinds": (
        "[sample]\nn = 4\nbeta = { uniform = [1, 2], loguniform = [1, 2] }\n",
        "sample.beta",
        "must be { uniform",
    ),
    "three bounds": (
        "[sample]\nn = 4\nbeta = { uniform = [1, 2, 3] }\n",
        "sample.beta.uniform",
        "two numbers",
    ),
    "reversed": (
        "[sample]\nn = 4\nbeta = { uniform = [2, 1] }\n",
        "sample.beta.uniform",
        "lower bound below",
    ),
    "log of 0": (
        "[sample]\nn = 4\nlam = { loguniform = [0, 1] }\n",
        "sample.lam.loguniform",
        "positive",
    ),
    "bound out of range": (
        "[sample]\nn = 4\nbeta = { uniform = [-1, 1] }\n",
        "sample.beta.uniform[0]",
        "greater than",
    ),
    "uniform penalty": (
        "[sample]\nn = 4\npenalty = { uniform = ['l0', 'l1'] }\n",
        "sample.penalty.uniform",
        "two numbers",
    ),
    "empty choice": (
        "[sample]\nn = 4\nbeta = { choice = [] }\n",
        "sample.beta.choice",
        "empty list",
    ),
    "bad choice": (
        "[sample]\nn = 4\npenalty = { choice = ['l0', 'l2'] }\n",
        "sample.penalty.choice[1]",
        "'l1'",
    ),
    "sample seed": (
        "[sample]\nn = 4\nseed = -1\nbeta = { uniform = [1, 2] }\n",
        "sample.seed",
        "equal to 0",
    ),
    "unknown key": (
        "[sample]\nn = 4\nmetod = 'lhs'\nlam = { uniform = [0, 1] }\n",
        "sample.metod",
        'did you mean "method"?',
    ),
    "unknown parameter": (
        "[sample]\nn = 4\nbtea = { uniform = [0, 1] }\n",
        "sample.btea",
        'did you mean "beta"?',
    ),
    "more points than values": (
        "[sample]\nn = 4\nk = { choice = [1, 2] }\n",
        "sample",
        "twice",
    ),
    # one place only
    "constants and grid": (
        "[constants]\nbeta = 1.0\n[grid]\nbeta = [2.0]\n",
        "grid.beta",
        "is set in constants already",
    ),
    "grid and zip": (
        "[grid]\nd = [50]\n[[zip]]\nd = [60]\n",
        "zip[0].d",
        "is set in grid already",
    ),
    "zip and zip": (
        "[[zip]]\nd = [50]\n[[zip]]\nd = [60]\n",
        "zip[1].d",
        "is set in zip[0] already",
    ),
    "constants and case": (
        "[constants]\nlam = 1.0\n[[case]]\nlam = 2.0\n",
        "case.lam",
        "is set in constants already",
    ),
    "case and sample": (
        "[[case]]\nlam = 2.0\n[sample]\nn = 4\nlam = { uniform = [0, 1] }\n",
        "sample.lam",
        "is set in case already",
    ),
    # values that do not fit together
    "nnz > d": ("[constants]\nd = 4\n", "nnz", "exceed d, got nnz = 5 with d = 4"),
    "nnz > d in a grid": (
        "[grid]\nd = [5, 50]\nnnz = [5, 20]\n",
        "nnz",
        "nnz = 20 with d = 5",
    ),
    "nnz > d in a sample": (
        "[sample]\nn = 16\nnnz = { uniform = [51, 900] }\n",
        "nnz",
        "must not exceed d",
    ),
    "angle, other start": (
        "[constants]\nstart = 'teacher'\nstart_angle = 1.0\n",
        "start_angle",
        'no meaning for start = "teacher"',
    ),
    "angle, uniform": (
        "[constants]\nstart = 'uniform'\n[grid]\nstart_angle = [1.0]\n",
        "start_angle",
        'no meaning for start = "uniform"',
    ),
    "start without angle": ("[constants]\nstart = 'angle'\n", "start_angle", "needed"),
    "a with l0": ("[grid]\na = [1.0, 2.0]\n", "a", "has 2 values, but no meaning"),
    "a with some l0": (
        "[grid]\na = [1.0, 2.0]\npenalty = ['l0', 'transformed-l1']\n",
        "a",
        "put it in the [[case]] that uses it",
    ),
    "lam with cgd": (
        "[constants]\nalgorithm = 'cgd'\n[grid]\nlam = [1.0, 2.0]\n",
        "lam",
        "no meaning",
    ),
    "penalty with some cgd": (
        "[grid]\nalgorithm = ['cgd', 'rvscgd']\npenalty = ['l0', 'l1']\n",
        "penalty",
        "no meaning",
    ),
    # cases that share runs
    "same case": ("[[case]]\nlam = 1.0\n[[case]]\nlam = 1.0\n", "case[1]", "case[0]"),
    "shared value": (
        "[[case]]\nlam = [1.0, 2.0]\n[[case]]\nlam = 3.0\n[[case]]\nlam = [2.0, 4.0]\n",
        "case[2]",
        "overlaps with case[0]",
    ),
    "default in a case": (
        "[[case]]\npenalty = 'l0'\n[[case]]\nlam = 1e-4\n",
        "case[1]",
        "overlaps with case[0]",
    ),
    # runs that differ in nothing that they use
    "unused value in a case": (
        "[[case]]\npenalty = 'l0'\na = 1.0\n[[case]]\npenalty = 'l0'\na = 2.0\n",
        "runs",
        "penalty = l0",
    ),
    "cases of cgd": (
        "[[case]]\nalgorithm = 'cgd'\nlam = 1\n[[case]]\nalgorithm = 'cgd'\nlam = 2\n",
        "runs",
        "algorithm = cgd",
    ),
    "implied start": (
        "[[case]]\nstart = 'angle'\nstart_angle = 1\n[[case]]\nstart_angle = 1\n",
        "runs",
        "stands there twice",
    ),
    "unused value in a zip": (
        "[[zip]]\na = [1, 2]\nlam = [3, 3]\n",
        "runs",
        "twice: lam = 3.0",
    ),
    # nothing left
    "all excluded": ("[[exclude]]\npenalty = 'l0'\n", "exclude", "leaves no run"),
    # seeds of 32 bits
    "last seed": (
        "[seeds]\nbase = 4_294_967_290\ncount = 7\n",
        "seeds",
        "must stay below 2**32, reach 4294967296",
    ),
}


@pytest.mark.parametrize(("body", "where", "what"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_where_it_stands(body, where, what):
    found = mistakes(body)
    assert where in found
    assert what in found[where]


HEADS = {
    "no version": ('name = "t"\nstudy = "rvscgd"\n', "version", "is missing"),
    "no name": ('version = 1\nstudy = "rvscgd"\n', "name", "is missing"),
    "no study": ('version = 1\nname = "t"\n', "study", "is missing"),
    "version 2": (HEAD.replace("1", "2"), "version", "must be 1, got 2"),
    "version true": (HEAD.replace("1", "true"), "version", "must be 1, got True"),
    "version 1.0": (HEAD.replace("1", "1.0"), "version", "must be 1, got 1.0"),
    "import path": (HEAD.replace("rvscgd", "os.system"), "study", "'rvscgd'"),
    "folder name": (HEAD.replace('"t"', '"../t"'), "name", LETTERS),
    "hidden name": (HEAD.replace('"t"', '".t"'), "name", LETTERS),
    "empty name": (HEAD.replace('"t"', '""'), "name", LETTERS),
    "long name": (HEAD.replace('"t"', f'"{"t" * 65}"'), "name", LETTERS),
    "line break": (HEAD.replace('"t"', '"t\\n"'), "name", LETTERS),
    "number": (HEAD.replace('"t"', "3"), "name", "must be words in quotes, got 3"),
}


@pytest.mark.parametrize(("head", "where", "what"), HEADS.values(), ids=HEADS)
def test_the_head_names_version_name_and_study(head, where, what):
    found = mistakes("", head=head)
    assert set(found) == {where}
    assert what in found[where]


def test_an_empty_file_lacks_all_three():
    assert set(mistakes("", head="")) == {"version", "name", "study"}


def test_all_mistakes_of_a_file_are_told_at_once():
    found = mistakes(
        """
        foo = 1
        [constants]
        kk = 2
        d = -1
        [grid]
        beta = []
        eta = { geom = [0, 1], num = 3 }
        lam = [0.1, 'x', -1.0]
        [[zip]]
        k = [1]
        nnz = [1, 2]
        [[case]]
        penalty = 'l3'
        [[exclude]]
        [sample]
        n = 4
        a = { uniform = [2, 1] }
        [seeds]
        cuont = 3
        base = -1
        [record]
        curves = 1
        """
    )
    assert set(found) == {
        "foo",
        "constants.kk",
        "constants.d",
        "grid.beta",
        "grid.eta",
        "grid.lam[1]",
        "grid.lam[2]",
        "zip[0]",
        "case[0].penalty",
        "exclude[0]",
        "sample.a.uniform",
        "seeds.cuont",
        "seeds.base",
        "record.curves",
    }


def test_a_broken_head_does_not_hide_the_rest():
    found = mistakes("[grid]\nbeta = []\n", head='version = 3\nname = "t"\n')
    assert set(found) == {"version", "study", "grid.beta"}


def test_the_message_has_a_line_for_each_mistake_with_aligned_keys():
    with pytest.raises(SweepFileError) as refused:
        plan_of("[grid]\nk = []\nbeta = []\n")
    first, second = str(refused.value).splitlines()
    assert first.index("is an empty") == second.index("is an empty")


def test_long_wrong_values_are_shortened():
    found = mistakes(f"[constants]\npenalty = '{'x' * 5000}'\n")
    assert len(found["constants.penalty"]) < 200


# -- the largest seed ------------------------------------------------------------------


def test_the_last_seed_of_32_bits_is_good():
    plan = plan_of("[seeds]\nbase = 4_294_967_295\n")
    assert [item.seed for item in plan] == [2**32 - 1]


# -- what belongs to one run only ------------------------------------------------------


def test_one_unused_value_is_no_mistake():
    assert values(plan_of("[constants]\na = 2.0\n"), "a") == [None]


def test_an_angle_alone_means_a_start_at_that_angle():
    plan = plan_of("[grid]\nstart_angle = [0.5, 1.0]\n")
    assert values(plan, "start") == ["angle", "angle"]
    assert values(plan, "start_angle") == [0.5, 1.0]


def test_cases_may_differ_in_what_only_one_of_them_uses():
    plan = plan_of(
        "[[case]]\npenalty = 'l0'\n[[case]]\npenalty = 'transformed-l1'\na = [1, 2]\n"
    )
    assert values(plan, "a") == [None, 1.0, 2.0]


# -- text that is no sweep file --------------------------------------------------------


def test_broken_toml_is_told_with_line_and_column():
    with pytest.raises(SweepFileError, match=r"TOML.*line 2, column 5"):
        parse("version = 1\nname\n")


@pytest.mark.parametrize("text", ["a = 1\na = 2\n", "[a]\n[a]\n", "\x00", "a = 0x\n"])
def test_broken_toml_is_refused(text):
    with pytest.raises(SweepFileError, match="TOML"):
        parse(text)


def test_a_missing_file_a_folder_and_other_text_are_refused(tmp_path):
    with pytest.raises(SweepFileError, match="none.toml.*cannot be read: No such file"):
        read(tmp_path / "none.toml")
    with pytest.raises(SweepFileError, match="cannot be read: Is a directory"):
        read(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes('about = "Größe"'.encode("latin-1"))
    with pytest.raises(SweepFileError, match="latin.toml.*is not UTF-8"):
        read(latin)


def test_a_file_has_at_most_64_kib(tmp_path):
    assert LARGEST_FILE == 64 * 1024
    file = tmp_path / "long.toml"
    file.write_bytes(b"#" * LARGEST_FILE)
    assert len(read(file)) == LARGEST_FILE
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(SweepFileError, match="a sweep file has at most 65536 bytes"):
        read(file)


# A stranger's file of at most 64 KiB. Each of these was seen to take seconds, gigabytes
# or the whole stack in some parser; tomli 2.4.1 refuses depth before it costs anything.
HOSTILE = {
    "deep list": "x = " + "[" * 30_000 + "]" * 30_000,
    "deep table": "x = " + "{a=" * 15_000 + "1" + "}" * 15_000,
    "dotted key": ".".join("a" * 32_000) + " = 1",
    "dotted table": "[" + ".".join("a" * 32_000) + "]",
    "open list": "x = " + "[" * 60_000,
    "long number": "x = " + "9" * 60_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused(body):
    assert len(HEAD + body) <= LARGEST_FILE
    with pytest.raises(SweepFileError, match="TOML"):
        plan_of(body)


def test_nesting_that_toml_allows_is_refused_in_few_words():
    found = mistakes("[constants]\nk = " + "[" * 300 + "]" * 300 + "\n")
    assert len(found["constants.k"]) < 200


def test_control_characters_of_a_file_do_not_reach_the_terminal():
    body = '"\\u001b[31m" = 1\n[constants]\npenalty = "\\u001b[31m"\n"a\\nb" = 1\n'
    with pytest.raises(SweepFileError) as refused:
        plan_of(body)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == len(refused.value.problems) == 3


def test_thousands_of_unknown_keys_are_told():
    body = "".join(f"x{i} = 1\n" for i in range(5000))
    assert len(mistakes(body)) == 5000


# -- --set -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("steps=1000", ("steps", 1000)),
        (" steps = 1_000 ", ("steps", 1000)),
        ("beta=1e-3", ("beta", 1e-3)),
        ("penalty=l1", ("penalty", "l1")),
        ('penalty="l1"', ("penalty", "l1")),
        ("penalty=transformed-l1", ("penalty", "transformed-l1")),
        ("about=a = b", ("about", "a = b")),
        ("beta=[1, 2]", ("beta", [1, 2])),
        (
            "beta={geom = [1, 4], num = 3}",
            ("beta", {"geom": [1, 4], "num": 3}),
        ),
        ("record.weights=true", ("record.weights", True)),
        ("about=2020-01-01", ("about", "2020-01-01")),
        ("version=2020-01-01", ("version", datetime.date(2020, 1, 1))),
        ("beta=", ("beta", "")),
    ],
)
def test_a_setting_is_read_as_toml_or_else_as_text(setting, expected):
    key, value = read_setting(setting)
    assert (key, value) == expected
    assert type(value) is type(expected[1])


@pytest.mark.parametrize("setting", ["", "steps", "=3", " =3"])
def test_a_setting_needs_a_key_and_an_equals_sign(setting):
    with pytest.raises(SweepFileError, match="--set .*needs KEY=VALUE"):
        read_setting(setting)


# a parameter in each place where it can stand, with what else the file then holds
PLACES = {
    "nowhere": ("", 1),
    "constants": ("[constants]\nlam = 0.5\n", 1),
    "grid": ("[grid]\nlam = [0.5, 0.6]\nk = [3, 4]\n", 2),
    "range": ("[grid]\nlam = { lin = [1, 3], num = 3 }\n", 1),
    "zip": ("[[zip]]\nlam = [0.5, 0.6]\nbeta = [1, 2]\n", 2),
    "zip, alone": ("[[zip]]\nlam = [0.5, 0.6]\n", 1),
    "one case": ("[[case]]\npenalty = 'l1'\nlam = 0.5\n[[case]]\npenalty = 'l0'\n", 2),
    "every case": ("[[case]]\nk = 3\nlam = 0.5\n[[case]]\nk = 4\nlam = [0.5, 1]\n", 2),
    "cases that it alone tells apart": ("[[case]]\nlam = 1\n[[case]]\nlam = 2\n", 1),
    "sample": (
        "[sample]\nn = 4\nlam = { uniform = [0, 1] }\nbeta = { uniform = [1, 2] }\n",
        4,
    ),
    "sample, alone": ("[sample]\nn = 4\nlam = { uniform = [0, 1] }\n", 1),
}


@pytest.mark.parametrize(("body", "runs"), PLACES.values(), ids=PLACES)
def test_a_parameter_is_set_wherever_it_stands(body, runs):
    assert values(plan_of(body, "lam=0.25"), "lam") == [0.25] * runs


@pytest.mark.parametrize(("body", "runs"), PLACES.values(), ids=PLACES)
def test_a_list_or_range_becomes_an_axis_wherever_the_parameter_stood(body, runs):
    for setting in ("lam=[0.25, 4.0]", "lam={geom = [0.25, 4.0], num = 2}"):
        found = values(plan_of(body, setting), "lam")
        assert sorted(found) == [0.25] * runs + [4.0] * runs


def test_settings_do_not_touch_the_tables_they_are_given():
    raw = parse(HEAD + PLACES["every case"][0] + PLACES["sample"][0])
    before = repr(raw)
    override(raw, "lam", 0.25)
    override(raw, "seeds.count", 3)
    assert repr(raw) == before


def test_the_last_setting_of_a_key_counts():
    assert values(plan_of("", "lam=0.25", "lam=[1, 2]", "lam=3"), "lam") == [3.0]


def test_keys_of_tables_are_set_by_their_path():
    settings = ("seeds.count=3", "seeds.base=5", "record.curves=9")
    plan = plan_of("[record]\nweights = true\n", *settings)
    assert [item.seed for item in plan] == [5, 6, 7]
    assert plan.sweep_file.record.curves == 9
    assert plan.sweep_file.record.weights  # the rest of the table is kept


def test_a_number_of_seeds_is_their_count_and_the_rest_of_the_table_stays():
    plan = plan_of("[seeds]\nbase = 5\n", "seeds=3")
    assert [item.seed for item in plan] == [5, 6, 7]


def test_no_word_of_the_library_that_checks_reaches_a_user():
    """Which speaks of inputs, dictionaries and patterns."""
    for body, *_ in WRONG.values():
        for what in mistakes(body).values():
            words = {"input", "valid", "instance", "pattern", "items", "validation"}
            assert words.isdisjoint(what.lower().split()), what


def test_the_size_and_a_dimension_of_a_sample_are_set_by_their_path():
    body = PLACES["sample, alone"][0]
    plan = plan_of(body, "sample.n=8", "sample.lam={choice = [0.5]}", "sample.n=1")
    assert values(plan, "lam") == [0.5]


def test_the_name_and_whole_tables_are_set():
    plan = plan_of("[grid]\nk = [3, 4]\n", "name=other", "grid={d = [7, 8, 9]}")
    assert plan.default_folder == "out/other"
    assert values(plan, "d") == [7, 8, 9]


SETTINGS = {
    "unknown": ("btea=1.0", "btea", 'did you mean "beta"?'),
    "unknown table": ("foo.bar=1", "foo.bar", 'no table "foo"'),
    "block of cases": ("case.lam=1.0", "case.lam", 'no table "case"'),
    "too deep": ("seeds.a.b=1", "seeds.a.b", 'no table "seeds.a"'),
    "unknown seed key": ("seeds.cuont=1", "seeds.cuont", 'did you mean "count"?'),
    "whole seeds": ("seeds='x'", "seeds", "is a table: write [seeds], got 'x'"),
    "half a seed": ("seeds=2.5", "seeds.count", f"{WHOLE}, got 2.5"),
    "no seed": ("seeds=true", "seeds", "is a table: write [seeds], got True"),
    "bad value": ("steps=1e3", "constants.steps", f"{WHOLE}, got 1000.0"),
    "no value": ("beta=", "constants.beta", "got ''"),
    "bad element": ("penalty=['l0', 'l2']", "grid.penalty[1]", "got 'l2'"),
    "empty axis": ("beta=[]", "grid.beta", "empty list"),
    "negative count": ("seeds.count=-1", "seeds.count", "equal to 1"),
    "name": ("name=../evil", "name", LETTERS),
    "import path": ("study=os.system", "study", "'rvscgd'"),
    "two places": ("constants.k=3", "grid.k", "is set in constants already"),
    "long number": ("beta=" + "9" * 5000, "--set beta", "digits"),
    "deep list": ("beta=" + "[" * 3000, "--set beta", "nested"),
    "deep dots": (".".join("a" * 30_000) + "=1", None, "no table"),
}


@pytest.mark.parametrize(("setting", "where", "what"), SETTINGS.values(), ids=SETTINGS)
def test_a_bad_setting_is_refused(setting, where, what):
    found = mistakes("[grid]\nk = [3, 4]\n", setting)
    where = where or next(iter(found))
    assert set(found) == {where}
    assert what in found[where]


def test_a_zip_that_a_setting_shortens_keeps_one_of_each():
    plan = plan_of("[[zip]]\nd = [50, 50, 200]\nnnz = [5, 10, 20]\n", "nnz=5")
    assert values(plan, "d") == [50, 200]


@pytest.mark.parametrize("name", ["zip", "case"])
def test_a_setting_does_not_hide_a_block_of_the_wrong_shape(name):
    assert any(name in where for where in mistakes(f"{name} = ['x']\n", "lam=0.25"))


@pytest.mark.parametrize("table", ["grid", "constants", "sample", "zip", "case"])
def test_a_setting_does_not_hide_a_table_of_the_wrong_shape(table):
    assert table in mistakes(f"{table} = 'x'\n", "lam=0.25", "sample.n=3")


def test_a_device_is_not_opened():
    with pytest.raises(SweepFileError, match="/dev/zero  is not a regular file"):
        read(pathlib.Path("/dev/zero"))


RANGE = "{ lin = [1, 100000], num = 100000 }"
GREEDY = {
    "programs without end": f"[grid]\nk = {RANGE}\nd = {RANGE}\nsteps = {RANGE}\n",
    "cases without end": "[[case]]\nsteps = 1\n" * 3500,
    "excludes without end": "[[exclude]]\nk = 1\n" * 3000,
}


@pytest.mark.parametrize("body", GREEDY.values(), ids=GREEDY)
def test_a_greedy_file_is_refused_before_it_is_expanded(body):
    assert any("at most" in what for what in mistakes(body).values())


def test_a_setting_is_one_value():
    assert read_setting("beta=1\nfoo=2") == ("beta", "1\nfoo=2")
