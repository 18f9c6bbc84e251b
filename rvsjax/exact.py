"""A run and a claim about it in 50 digits, independent of the JAX code.

A claim that is violated here is violated by the theory, not by rounding: the numbers of
a problem are taken as the binary numbers that they are, and what is lost on the way is
far below `RESOLUTION`. Coordinates are integers in units of ``2^-BITS``, so that a norm
is ``isqrt`` of a sum of squares and a quotient is ``//``: ``c x + c y + z`` takes a
fifteenth of what it takes with mpmath's numbers (Python 3.11, no gmpy), which serve for
pi, angles, thresholds and results.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice, pairwise
from math import isqrt
from operator import add, attrgetter, itemgetter, mul, sub
from typing import Any, NamedTuple

from mpmath import inf, mp, mpf

__all__ = ["CLAIMS", "DIGITS", "Degenerate", "Judgement", "Problem", "iterate", "judge"]

DIGITS = 50
RESOLUTION = mpf("1e-40")  # an excess, or a coordinate, up to here may be rounding

BITS = 192  # 57 digits: 7 of them for the rounding of a long run
ONE = 1 << BITS

Vector = Sequence[int]  # of integers in units of 2^-BITS


class Degenerate(ArithmeticError):
    """A step with ``v = 0``, which has no direction."""


class Problem(NamedTuple):
    """One run. Directions need no unit length: they are normalised in 50 digits."""

    algorithm: str  # "rvscgd" or "cgd"
    penalty: str | None  # "l0", "l1", "transformed-l1"; None for cgd
    a: float | None  # shape of transformed-l1
    k: int
    readout: str  # "sum" or "mean"
    lam: float | None  # None for cgd: 0
    beta: float | None  # None for cgd: 0, no coupling
    eta: float
    steps: int
    w_star: tuple[float, ...]
    w_start: tuple[float, ...]


class Judgement(NamedTuple):
    """``hypotheses => observed <= bound``; step t leads from w^{t-1} to w^t."""

    hypotheses: dict[str, bool]
    step: int | None  # where the largest value is; None for claims about the limit
    before: mpf | None  # theta or the Lagrangian before that step
    after: mpf | None
    observed: mpf
    bound: mpf

    @property
    def excess(self) -> mpf:
        """``observed - bound``."""
        with mp.workdps(DIGITS):
            return self.observed - self.bound

    @property
    def violated(self) -> bool:
        """All hypotheses hold and the conclusion does not."""
        return all(self.hypotheses.values()) and bool(self.excess > RESOLUTION)


def judge(
    problem: Problem, claim: str, watch: Callable[[int], object] = lambda step: None
) -> Judgement:
    """Run a problem and judge one of the `CLAIMS` on it; `watch` is told every step.

    Raises:
        Degenerate: a step has no direction.
    """
    with mp.workdps(DIGITS):
        return JUDGES[claim](Run(problem, watch))


def iterate(problem: Problem, step: int) -> tuple[float, ...]:
    """Return ``w^step``, rounded to floats."""
    with mp.workdps(DIGITS):
        state = next(islice(Run(problem).states(), step, None))
        return tuple(float(real(x)) for x in state.w)


# -- numbers in units of 2^-BITS -------------------------------------------------------


def fixed(x: mpf | float) -> int:
    """Return x in units of ``2^-BITS``, truncated."""
    return int(mp.ldexp(x, BITS))


def real(x: int) -> mpf:
    """Return the number that x units are."""
    return mp.ldexp(x, -BITS)


def dot(x: Vector, y: Vector) -> int:
    """Return the inner product."""
    return sum(map(mul, x, y)) >> BITS


def norm(x: Vector) -> int:
    """Return ``|x|``."""
    return isqrt(sum(map(mul, x, x)))


def distance(x: Vector, y: Vector) -> int:
    """Return ``|x - y|``."""
    return norm(list(map(sub, x, y)))


def unit(x: Vector) -> tuple[Vector, int]:
    """Return ``x / |x|`` and ``|x|``."""
    length = norm(x)
    if length * 10**40 < ONE:
        raise Degenerate("v = 0: the step has no direction")
    return [(p << BITS) // length for p in x], length


def direction(x: Sequence[float]) -> Vector:
    """Return ``x / |x|`` of floats of any size."""
    largest = max(map(abs, x))
    if largest == 0:
        raise Degenerate("a vector of zeros has no direction")
    return unit([fixed(mpf(p) / largest) for p in x])[0]


def angle(x: Vector, y: Vector) -> mpf:
    """Return the angle of unit vectors in radians, ``2 atan2(|x - y|, |x + y|)``."""
    return 2 * mp.atan2(distance(x, y), norm(list(map(add, x, y))))


def across(x: Vector, w: Vector) -> mpf:
    """Return ``|x|`` times the sine of its angle with the unit vector ``w``."""
    along = dot(x, w)
    return real(norm([p - (along * q >> BITS) for p, q in zip(x, w)]))


# -- penalties -------------------------------------------------------------------------


class Penalty(NamedTuple):
    """A penalty P at the scale ``m = lam/beta`` of its prox."""

    threshold: Any  # an mpf: the prox is 0 exactly where |x| is at most this
    value: Callable[[Vector], int]
    prox: Callable[[Vector], Vector]


def l1(m: mpf, a: float | None) -> Penalty:
    """``P(u) = sum_j |u_j|``, prox ``sgn(x) max(|x| - m, 0)``."""
    t = fixed(m)

    def prox(x: Vector) -> Vector:
        return [p - t if p > t else p + t if p < -t else 0 for p in x]

    return Penalty(m, lambda u: sum(map(abs, u)), prox)


def l0(m: mpf, a: float | None) -> Penalty:
    """``P(u) = #{j : u_j != 0}``, prox ``x`` where ``|x| > sqrt(2 m)``, else 0."""
    threshold = mp.sqrt(2 * m)
    t = fixed(threshold)

    def prox(x: Vector) -> Vector:
        return [p if abs(p) > t else 0 for p in x]

    return Penalty(threshold, lambda u: sum(map(bool, u)) << BITS, prox)


def transformed_l1(m: mpf, shape: float | None) -> Penalty:
    """``P(u) = sum_j (a + 1) |u_j| / (a + |u_j|)``, prox of Lemma 8.

    Above the threshold it is the largest root of ``m a (a + 1) / (a + u)^2 + u = x``.
    With ``y = a + u`` that is ``y^2 (a + x - y) = m a (a + 1)``, by Newton's method
    from ``y = a + x`` downward: the left side is concave beyond its maximum.
    """
    a = mpf(shape)
    small = m <= a**2 / (2 * (a + 1))
    threshold = m * (a + 1) / a if small else mp.sqrt(2 * m * (a + 1)) - a / 2
    t, offset, cube = fixed(threshold), fixed(a), fixed(m * a * (a + 1)) << 2 * BITS

    def root(x: int) -> int:
        y = top = offset + x
        while step := (cube - y * y * (top - y)) // (y * (3 * y - 2 * top)):
            y -= step
        return y - offset

    def prox(x: Vector) -> Vector:
        return [0 if abs(p) <= t else root(p) if p > 0 else -root(-p) for p in x]

    def value(u: Vector) -> int:
        return sum((offset + ONE) * abs(p) // (offset + abs(p)) for p in u)

    return Penalty(threshold, value, prox)


def no_penalty(m: mpf, a: float | None) -> Penalty:
    """``P(u) = 0``, prox ``x``."""
    return Penalty(mpf(0), lambda u: 0, lambda x: x)


PENALTIES = {"l0": l0, "l1": l1, "transformed-l1": transformed_l1, None: no_penalty}


# -- the run ---------------------------------------------------------------------------


class State:
    """``w^t``, ``u^t = prox(w^{t-1})`` and the ``|v|`` of the step that led to them."""

    def __init__(self, run: "Run", t: int, w: Vector, u: Vector, length: int) -> None:
        """Take the iterate number ``t`` of a run."""
        self.run, self.t, self.w, self.u, self.length = run, t, w, u, length

    @cached_property
    def theta(self) -> mpf:
        """The angle of w and the teacher in radians."""
        return angle(self.w, self.run.w_star)

    @cached_property
    def lagrangian(self) -> mpf:
        """``L_beta(u, w) = K theta + lam P(u) + (beta/2) |w - u|^2``, equation (9)."""
        run = self.run
        penalty = run.lam * real(run.penalty.value(self.u))
        coupling = run.beta / 2 * real(distance(self.w, self.u)) ** 2
        return run.K * self.theta + penalty + coupling


class Run:
    """The constants of a problem, its iterates one at a time, and its limit."""

    def __init__(
        self, problem: Problem, watch: Callable[[int], object] = lambda step: None
    ) -> None:
        """Compute what all steps share."""
        self.problem, self.watch = problem, watch
        k = problem.k if problem.readout == "sum" else mpf(1) / problem.k
        self.K = k / (2 * mp.pi)
        self.lam, self.beta = mpf(problem.lam or 0), mpf(problem.beta or 0)
        self.eta, self.b = mpf(problem.eta), self.beta / self.K
        m = self.lam / self.beta if problem.penalty else mpf(0)
        self.penalty = PENALTIES[problem.penalty](m, problem.a)
        self.w_star = direction(problem.w_star)
        self.w_start = direction(problem.w_start)
        self.root_d = mp.sqrt(len(self.w_star))
        self.shortest = inf  # |v| of the steps so far

    def states(self) -> Iterator[State]:
        """Yield the iterates from ``t = 0``.

        ``v = w - eta K (w - w_star) - eta beta (w - u)``, the coarse gradient being
        ``K (w - w_star)`` (Lemma 2).
        """
        prox, w = self.penalty.prox, self.w_start
        keep = fixed(1 - self.eta * (self.K + self.beta))
        couple, learn = fixed(self.eta * self.beta), fixed(self.eta * self.K)
        pull = [learn * p for p in self.w_star]
        self.last = State(self, 0, w, prox(w), ONE)
        yield self.last
        for t in range(1, self.problem.steps + 1):
            u = prox(w)
            v = [keep * p + couple * q + r >> BITS for p, q, r in zip(w, u, pull)]
            w, length = unit(v)
            self.shortest = min(self.shortest, length)
            self.last = State(self, t, w, u, length)
            self.watch(t)
            yield self.last

    @cached_property
    def delta(self) -> mpf:
        """``pi - theta_0``."""
        return mp.pi - angle(self.w_start, self.w_star)

    def target(self, u: Vector) -> Vector:
        """Return ``w_star + b u``, which the limit is parallel to (equation 12)."""
        b = fixed(self.b)
        return [p + (b * q >> BITS) for p, q in zip(self.w_star, u)]

    @cached_property
    def limit(self) -> "Limit":
        """Where ``w <- (w_star + b prox(w)) / |.|`` leads from the last iterate."""
        for _ in self.states():
            pass
        w, prox, found = self.last.w, self.penalty.prox, False
        for _ in range(2000):
            before = w
            w, _ = unit(self.target(prox(w)))
            if found := distance(w, before) * 10**45 < ONE:
                break
        converged = found and distance(w, self.last.w) * 10**4 <= ONE
        return Limit(self, w, prox(w), converged)


class Limit(NamedTuple):
    """``w_bar`` and ``u_bar = prox(w_bar)``."""

    run: Run
    w: Vector
    u: Vector
    converged: bool

    @property
    def theta(self) -> mpf:
        """The angle of ``w_bar`` and the teacher in radians."""
        return angle(self.w, self.run.w_star)

    @property
    def across(self) -> mpf:
        """``|u_bar| sin gamma``, gamma the angle of ``w_bar`` and ``u_bar``."""
        return across(self.u, self.w)

    @property
    def C(self) -> mpf:  # noqa: N802 (the paper's constant)
        """``1 / (|w_star + b u_bar| - b)``, infinite where that is not positive."""
        return inverse(real(norm(self.run.target(self.u))) - self.run.b)


def inverse(x: mpf) -> mpf:
    """Return ``1/x``, infinity where x is not positive."""
    return 1 / x if x > 0 else inf


# -- hypotheses ------------------------------------------------------------------------

SMALL_COUPLING = "beta <= K sin(min(delta, pi/2))"
SMALL_STEP = "eta <= 1/(beta + K)"
NO_STRETCH = "|v| >= 1/2 at every step"
SMALL_PENALTY = "lam < K/sqrt(d)"
SMALL_THRESHOLD = "beta t sqrt(d) < K, t the threshold"
CONVERGED = "the run has converged"
IS_L1 = "the penalty is l1"
IS_NOT_L1 = "the penalty is l0 or transformed-l1"
NOT_EMPTY = "u is not empty"

BASE = SMALL_COUPLING, SMALL_STEP, NO_STRETCH, CONVERGED
THEOREM_1 = *BASE, SMALL_PENALTY

HYPOTHESES: dict[str, Callable[[Run], object]] = {
    SMALL_COUPLING: lambda run: run.beta <= run.K * mp.sin(min(run.delta, mp.pi / 2)),
    SMALL_STEP: lambda run: run.eta * (run.beta + run.K) <= 1,
    NO_STRETCH: lambda run: run.shortest >= ONE // 2,  # known once the run is over
    SMALL_PENALTY: lambda run: run.lam * run.root_d < run.K,
    SMALL_THRESHOLD: lambda run: run.b * run.penalty.threshold * run.root_d < 1,
    CONVERGED: lambda run: run.limit.converged,
    IS_L1: lambda run: run.problem.penalty == "l1",
    IS_NOT_L1: lambda run: run.problem.penalty in ("l0", "transformed-l1"),
    NOT_EMPTY: lambda run: any(run.limit.u),
}


def hold(run: Run, *labels: str) -> dict[str, bool]:
    """Return whether each hypothesis holds."""
    return {label: bool(HYPOTHESES[label](run)) for label in labels}


# -- claims ----------------------------------------------------------------------------


class Rise(NamedTuple):
    """The largest change of a value over one step; none where no step counts."""

    observed: mpf = -inf
    step: int | None = None
    before: mpf | None = None
    after: mpf | None = None


def largest_rise(
    run: Run,
    value: Callable[[State], mpf],
    counts: Callable[[State, State], bool] = lambda before, after: True,
) -> Rise:
    """Return the largest change over the steps that count."""
    rises = (
        Rise(value(after) - value(before), after.t, value(before), value(after))
        for before, after in pairwise(run.states())
        if counts(before, after)
    )
    return max(rises, key=itemgetter(0), default=Rise())


def descent(rise: Rise, hypotheses: dict[str, bool]) -> Judgement:
    """Judge that a value does not rise."""
    return Judgement(hypotheses, *rise[1:], rise.observed, mpf(0))


def at_the_limit(hypotheses: dict[str, bool], observed: mpf, bound: mpf) -> Judgement:
    """Judge an inequality at the limit."""
    return Judgement(hypotheses, None, None, None, observed, bound)


def lemma_5_stated(run: Run) -> Judgement:
    """``theta_{t+1} <= theta_t`` at every step."""
    return descent(largest_rise(run, attrgetter("theta")), hold(run, SMALL_COUPLING))


def lemma_5_proved(run: Run) -> Judgement:
    """``theta_t <= pi - min(delta, pi/2)`` for all t."""
    worst = max(run.states(), key=attrgetter("theta"))
    bound = mp.pi - min(run.delta, mp.pi / 2)
    hypotheses = hold(run, SMALL_COUPLING)
    return Judgement(hypotheses, worst.t, None, None, worst.theta, bound)


def lemma_5_corrected(run: Run) -> Judgement:
    """A step with ``sin theta >= b |u| sin gamma`` has ``theta_{t+1} <= theta_t``."""

    def counts(before: State, after: State) -> bool:
        return across(run.w_star, before.w) >= run.b * across(after.u, before.w)

    rise = largest_rise(run, attrgetter("theta"), counts)
    label = "a step with sin(theta) >= (beta/K) |u| sin(gamma)"
    return descent(rise, hold(run, SMALL_STEP) | {label: rise.step is not None})


def lemma_6_stated(run: Run) -> Judgement:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` at every step."""
    rise = largest_rise(run, attrgetter("lagrangian"))
    return descent(rise, hold(run, SMALL_STEP, NO_STRETCH))


def lemma_6_corrected(run: Run) -> Judgement:
    """A step with ``theta_{t+1} <= theta_t`` does not raise the Lagrangian."""
    reach = run.eta * (run.beta + run.K) - 1

    def counts(before: State, after: State) -> bool:
        return after.theta <= before.theta and reach <= real(after.length)

    rise = largest_rise(run, attrgetter("lagrangian"), counts)
    label = "a step with theta_{t+1} <= theta_t and eta <= (1 + |v|)/(beta + K)"
    return descent(rise, {label: rise.step is not None})


def theorem_1_i(run: Run) -> Judgement:
    """``theta(w_bar, w_star) < delta``."""
    limit = run.limit
    return at_the_limit(hold(run, *THEOREM_1), limit.theta, run.delta)


def constant_12(run: Run) -> Judgement:
    """``C <= 1/(1 - lam sqrt(d)/K)`` for l1, the C of equation (12)."""
    limit, bound = run.limit, inverse(1 - run.lam * run.root_d / run.K)
    return at_the_limit(hold(run, *THEOREM_1, IS_L1), limit.C, bound)


def corollary_1_1(run: Run) -> Judgement:
    """``C <= 1/(1 - b t sqrt(d))`` for l0 and transformed l1, t the threshold."""
    limit, bound = run.limit, inverse(1 - run.b * run.penalty.threshold * run.root_d)
    hypotheses = hold(run, *BASE, SMALL_THRESHOLD, IS_NOT_L1)
    return at_the_limit(hypotheses, limit.C, bound)


def equation_13(run: Run) -> Judgement:
    """``|w_bar - w_star| <= 2 b |u_bar| sin gamma``."""
    limit = run.limit
    observed, bound = distance(limit.w, run.w_star), 2 * run.b * limit.across
    return at_the_limit(hold(run, *THEOREM_1), real(observed), bound)


def l1_bound(run: Run) -> Judgement:
    """``sin theta(w_bar, w_star) <= lam sqrt(d) / K`` for l1, whatever beta."""
    limit, bound = run.limit, run.lam * run.root_d / run.K
    observed = across(run.w_star, limit.w)
    return at_the_limit(hold(run, CONVERGED, IS_L1), observed, bound)


def remark_1(run: Run) -> Judgement:
    """``|w_bar_j| <= C |w_star_j|``, the teacher's signs on the support of u_bar."""
    limit = run.limit
    factor, excesses = limit.C, [mpf(0)]
    for p, w, u in zip(map(real, run.w_star), map(real, limit.w), limit.u):
        if abs(w) > RESOLUTION:
            excesses.append(abs(w) - factor * abs(p) if p else abs(w))  # inf * 0
            excesses.append(-w * ((p > 0) - (p < 0)) if u else mpf(0))
    hypotheses = hold(run, *THEOREM_1, NOT_EMPTY)
    return at_the_limit(hypotheses, max(excesses), mpf(0))


JUDGES: dict[str, Callable[[Run], Judgement]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_5_corrected,
        lemma_6_stated,
        lemma_6_corrected,
        theorem_1_i,
        constant_12,
        corollary_1_1,
        equation_13,
        l1_bound,
        remark_1,
    )
}

CLAIMS = tuple(JUDGES)
"""What `judge` can judge."""
