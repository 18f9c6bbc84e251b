"""NumPy: all runs in one array, a loop over the steps."""

from collections.abc import Callable

import numpy as np

from .problem import Problem, Result, Setting

__all__ = ["prepare"]


def prepare(problem: Problem, steps: int) -> Callable[[], Result]:
    return lambda: _advance(*problem, steps)


def _advance(
    setting: Setting, w0: np.ndarray, w_star: np.ndarray, steps: int
) -> Result:
    K, eta, beta = setting.K, setting.eta, setting.beta  # noqa: N806
    w, u = w0, _prox(setting, w0)
    theta, value = _monitors(setting, w_star, w, u)
    theta_increase = np.full_like(theta, -np.inf)
    value_increase = np.full_like(value, -np.inf)
    for _ in range(steps):
        u = _prox(setting, w)
        v = w - eta * K * (w - w_star) - eta * beta * (w - u)
        w = v / _norm(v)[:, None]
        old_theta, old_value = theta, value
        theta, value = _monitors(setting, w_star, w, u)
        theta_increase = np.maximum(theta_increase, theta - old_theta)
        value_increase = np.maximum(value_increase, value - old_value)
    return Result(w, u, theta, value, theta_increase, value_increase)


def _monitors(
    setting: Setting, w_star: np.ndarray, w: np.ndarray, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    theta = 2 * np.arctan2(_norm(w - w_star), _norm(w + w_star))
    coupling = setting.beta / 2 * _norm(w - u) ** 2
    return theta, setting.K * theta + setting.lam * _value(setting, u) + coupling


def _norm(x: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("rj,rj->r", x, x))


def _prox(setting: Setting, x: np.ndarray) -> np.ndarray:
    m, a, size = setting.m, setting.a, np.abs(x)
    if setting.penalty == "l1":
        return np.sign(x) * np.maximum(size - m, 0)
    if setting.penalty == "l0":
        return np.where(size > setting.threshold, x, 0)
    cosine = 1 - 27 * m * a * (a + 1) / (2 * (a + size) ** 3)
    third = np.arccos(np.maximum(cosine, -1)) / 3  # below -1 only where u is 0
    root = 2 / 3 * (a + size) * np.cos(third) - 2 * a / 3 + size / 3
    return np.where(size > setting.threshold, np.sign(x) * root, 0)


def _value(setting: Setting, u: np.ndarray) -> np.ndarray:
    a, size = setting.a, np.abs(u)
    if setting.penalty == "l1":
        return size.sum(axis=1)
    if setting.penalty == "l0":
        return np.count_nonzero(u, axis=1).astype(u.dtype)
    return ((a + 1) * size / (a + size)).sum(axis=1)
