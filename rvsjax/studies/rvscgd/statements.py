"""Statements of the claims, from the source of `rvsjax.theory`: no JAX is started."""

import ast
import functools
from importlib.resources import files

__all__ = ["statements"]

_THEORY = files("rvsjax") / "theory"


@functools.cache
def statements() -> dict[str, str]:
    """Return the statement of each claim: the first line of its docstring."""
    found = {}
    for file in sorted(_THEORY.iterdir(), key=str):
        if file.name.endswith(".py"):
            found |= _of_claims(file.read_text("utf-8"))
    return found


def _of_claims(source: str) -> dict[str, str]:
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            text = ast.get_docstring(node) or ""
            if "\nHypotheses: " in text:
                line = text.partition("\n")[0].replace("`", "")
                found[node.name] = line.removesuffix(".")
    return found
