"""Formulas of docstrings in TeX: by hand, and as another program reads them."""

import re

import pytest
from matplotlib.mathtext import MathTextParser

from docs.reference import FOLDER
from docs.reference.formulas import marked_up, tex
from tests.docs.pages import DOCS

BY_HAND = {
    "theta_{t+1} <= theta_t": r"\theta_{t+1} \le \theta_t",
    "beta <= K sin(min(delta, pi/2))": r"\beta \le K \sin (\min (\delta, \pi/2))",
    "<E g(w), grad f(w)> >= 0": r"\langle \mathbb{E}g(w), \nabla f(w)\rangle \ge 0",
    "lam < K/sqrt(d)": r"\lambda \lt K/\sqrt{d}",
    "w2^ - w1^": r"\hat{w}_2 - \hat{w}_1",
    "|w_bar - w_star_j|": r"|\bar{w} - w^\ast_j|",
    "u^t -> prox(w^t)": r"u^t \to \operatorname{prox}(w^t)",
}
CLAIMS = (FOLDER / "claims.md").read_text()
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
TEX = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)
# what Matplotlib knows by another name
NAMES = {"le": r"\leq", "ge": r"\geq", "ne": r"\neq", "lt": "<", "gt": ">"}
BAR = r"\|"  # as in a table
NAMES |= {"tfrac": r"\frac", "lvert": "|", "rvert": "|"}


def formulas(page):
    """The formulas of a page of Markdown, in one line each."""
    found = TEX.findall(CODE.sub("", page))
    return {" ".join("".join(pair).split()) for pair in found}


@pytest.mark.parametrize("typed", BY_HAND)
def test_a_formula_is_that_written_by_hand(typed):
    assert tex(typed) == BY_HAND[typed]


def test_text_keeps_its_words_and_symbols_become_formulas():
    told = "for all t, eta at ``1/(beta + K)`` of `small_step` and a*b"
    assert marked_up(told) == (
        r"for all t, $\eta$ at $1/(\beta + K)$ of `small_step` and a\*b"
    )


def test_nothing_in_the_claims_is_left_as_it_was_typed():
    found = formulas(CLAIMS)
    assert len(found) > 100
    for formula in found:
        assert not re.search(r"[<>`]|_star|_bar|\blam\b|(?<!\\)\btheta", formula), (
            formula
        )


@pytest.mark.slow
def test_every_formula_of_the_pages_is_tex():
    """Matplotlib, which reads most of TeX, reads it."""
    parser = MathTextParser("path")
    pages = [page.read_text() for page in DOCS.rglob("*.md")]
    found = set().union(*map(formulas, pages))
    assert len(found) > 400
    for formula in found:
        known = re.sub(r"\\([a-z]+)", lambda x: NAMES.get(x[1], x[0]), formula)
        parser.parse(f"${known.replace(BAR, '|')}$")
