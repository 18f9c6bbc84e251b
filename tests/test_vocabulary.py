"""One word for one thing: no public name is defined twice, but those of interfaces."""

import ast
import re
from collections import defaultdict

import pytest

from tests import ROOT

PACKAGE = ROOT / "rvsjax"
# functions that several modules define, each in its own way, for whoever calls them
INTERFACES = {
    "a method and a network": "init step apply",
    "a sparsifier": "optimiser sparse",
    "a study": "evaluate make_trial tables main_figure",
    "a command, and Python's own words for it": "add_options run limit_point",
    "a kernel": "simulate problem",
    "a format of files": "read encode dump load schema pieces",
}
DECLARED = {name for names in INTERFACES.values() for name in names.split()}
EXACT = "theory/exact/"  # its claims have the names of those that they are twins of

QUESTION = r"(What|Where|How|Which|Who|When|Whether|Why|That)\b"


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


def public(tree):
    """Return the names that a module says are public, or all that it does not hide."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    names = {getattr(node, "name", "_") for node in tree.body}
    return {name for name in names if not name.startswith("_")}


def defined_twice(kind):
    """Return the public names of a kind that several modules define, with these."""
    found = defaultdict(list)
    for path, tree in modules():
        for node in tree.body:
            if isinstance(node, kind) and node.name in public(tree):
                found[node.name].append(path)
    return {name: where for name, where in found.items() if len(where) > 1}


def is_twin(where):
    return len(where) == 2 and sum(path.startswith(EXACT) for path in where) == 1


def test_no_class_has_the_name_of_another():
    assert defined_twice(ast.ClassDef) == {}


def test_functions_of_one_name_are_of_one_interface():
    found = defined_twice(ast.FunctionDef)
    alike = {name for name, where in found.items() if not is_twin(where)}
    assert alike - DECLARED == set()
    assert DECLARED - alike == set()  # none is declared for nothing


@pytest.mark.parametrize("path", [path for path, _ in modules()])
def test_a_docstring_says_what_it_is_about_and_asks_no_question(path):
    """In a noun phrase or an imperative, by which it can be found."""
    tree = ast.parse((PACKAGE / path).read_text())
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef)
    told = [ast.get_docstring(x) or "" for x in ast.walk(tree) if isinstance(x, kinds)]
    assert [text for text in told if re.match(QUESTION, text)] == []
