"""The smallest counterexample: a violating run, reduced while it still violates.

Greedy and deterministic. Every candidate is judged in 50 digits, and has to violate the
claim by more than a margin, so that plain float64 sees it too.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from rvsjax import exact
from rvsjax.exact import Problem

__all__ = ["shrink", "sweep_file"]

Candidates = Iterator[Problem]


def shrink(
    problem: Problem,
    claim: str,
    tell: Callable[[str], object] = lambda text: None,
    margin: float = 1e-9,
) -> Problem:
    """Reduce a violating problem while it still violates the claim.

    All hypotheses stay true and the excess stays above the margin, or above half of the
    excess of the problem where that is less.

    Raises:
        ValueError: the problem does not violate the claim.
    """
    excess = violation(problem, claim)
    if not excess:
        raise ValueError(
            f"the run does not violate {claim} in {exact.DIGITS} digits, "
            "so there is nothing to reduce"
        )
    margin, before = min(margin, excess / 2), None
    while before != problem:
        before = problem
        for reduce in REDUCTIONS:
            while smaller := first(reduce(problem, claim), problem, claim, margin):
                problem = smaller
                tell(f"d = {len(problem.w_star)}, steps = {problem.steps}")
    return problem


def violation(problem: Problem, claim: str) -> float:
    """Return by how much a problem violates a claim, 0 where it does not."""
    try:
        judgement = exact.judge(problem, claim)
    except exact.Degenerate:
        return 0.0
    return float(judgement.excess) if judgement.violated else 0.0


def first(
    candidates: Candidates, problem: Problem, claim: str, margin: float
) -> Problem | None:
    """Return the first candidate that is smaller and still violates."""
    for candidate in candidates:
        if size(candidate) < size(problem) and violation(candidate, claim) > margin:
            return candidate
    return None


def size(problem: Problem) -> tuple[int, ...]:
    """Return what is to be small, the most important first: every reduction ends."""
    elsewhere = problem.w_start != problem.w_star
    scalars = problem.beta, problem.lam, problem.eta, problem.a
    numbers = *scalars, *problem.w_star, *(problem.w_start if elsewhere else ())
    return (
        len(problem.w_star),
        problem.steps,
        elsewhere,
        problem.readout != "sum",
        problem.k,
        sum(x < 0 for x in problem.w_star),
        sum(digits(x) for x in numbers if x is not None),
        sum(len(repr(x)) for x in scalars if x is not None),
    )


def digits(x: float) -> int:
    """Return the significant digits of a number as it is written."""
    return len(Decimal(repr(float(x))).normalize().as_tuple().digits)


# -- reductions: smaller candidates, the smallest first --------------------------------


def fewer_steps(problem: Problem, claim: str) -> Candidates:
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


def from_the_teacher(problem: Problem, claim: str) -> Candidates:
    """``w^0 = w_star``."""
    yield problem._replace(w_start=problem.w_star)


def fewer_coordinates(problem: Problem, claim: str) -> Candidates:
    """Without a half, a quarter, ... one of the coordinates; two are left."""
    d = width = len(problem.w_star)
    while (width := width // 2) and d > 2:
        for j in range(0, d, width):
            yield problem._replace(
                w_star=problem.w_star[:j] + problem.w_star[j + width :],
                w_start=problem.w_start[:j] + problem.w_start[j + width :],
            )


def two_coordinates(problem: Problem, claim: str) -> Candidates:
    """A teacher of two digits, and a start there."""
    for q, p in combinations(range(1, 10), 2):
        w = float(p), float(q)
        yield problem._replace(w_star=w, w_start=w)


def plainer_network(problem: Problem, claim: str) -> Candidates:
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


def rounder_numbers(problem: Problem, claim: str) -> Candidates:
    """A power of ten, or fewer digits, for one of the numbers."""
    for name in ("beta", "lam", "eta", "a"):
        if x := getattr(problem, name):
            for rounder in (1.0, 0.1, 0.01, *rounded(x)):
                yield problem._replace(**{name: rounder})


def positive_teacher(problem: Problem, claim: str) -> Candidates:
    """The same run in coordinates in which the teacher has no negative entry."""
    pairs = zip(problem.w_star, problem.w_start)
    start = tuple(-q if p < 0 else q for p, q in pairs)
    yield problem._replace(w_star=tuple(map(abs, problem.w_star)), w_start=start)


def rounder_teacher(problem: Problem, claim: str) -> Candidates:
    """Short decimals for the teacher, and for the start where they are the same."""
    together = problem.w_start == problem.w_star
    for w in rounded_direction(problem.w_star):
        yield problem._replace(w_star=w, w_start=w if together else problem.w_start)


def rounder_start(problem: Problem, claim: str) -> Candidates:
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


# -- the sweep file --------------------------------------------------------------------


def sweep_file(problem: Problem, claim: str, run_id: str) -> str:
    """Return the TOML of a sweep of this one run."""
    about = f"The smallest run found from {run_id} that violates {claim}."
    head = {
        "version": 1,
        "name": f"counterexample-{claim}",
        "study": "rvscgd",
        "about": about,
    }
    lines = [*lines_of(head), "", "[constants]", *lines_of(constants(problem))]
    note = "# normalised by the program; d and nnz follow from it"
    marked = (f"{x:<25} {note}" if x.startswith("w_star") else x for x in lines)
    return "\n".join(marked) + "\n"


def constants(problem: Problem) -> dict[str, object]:
    """Return the parameters of a run under their names, without those it lacks."""
    at_teacher = problem.w_start == problem.w_star
    start = {"start": "teacher"} if at_teacher else {"w_start": text(problem.w_start)}
    return {
        "algorithm": problem.algorithm,
        "penalty": problem.penalty,
        "a": problem.a,
        "k": problem.k,
        "readout": problem.readout,
        "w_star": text(problem.w_star),
        **start,
        "lam": problem.lam,
        "beta": problem.beta,
        "eta": problem.eta,
        "steps": problem.steps,
    }


def lines_of(table: dict[str, object]) -> list[str]:
    """Return a line of TOML for every key that has a value."""
    entries = ((key, value) for key, value in table.items() if value is not None)
    return [f"{key:<7} = {json.dumps(value)}" for key, value in entries]


def text(x: Sequence[float]) -> str:
    """Return numbers as short as they read back the same, between commas."""
    return ", ".join(repr(float(p)).removesuffix(".0") for p in x)
