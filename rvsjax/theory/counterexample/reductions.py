"""Reductions: from a problem to smaller ones, the smallest first."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from rvsjax.theory import exact
from rvsjax.theory.exact import ExactCase

__all__ = ["REDUCTIONS", "Candidates"]

Candidates = Iterator[ExactCase]


def fewer_steps(problem: ExactCase, claim: str) -> Candidates:
    """One step, from the start, the teacher or the iterate before the violation."""
    if problem.steps == 1:
        return
    one = problem._replace(steps=1)
    yield one
    yield one._replace(w_start=problem.w_star)
    last = exact.judge(problem, claim).step or problem.steps
    yield one._replace(w_start=exact.iterate(problem, last - 1))
    yield one._replace(w_start=exact.iterate(problem, problem.steps))
    ladder = (m * 10**n for n in range(9) for m in (1, 2, 5))
    yield from (problem._replace(steps=steps) for steps in ladder)
    yield problem._replace(steps=last)


def from_the_teacher(problem: ExactCase, claim: str) -> Candidates:
    """``w^0 = w_star``."""
    yield problem._replace(w_start=problem.w_star)


def fewer_coordinates(problem: ExactCase, claim: str) -> Candidates:
    """Without a half, a quarter, ... one of the coordinates; two are left."""
    d = width = len(problem.w_star)
    while (width := width // 2) and d > 2:
        for j in range(0, d, width):
            yield problem._replace(
                w_star=problem.w_star[:j] + problem.w_star[j + width :],
                w_start=problem.w_start[:j] + problem.w_start[j + width :],
            )


def two_coordinates(problem: ExactCase, claim: str) -> Candidates:
    """A teacher of two digits, and a start there."""
    for q, p in combinations(range(1, 10), 2):
        w = float(p), float(q)
        yield problem._replace(w_star=w, w_start=w)


def plainer_network(problem: ExactCase, claim: str) -> Candidates:
    """Another K, with the same dynamics (lam/K, beta/K and eta K are kept) or not."""
    old = problem.k if problem.readout == "sum" else 1 / problem.k
    for k in (1, 2, 5, 10, 20, problem.k):
        other = problem._replace(k=k, readout="sum")
        scale = k / old
        yield other
        yield other._replace(
            beta=problem.beta and problem.beta * scale,
            lam=problem.lam and problem.lam * scale,
            eta=problem.eta / scale,
        )


def rounder_numbers(problem: ExactCase, claim: str) -> Candidates:
    """A power of ten, or fewer digits, for one of the numbers."""
    for name in ("beta", "lam", "eta"):
        if x := getattr(problem, name):
            for rounder in rounder_than(x):
                yield problem._replace(**{name: rounder})
    own = dict(problem.own)
    for name, x in own.items():
        for rounder in rounder_than(x):
            yield problem._replace(own=tuple((own | {name: rounder}).items()))


def rounder_than(x: float) -> Iterator[float]:
    """Yield powers of ten, then the neighbours of x with few digits."""
    yield from (1.0, 0.1, 0.01)
    yield from rounded(x)


def positive_teacher(problem: ExactCase, claim: str) -> Candidates:
    """The same run in coordinates in which the teacher has no negative entry."""
    pairs = zip(problem.w_star, problem.w_start)
    start = tuple(-q if p < 0 else q for p, q in pairs)
    yield problem._replace(w_star=tuple(map(abs, problem.w_star)), w_start=start)


def rounder_teacher(problem: ExactCase, claim: str) -> Candidates:
    """Short decimals for the teacher, and for the start where they are the same."""
    together = problem.w_start == problem.w_star
    for w in rounded_direction(problem.w_star):
        yield problem._replace(w_star=w, w_start=w if together else problem.w_start)


def rounder_start(problem: ExactCase, claim: str) -> Candidates:
    """Short decimals for the start."""
    yield from (problem._replace(w_start=w) for w in rounded_direction(problem.w_start))


REDUCTIONS = (
    fewer_steps,
    from_the_teacher,
    fewer_coordinates,
    two_coordinates,
    plainer_network,
    positive_teacher,
    rounder_teacher,
    rounder_start,
    rounder_numbers,
)


def rounded(x: float) -> Iterator[float]:
    """Yield the two neighbours of x with 1, 2, ... digits, the nearer one first."""
    for last in range(math.floor(math.log10(x)), -17, -1):
        below = math.floor(x / 10**last) if last > 0 else math.floor(x * 10**-last)
        pair = (float(f"{m}e{last}") for m in (below, below + 1) if m)
        yield from sorted(pair, key=lambda y: abs(y - x))


def rounded_direction(x: Sequence[float]) -> Iterator[tuple[float, ...]]:
    """Yield multiples of x as small integers, then as decimals with a largest of 1."""
    largest = max(map(abs, x))
    for scale in range(1, 10):
        yield tuple(float(round(p / largest * scale)) for p in x)
    for scale in (10**places for places in range(1, 9)):
        yield tuple(round(p / largest * scale) / scale for p in x)
