"""The scale m of a prox from its threshold, without JAX: what ``threshold`` sets."""

import math
from collections.abc import Callable

__all__ = ["SCALES"]


def _l0(t: float) -> float:
    return t**2 / 2


def _l1(t: float) -> float:
    return t


def _transformed_l1(t: float, a: float) -> float:
    return t * a / (a + 1) if t <= a / 2 else (t + a / 2) ** 2 / (2 * (a + 1))


def _mcp(t: float, gamma: float) -> float:
    return t if t < gamma else t**2 / gamma


def _scad(t: float, a: float, knot: float) -> float:
    flat = (a + 1) * knot
    return t if t < flat else t**2 / flat


def _capped_l1(t: float, cap: float) -> float:
    return t if t < 2 * cap else t**2 / (2 * cap)


def _l_half(t: float) -> float:
    return (2 * t / 3) ** 1.5


def _l_two_thirds(t: float) -> float:
    return 1.5 * (t / 2) ** (4 / 3)


def _l1_minus_l2(t: float, alpha: float) -> float:
    return t / (1 - alpha)


def _elastic_net(t: float, ridge: float) -> float:
    return t


def _log_sum(t: float, eps: float) -> float:
    """``t = eps (v + M/(1 + v))`` with ``M = 1/(2 k(v))``, which rises with v."""
    if t <= eps:
        return t * eps
    low, high = 0.0, 2 * t / eps
    for _ in range(200):
        v = (low + high) / 2
        size = v + _scale(v) / (1 + v)
        low, high = (v, high) if size * eps < t else (low, v)
    return _scale((low + high) / 2) * eps**2


def _scale(v: float) -> float:
    """Return ``m/eps^2`` of a jump to ``eps v``."""
    if v < 0.1:
        return 0.5 / sum((-v) ** n * (n + 1) / (n + 2) for n in range(18))
    return v**2 / 2 / (math.log1p(v) - v / (1 + v))


SCALES: dict[str, Callable[..., float]] = {
    "l0": _l0,
    "l1": _l1,
    "transformed-l1": _transformed_l1,
    "mcp": _mcp,
    "scad": _scad,
    "l1/2": _l_half,
    "l2/3": _l_two_thirds,
    "log-sum": _log_sum,
    "capped-l1": _capped_l1,
    "l1-l2": _l1_minus_l2,
    "elastic-net": _elastic_net,
}
