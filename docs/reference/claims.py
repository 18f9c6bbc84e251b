"""The page of the claims: what each says, when, how it is observed, and its source."""

from docs.reference.tables import GENERATED
from rvsjax.theory import CLAIMS, statement

__all__ = ["claims_page"]

_HEAD = f"""{GENERATED}
# The claims

What the paper states (Dinh and Xin 2020, Frontiers in Applied Mathematics and
Statistics 6:13), and what is judged beside it. A claim reads: if the hypotheses hold,
observed <= bound. What was found is in the [README](../README.md#what-we-found),
columns and verdicts are in the [guide](guide.md#results), proofs in
[mathematics](mathematics.md), and the meaning of the symbols in the
[glossary](api.md#symbols).
"""


def claims_page() -> str:
    """Return the page."""
    return _HEAD + "".join(map(_section, CLAIMS))


def _section(name: str) -> str:
    told = statement(name)
    return f"""
## {name}

Judged on {told.judged_on}.

    {told.statement}

- Hypotheses: {_text(told.hypotheses)}
- Observed: {_text(told.observed)}
- Source: {_text(told.source)}
"""


def _text(told: str) -> str:
    """Escape what Markdown would take for markup."""
    for mark in "\\*<|[]":
        told = told.replace(mark, f"\\{mark}")
    return told
