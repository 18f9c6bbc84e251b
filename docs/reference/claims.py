"""The page of the claims: the paper's sentences, then what each claim says and when."""

from docs.reference.sentences import OURS, SENTENCES, Sentence
from docs.reference.tables import GENERATED, escaped, table
from docs.reference.verdicts import read
from rvsjax.theory import CLAIMS, statement

__all__ = ["claims_page"]

_HEAD = f"""{GENERATED}
# The claims

What the paper states (Dinh and Xin 2020, Frontiers in Applied Mathematics and
Statistics 6:13), and what is judged beside it. A claim reads: if the hypotheses hold,
observed <= bound. What was found is in the [findings](findings.md),
verdicts are in the [guide](guide.md#results), columns in [columns](columns.md), proofs
in [mathematics](mathematics.md), and the meaning of the symbols in the
[glossary](api.md#symbols).

## The paper, sentence by sentence

In our words: the displayed formulas of the paper were derived again, and where its
constants were reconstructed the claim says so. Counted are runs, pairs of weights or
settings of a start over {{sweeps}} (`python -m docs.reference DIR...`), those with an
empty u included.

"""

_BESIDE = """
Beside the paper, proved here:

"""


def claims_page() -> str:
    """Return the page."""
    sweeps = ", ".join(f"`{name}.toml`" for name in read())
    ours = (Sentence("", "", (claim,)) for claim in OURS)
    return "".join(
        [
            _HEAD.replace("{sweeps}", sweeps),
            table(("where", "sentence", "claim", "verdict"), map(_sentence, SENTENCES)),
            _BESIDE,
            table(("claim", "verdict"), (_sentence(claim)[2:] for claim in ours)),
            *map(_section, CLAIMS),
        ]
    )


def _sentence(sentence: Sentence) -> tuple[str, ...]:
    claims = "<br>".join(f"[`{x}`](#{x})" for x in sentence.claims)
    note = sentence.note if "](" in sentence.note else escaped(sentence.note)
    verdicts = [*map(_verdict, sentence.claims), *filter(None, [note])]
    return sentence.where, escaped(sentence.words), claims, "<br>".join(verdicts)


def _verdict(claim: str) -> str:
    """Say how often a claim holds, or is violated, over all sweeps."""
    rows = [sweep[claim] for sweep in read().values() if claim in sweep]
    holds, violated, undecided = map(sum, zip(*rows)) if rows else (0, 0, 0)
    judged = holds + violated
    told = f"**violated** in {violated:,} of {judged:,}" if violated else ""
    told = told or (f"holds in {holds:,}" if holds else "not judged in these")
    return told + (f", {undecided:,} undecided" if undecided else "")


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
    """Escape a text that stands in no table."""
    return escaped(told).replace("|", "\\|")
