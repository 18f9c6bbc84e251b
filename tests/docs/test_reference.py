"""The generated pages and the schema: as the program is now, and as strict as it is."""

import json
import re
from copy import deepcopy

import pytest

from docs.reference import FOLDER, make
from docs.reference.sentences import OURS, SENTENCES
from docs.reference.verdicts import read
from rvsjax import STUDIES
from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_parameters
from rvsjax.theory import CLAIMS
from tests import ROOT
from tests.docs.pages import blocks

SWEEPS = sorted((ROOT / "sweeps").glob("*.toml"))
(EVERYTHING,) = [x.text for x in blocks("how_to/sweep_file.md") if x.kind == "toml"]
MADE = make()


@pytest.mark.parametrize("name", MADE)
def test_generated_files_are_new(name):
    """After a change of the program: python -m docs.reference."""
    there = (FOLDER / name).read_text()
    if name.endswith(".json"):  # another pydantic may order its keys in another way
        assert json.loads(there) == json.loads(MADE[name])
    else:
        assert there == MADE[name]


def test_every_sentence_is_judged_or_says_why_not():
    assert all(sentence.claims or sentence.note for sentence in SENTENCES)
    judged = [claim for sentence in SENTENCES for claim in sentence.claims]
    assert len(judged) == len(set(judged))
    assert {*judged, *OURS} == set(CLAIMS) and not set(judged) & set(OURS)


def test_every_claim_was_counted_over_the_sweeps():
    counted = {claim for rows in read().values() for claim in rows}
    assert counted == set(CLAIMS)


def test_every_name_has_a_line_and_a_meaning():
    """No meaning is empty: whoever adds a parameter or an option describes it."""
    for name in ("sweep_file.md", "command_line.md", "columns.md"):
        rows = re.findall(r"^\| `.*\|$", MADE[name], re.MULTILINE)
        assert len(rows) > 35
        for row in rows:
            assert re.split(r"(?<!\\)\|", row)[-2].strip(), row
    for words in map(find_parameters, STUDIES):
        for parameter in words.names:
            assert f"| `{parameter}` |" in MADE["sweep_file.md"], parameter
    for claim in CLAIMS:
        assert f"## {claim}\n" in MADE["claims.md"], claim


def test_defaults_and_ranges_are_the_models():
    """Spelt out here, so that a table of wrong columns is seen."""
    page = MADE["sweep_file.md"]
    assert "| `eta` | number, above 0 | `1e-05` | step size |" in page
    assert (
        "| `n` | whole number, at least 1, at most 131,072 | needed | points |" in page
    )
    assert '| `dtype` | `"float64"`, `"float32"` | `"float64"` | of numbers |' in page
    assert "| `momentum` | number, at least 0, below 1 | `0.9` |" in page
    page = MADE["command_line.md"]
    assert "| `--retry` | `failed`, `diverged`, `all` |" in page
    assert "| `-q`, `--quiet` |  | no talk |" in page


def changed(raw, path, value):
    """A sweep with one value changed, or taken out where it is None."""
    result = deepcopy(raw)
    table = result
    for key in path[:-1]:
        table = table[key] if isinstance(table, list) else table.setdefault(key, {})
    table.pop(path[-1]) if value is None else table.__setitem__(path[-1], value)
    return result


GOOD = [parse(path.read_text()) for path in SWEEPS]
GOOD += [parse(EVERYTHING), parse(blocks("tutorials/first_sweep.md")[0].text)]
SMALL = {"version": 1, "name": "small", "study": "rvscgd"}
FINE = {
    "a whole number for a number": (("constants", "eta"), 1),
    "a range": (("grid", "lam"), {"lin": [0, 1], "num": 3}),
    "one value as an axis": (("grid", "d"), 10),
    "a zip": (("zip",), [{"d": [5, 6], "nnz": [1, 2]}]),
    "a case": (("case",), [{"penalty": "l1"}, {"penalty": ["l0"]}]),
    "a sample": (("sample",), {"n": 4, "beta": {"uniform": [0.1, 1]}}),
    "a choice": (
        ("sample",),
        {"n": 2, "method": "random", "k": {"choice": [3, 4, 5, 6, 7, 8]}},
    ),
    "another study": (("study",), "two_layer"),
    "a ratio": (("grid", "lam_over_beta"), [0.1, 1]),
}
WRONG = {
    "no name": (("name",), None),
    "a name that is a path": (("name",), "../small"),
    "another version": (("version",), 2),
    "an unknown study": (("study",), "lasso"),
    "an unknown table": (("girds",), {}),
    "an unknown parameter": (("constants", "lamda"), 0.1),
    "a parameter of another study": (("constants", "momentum"), 0.1),
    "an axis of an unknown parameter": (("grid", "lamda"), [0.1]),
    "text for a number": (("constants", "eta"), "0.1"),
    "a list for a constant": (("constants", "eta"), [0.1]),
    "true for a whole number": (("constants", "k"), True),
    "below the range": (("constants", "eta"), 0),
    "above the range": (("constants", "a"), 1e7),
    "an unknown word": (("grid", "penalty"), ["l0", "l2"]),
    "an empty axis": (("grid", "eta"), []),
    "half a range": (("grid", "eta"), {"lin": [0, 1]}),
    "a range of three ends": (("grid", "eta"), {"lin": [0, 1, 2], "num": 3}),
    "a range of words": (("grid", "penalty"), {"lin": [0, 1], "num": 3}),
    "an unknown parameter in a zip": (("zip",), [{"lamda": [1]}]),
    "an unknown parameter in a case": (("case",), [{"lamda": 1}]),
    "an unknown parameter in an exclude": (("exclude",), [{"lamda": 1}]),
    "a case that is no list": (("case",), {"penalty": "l1"}),
    "no points": (("sample",), {"beta": {"uniform": [0.1, 1]}}),
    "an unknown distribution": (("sample",), {"n": 4, "beta": {"normal": [0, 1]}}),
    "a uniform word": (("sample",), {"n": 4, "penalty": {"uniform": [0, 1]}}),
    "a ratio of another study": (("zip",), [{"batch_over_d": [1]}]),
    "a ratio below its range": (("constants", "beta_over_K"), 0),
    "no seeds": (("seeds", "count"), 0),
    "an unknown key of seeds": (("seeds", "number"), 3),
    "one point a curve": (("record", "curves"), 1),
}


@pytest.fixture(scope="module")
def validator():
    """A program that knows JSON Schema, and nothing of sweeps."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((FOLDER / "sweep.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_takes_what_the_program_takes(validator):
    good = GOOD + [changed(SMALL, *change) for change in FINE.values()]
    for raw in good:
        make_plan(raw)
        assert not [error.message for error in validator.iter_errors(raw)]


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_the_schema_refuses_what_the_program_refuses(validator, change):
    raw = changed(SMALL, *change)
    with pytest.raises(SweepFileError):
        make_plan(raw)
    assert not validator.is_valid(raw)


def test_the_schema_names_every_parameter_of_every_sweep():
    """Without a program that knows JSON Schema: names alone."""
    defs = json.loads((FOLDER / "sweep.schema.json").read_text())["$defs"]
    for raw in GOOD:
        known = defs[f"{raw['study']}.constants"]["properties"]
        assert set(known) == set(find_parameters(raw["study"]).settable)
        for table in (
            raw.get("constants", {}),
            raw.get("grid", {}),
            *raw.get("case", []),
        ):
            assert set(table) <= set(known)
