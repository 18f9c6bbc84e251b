"""A run and a claim about it in 50 digits, independent of the JAX code.

A claim that is violated here is violated by the theory, not by rounding: the numbers of
a problem are taken as the binary numbers that they are, a bound on what rounding has
moved is carried along with the iterates (`drift`), and a violation has to exceed it.
The bound does not cover the hypotheses: one that holds with equality is decided as it
comes out.
"""

from rvsjax.theory.exact.arithmetic import DIGITS, RESOLUTION, Degenerate
from rvsjax.theory.exact.case import ExactCase, Judgement
from rvsjax.theory.exact.claims import CLAIMS, judge, judge_all
from rvsjax.theory.exact.replay import iterate

__all__ = [
    "CLAIMS",
    "DIGITS",
    "RESOLUTION",
    "Degenerate",
    "Judgement",
    "ExactCase",
    "iterate",
    "judge",
    "judge_all",
]
