"""A hunt for false verdicts: hard runs, judged in floats and replayed in 50 digits.

`draw` makes a run where rounding can decide: near the pole, at the teacher, at a limit,
at the threshold of a prox, at the edge of a hypothesis. `examine` judges a batch as a
sweep does, `replay` in exact numbers, and `compare` holds the one to the other:

- *violated* is false unless the exact judgement is violated;
- *holds* is false if the exact judgement is violated by more than the allowance of the
  claim, its resolution in that dtype, or by anything at all where rounding swallows the
  steps of the run, away from its limit (`stalled`);
- *holds* that is contradicted by less is counted apart (`rounding`), and so are
  violations that are called undecided or not applicable (`missed`).
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.models.no_overlap import slope
from rvsjax.penalties import PENALTIES
from rvsjax.simulation.kernels import KERNELS, native
from rvsjax.simulation.monitor import SETTLED
from rvsjax.simulation.run import Run
from rvsjax.studies.rvscgd.exact_case import floats
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.theory import RUN_CLAIMS, VERDICTS, Check, Evidence, exact, verdict
from tests import oracle

__all__ = [
    "FALSE",
    "FEW_SHAPES",
    "KINDS",
    "SHAPES",
    "Finding",
    "Seen",
    "Shape",
    "compare",
    "draw",
    "examine",
    "judge_batch",
    "replay",
    "sweep_file",
]

FALSE = ("false violated", "false holds", "stalled")
"""Kinds of findings that a judge must not leave."""

KINDS = (*FALSE, "rounding", "missed")
"""All of them."""

Chosen = dict[str, Any]  # the parameters of a run, in the words of a sweep file
Claims = Mapping[str, Callable[[Evidence], Check]]


class Shape(NamedTuple):
    """What a program is compiled for."""

    penalty: str | None  # None for cgd
    d: int
    steps: int
    dtype: str = "float64"
    kernel: str = "plain"
    precision: str = "plain"
    k: int = 20
    readout: str = "sum"


FEW_SHAPES = (
    Shape("l0", 1, 40),
    Shape("l0", 2, 300, "float32", k=4),
    Shape("l0", 3, 40, kernel="native", k=1),
    Shape("l1", 3, 40, k=7),
    Shape("l1", 2, 3, "float32", "native", k=3, readout="mean"),
    Shape("l1", 2, 40, "float32", precision="compensated"),
    Shape("transformed-l1", 2, 40),
    Shape("transformed-l1", 3, 40, "float32", "native", k=2),
)
"""One program each, of 9 s to compile: some of every kind, for a test."""


_WAYS = (
    ("float64", "plain", "plain"),
    ("float32", "plain", "plain"),
    ("float64", "native", "plain"),
    ("float32", "plain", "compensated"),
    ("float32", "native", "plain"),
)


def _more_shapes() -> Iterator[Shape]:
    sizes = [(1, 20, "sum"), (2, 20, "sum"), (2, 1, "sum"), (3, 7, "mean")]
    sizes += [(3, 20, "sum"), (5, 3, "sum"), (10, 20, "sum")]
    kinds = itertools.product(sizes, ("l0", "l1", "transformed-l1"), range(2))
    for i, ((d, k, readout), penalty, _) in enumerate(kinds):
        steps = (1, 40, 3, 100, 40, 3, 300)[i % 7]
        yield Shape(penalty, d, steps, *_WAYS[i % 5], k, readout)
    yield Shape(None, 2, 40)
    yield Shape(None, 2, 100, "float32")
    yield Shape(None, 3, 3, k=1)


SHAPES = (*FEW_SHAPES, *_more_shapes())
"""For a hunt that has time to compile."""


# -- the runs --------------------------------------------------------------------------


def draw(shape: Shape, rng: np.random.Generator) -> Chosen:
    """Return the parameters of a hard run, in the words of a sweep file."""
    return _Draw(shape, rng).chosen()


class _Draw:
    """One run as it comes about, number by number."""

    def __init__(self, shape: Shape, rng: np.random.Generator) -> None:
        self.shape, self.rng = shape, rng
        self.real = np.dtype(shape.dtype).type
        self.K = slope(shape.k, shape.readout)
        self.w_star = self.teacher()
        self.w_start = self.start()
        self.a = self.real(10 ** rng.uniform(-5.99, 5.99) if self.one_in(2) else 1.0)
        self.beta = self.real(self.coupling())
        self.lam = self.real(self.weight())
        if self.one_in(4):
            self.w_start = self.limit()
        self.eta = self.real(self.step_size())

    def chosen(self) -> Chosen:
        shape = self.shape
        found: Chosen = {
            "algorithm": "rvscgd" if shape.penalty else "cgd",
            "k": shape.k,
            "readout": shape.readout,
            "eta": float(self.eta),
            "steps": shape.steps,
            "w_star": _text(self.w_star),
            "w_start": _text(self.w_start),
            "dtype": shape.dtype,
            "precision": shape.precision,
        }
        if shape.penalty:
            found |= {"penalty": shape.penalty}
            found |= {"lam": float(self.lam), "beta": float(self.beta)}
        if shape.penalty == "transformed-l1":
            found["a"] = float(self.a)
        return found

    def one_in(self, n: int) -> bool:
        return self.rng.integers(n) == 0

    def pick(self, *choices: Callable[[], Any]) -> Any:
        return choices[self.rng.integers(len(choices))]()

    def tiny(self, low: float = 1, high: float = 16) -> float:
        return 10 ** -self.rng.uniform(low, high)

    def about(self, x: float) -> float:
        """Return x, a neighbour of it among the floats, or a number close to it."""
        side = self.rng.choice([-1, 1])
        return self.pick(
            lambda: x,
            lambda: float(np.nextafter(self.real(x), self.real(side * np.inf))),
            lambda: x * (1 + side * self.tiny(6, 16)),
            lambda: x * (1 + side * self.tiny(1, 6)),
        )

    # -- directions

    def teacher(self) -> np.ndarray:
        rng, d = self.rng, self.shape.d
        x = self.pick(
            lambda: rng.normal(size=d),
            lambda: rng.normal(size=d) * (rng.random(d) < 0.5),
            lambda: rng.choice([-1.0, 1.0], d),
            lambda: rng.integers(-4, 5, d).astype(float),
            lambda: rng.normal(size=d) * 10 ** rng.uniform(-8, 0, d),
        )
        return _unit(x if x.any() else np.eye(d)[0])

    def start(self) -> np.ndarray:
        return self.pick(
            lambda: _unit(self.rng.normal(size=self.shape.d)),
            lambda: self.w_star,
            lambda: -self.w_star,
            lambda: self.beside(self.w_star, self.tiny()),
            lambda: self.beside(-self.w_star, self.tiny()),
            lambda: self.beside(-self.w_star, self.tiny(1, 4)),
            lambda: self.beside(0 * self.w_star, 1.0),  # at a right angle
            lambda: _unit(self.rng.choice([-1.0, 1.0], self.shape.d)),
        )

    def beside(self, x: np.ndarray, distance: float) -> np.ndarray:
        if self.shape.d == 1:
            return x if x.any() else self.w_star
        noise = self.rng.normal(size=self.shape.d)
        return _unit(x + distance * _unit(noise - noise @ self.w_star * self.w_star))

    def taken(self, x: np.ndarray) -> np.ndarray:
        """Return a direction as the run has it."""
        return _unit(x.astype(self.real))

    def limit(self) -> np.ndarray:
        """Return where the run leads: equation (12), by iteration."""
        w, b, m = self.taken(self.w_start).astype(float), self.beta / self.K, self.m
        if self.shape.penalty is None:
            return self.w_star
        for _ in range(60):
            u = oracle.prox(self.shape.penalty, w, float(m), float(self.a))
            target = self.w_star + float(b) * np.nan_to_num(u)
            w = _unit(target) if target.any() else w
        return w

    # -- hyperparameters

    @property
    def m(self) -> Any:
        return self.lam / self.beta

    def coupling(self) -> float:
        rng, K = self.rng, self.K  # noqa: N806
        theta = float(oracle.angle(self.w_start[None], self.w_star[None])[0])
        cap = K * math.sin(max(0.0, min(math.pi - theta, math.pi / 2)))
        return self.pick(
            lambda: K * 10 ** rng.uniform(-6, 0),
            lambda: K * 10 ** rng.uniform(-1, 0),
            lambda: max(self.about(cap), 1e-12),
            lambda: max(cap * rng.uniform(0.3, 1), 1e-12),
            lambda: self.about(K),
            lambda: self.about(2 * K),
            lambda: K * 10 ** rng.uniform(0, 2),
        )

    def step_size(self) -> float:
        rng, most = self.rng, 1 / (float(self.beta) + self.K)
        return self.pick(
            lambda: self.about(most),
            lambda: most * rng.uniform(0.1, 1),
            lambda: most * 10 ** rng.uniform(-4, 0),
            lambda: most * rng.uniform(1, 1.1),
            lambda: most * 10 ** rng.uniform(0, 2),
            lambda: self.about(2 * most),
            lambda: 1e-9,
        )

    def weight(self) -> float:
        """Return lam: by its own size, or by the threshold that it makes."""
        rng, d = self.rng, self.shape.d
        return self.pick(
            lambda: 0.0,
            lambda: self.K * self.tiny(6, 14),
            lambda: self.about(self.K / math.sqrt(d)),
            lambda: self.K / math.sqrt(d) * rng.uniform(0, 1),
            lambda: self.weight_for(10 ** rng.uniform(-4, 0)),
            lambda: self.weight_for(10 ** rng.uniform(0, 1)),
            lambda: self.weight_for(self.about(float(self.a) / 2)),  # where it jumps
            lambda: self.tied(self.w_start),
            lambda: self.tied(self.w_start),
            lambda: self.weight_at_limit(),
            lambda: self.weight_at_limit(),
        )

    def weight_for(self, t: float) -> float:
        """Return the lam of a prox with the threshold t."""
        a, m = float(self.a), t
        if self.shape.penalty == "l0":
            m = t**2 / 2
        if self.shape.penalty == "transformed-l1":
            m = t * a / (a + 1) if t <= a / 2 else (t + a / 2) ** 2 / (2 * (a + 1))
        return m * float(self.beta)

    def tied(self, x: np.ndarray) -> float:
        """Return a lam whose threshold in floats is an entry of x, or about that."""
        entry = np.abs(self.rng.choice(self.taken(x)))
        if not self.one_in(2):
            return self.weight_for(max(self.about(float(entry)), 0.0))
        first = lam = self.real(self.weight_for(float(entry)))
        for side in (-np.inf, np.inf):
            lam = first
            for _ in range(4):
                if self.threshold(lam) == entry:
                    return float(lam)
                lam = max(np.nextafter(lam, self.real(side)), self.real(0))
        return float(first)

    def threshold(self, lam: Any) -> Any:
        m, two, a = lam / self.beta, self.real(2), self.a
        if self.shape.penalty == "l0":
            return np.sqrt(two * m)
        if self.shape.penalty == "transformed-l1":
            small = m <= a**2 / (two * (a + 1))
            return m * (a + 1) / a if small else np.sqrt(two * m * (a + 1)) - a / two
        return m

    def weight_at_limit(self) -> float:
        """Return a lam at whose threshold an entry of the limit lies, about."""
        self.lam = self.real(self.weight_for(10 ** self.rng.uniform(-2, 0)))
        for _ in range(2):
            self.lam = self.real(self.tied(self.limit()))
        return float(self.lam)


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x)


def _text(x: np.ndarray) -> str:
    return ", ".join(repr(float(number)) for number in x)


# -- the floats ------------------------------------------------------------------------


class Seen(NamedTuple):
    """What floats say of a run, claim by claim in the order of `RUN_CLAIMS`."""

    verdict: Any  # (claims,) indices into VERDICTS
    observed: Any
    bound: Any
    allowance: Any
    w_star: Any  # (d,) as the run had them
    w_start: Any
    moved: Any  # |w^T - w^{T-1}|
    away: Any  # |w^T - w_bar|, w_bar solved without the run


def judge_batch(
    claims: Claims = RUN_CLAIMS, change: Callable[[Run], Run] = lambda run: run
) -> Callable[[Any], Seen]:
    """Return a compiled function of stacked trials that judges these claims.

    `change` is for runs that are broken on purpose.
    """

    def judge_one(trial: Any) -> Seen:
        run = change(trial.draw())
        outcome = KERNELS[trial.kernel](run)
        evidence = Evidence(run, outcome)
        checks = [claim(evidence) for claim in claims.values()]
        numbers = zip(*(map(jnp.asarray, check[1:4]) for check in checks))
        return Seen(
            jnp.stack([verdict(check) for check in checks]),
            *(jnp.stack(values) for values in numbers),
            run.teacher.w_star,
            run.start,
            outcome.monitor.moved,
            jnp.linalg.norm(outcome.state.w - evidence.limit.w),
        )

    # level 0 compiles in half of the time, and a few hundred steps need no more
    quickly = {"xla_backend_optimization_level": 0}
    return jax.jit(jax.vmap(judge_one), compiler_options=quickly)


_judged = judge_batch()


def examine(
    shape: Shape, batch: Iterable[Chosen], judge: Callable[[Any], Seen] = _judged
) -> list[Seen]:
    """Judge runs of one shape in floats, as a sweep does."""
    kernel = shape.kernel if _native() else "plain"
    items = [RunConfig(RVSCGD.complete(chosen), 0) for chosen in batch]
    trials = [make_trial(item, 2, kernel) for item in items]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *trials)
    seen = jax.device_get(judge(stacked))
    return [Seen(*leaves) for leaves in zip(*seen)]


@functools.cache
def _native() -> bool:
    return native.problem() is None


# -- 50 digits -------------------------------------------------------------------------


def problem_of(chosen: Chosen, seen: Seen) -> exact.ExactCase:
    """Return a run in exact numbers: the very floats that it had."""
    given = {name: chosen.get(name) for name in ("penalty", "lam", "beta")}
    given["own"] = tuple((n, chosen[n]) for n in ("a",) if n in chosen)
    if given["penalty"]:
        given["kind"] = PENALTIES[given["penalty"]].cls
    same = {
        name: chosen[name] for name in ("algorithm", "k", "readout", "eta", "steps")
    }
    weights = {name: floats(getattr(seen, name)) for name in ("w_star", "w_start")}
    return exact.ExactCase(**given, **same, **weights)


def replay(problem: exact.ExactCase) -> dict[str, exact.Judgement] | None:
    """Judge a run by every claim that has an exact twin; None without a direction."""
    try:
        return exact.judge_all(problem)
    except exact.Degenerate:
        return None


# -- the comparison --------------------------------------------------------------------


class Finding(NamedTuple):
    """What became of one claim on one run."""

    claim: str
    verdict: str  # of floats
    kind: str  # one of KINDS, or "" where nothing is to be said
    chosen: Chosen
    seen: dict[str, float]  # observed, bound and allowance in floats, the last move
    exact: dict[str, Any]  # hypotheses, observed, bound, excess and error


def compare(
    chosen: Chosen, seen: Seen, claims: Iterable[str] = RUN_CLAIMS
) -> list[Finding]:
    """Hold every verdict of a run to its replay."""
    judged = replay(problem_of(chosen, seen))
    found = []
    for i, name in enumerate(claims):
        if judged is not None and name not in judged:
            continue
        judgement = None if judged is None else judged[name]
        code = VERDICTS[int(seen.verdict[i])]
        kind = _kind(code, float(seen.allowance[i]), seen, judgement)
        numbers = {x: float(getattr(seen, x)[i]) for x in Seen._fields[1:4]}
        numbers |= {"moved": float(seen.moved), "away": float(seen.away)}
        told = _told(judgement) if kind else {}
        found.append(Finding(name, code, kind, chosen, numbers, told))
    return found


def _kind(
    code: str, allowance: float, seen: Seen, judgement: exact.Judgement | None
) -> str:
    violated = judgement is not None and judgement.violated
    if code == "violated":
        return "" if violated else "false violated"
    if judgement is None or not violated:
        return ""
    if code != "holds":
        return "missed"
    if judgement.excess > allowance:
        return "false holds"
    stalls = seen.moved == 0 and seen.away > 2 * SETTLED
    return "stalled" if stalls else "rounding"


def _told(judgement: exact.Judgement | None) -> dict[str, Any]:
    if judgement is None:
        return {"hypotheses": {"every step has a direction": False}}
    values = {"observed", "bound", "excess", "error"}
    numbers = {name: float(getattr(judgement, name)) for name in sorted(values)}
    return {"hypotheses": judgement.hypotheses, "step": judgement.step, **numbers}


def sweep_file(finding: Finding) -> str:
    """Return a sweep of the one run, for `rvsjax sweep`."""
    about = f"{finding.claim}: {finding.kind}"
    lines = ["version = 1", 'name = "hunt"', 'study = "rvscgd"', f'about = "{about}"']
    lines += ["[constants]", *(f"{n} = {x!r}" for n, x in finding.chosen.items())]
    lines += ["[record]", "weights = true", ""]
    return "\n".join(lines).replace("'", '"')
