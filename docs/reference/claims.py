"""The page of the claims: the paper's sentences, then what each claim says and when."""

from docs.reference.formulas import marked_up
from docs.reference.sentences import OURS, SENTENCES, Sentence
from docs.reference.tables import GENERATED, table
from docs.reference.verdicts import read
from rvsjax.theory.claims import CLAIMS, described

__all__ = ["claims_page"]

_HEAD = (
    GENERATED
    + r"""
# Claims

What the paper states (Dinh and Xin 2020, Frontiers in Applied Mathematics and
Statistics 6:13), and what is judged beside it. A claim says: if its hypotheses hold,
then observed $\le$ bound. The bound of an inequality is its right side; of a sequence
that is to fall, 0; of an equality, how far rounding and the remaining steps of the run
can keep its two sides apart.

See also: how a verdict is reached ([verdicts](../explanation/verdicts.md)), what was
found ([findings](../findings.md)), the
[proofs](../explanation/mathematics.md), the [columns](columns.md) of a claim, and the
[symbols](api.md#symbols).

Here $b = \beta/K$; $\bar w$ and $\bar u$ are the limits of the iterates. The
hypotheses of Theorem 1 are $\beta \le K \sin(\min(\delta, \pi/2))$,
$\eta \le 1/(\beta + K)$, $|v| \ge 1/2$ at every step, and
$\lambda \lt K/\sqrt{d}$. `rvsjax theory list` prints the statements as text, with
`--json` their hypotheses as well.

## The paper, sentence by sentence

The sentences are paraphrased, and the formulas were derived again; a claim whose
constants are reconstructed says so. The counts are of runs, pairs of weights or
settings of a start, over SWEEPS. They include runs that end with $u = 0$.
`python -m docs.reference DIR...` counts anew.

"""
)

_BESIDE = """
Not in the paper, and proved [here](../explanation/mathematics.md):

"""


def claims_page() -> str:
    """Return the page."""
    sweeps = ", ".join(f"`{name}.toml`" for name in read())
    ours = (Sentence("", "", (claim,)) for claim in OURS)
    return "".join(
        [
            _HEAD.replace("SWEEPS", sweeps),
            table(("where", "sentence", "claim", "verdict"), map(_sentence, SENTENCES)),
            _BESIDE,
            table(("claim", "verdict"), (_sentence(claim)[2:] for claim in ours)),
            *map(_section, CLAIMS),
        ]
    )


def _sentence(sentence: Sentence) -> tuple[str, ...]:
    claims = "<br>".join(f"[`{x}`](#{x})" for x in sentence.claims)
    note = sentence.note if "](" in sentence.note else marked_up(sentence.note)
    verdicts = [*map(_verdict, sentence.claims), *filter(None, [note])]
    return sentence.where, marked_up(sentence.words), claims, "<br>".join(verdicts)


def _verdict(claim: str) -> str:
    """Say how often a claim holds, or is violated, over all sweeps."""
    rows = [sweep[claim] for sweep in read().values() if claim in sweep]
    holds, violated, undecided = map(sum, zip(*rows)) if rows else (0, 0, 0)
    judged = holds + violated
    told = f"**violated** in {violated:,} of {judged:,}" if violated else ""
    told = told or (f"holds in {holds:,}" if holds else "not judged in these")
    return told + (f", {undecided:,} undecided" if undecided else "")


def _section(name: str) -> str:
    told = described(name)
    return f"""
## {name}

Judged on {told.judged_on}.

> {marked_up(told.statement)}

- Hypotheses: {marked_up(told.hypotheses)}
- Observed: {marked_up(told.observed)}
- Source: {marked_up(told.source)}
"""
