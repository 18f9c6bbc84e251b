"""PyTorch: one step of all runs under torch.compile, a loop over the steps.

The runs are the minor axis, `(d, R)`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]

from .problem import Problem, Result, Setting

__all__ = ["prepare"]

Tensor = Any  # torch.Tensor, which is unknown where torch is not installed


def prepare(problem: Problem, steps: int) -> Callable[[], Result]:
    setting = problem.setting
    w0, w_star = (
        torch.from_numpy(np.ascontiguousarray(x.T))
        for x in (problem.w0, problem.w_star)
    )
    torch.compiler.reset()  # programs of other problems count against a limit
    step = torch.compile(_step, fullgraph=True, dynamic=False)

    def call(steps: int = steps) -> Result:
        with torch.no_grad():
            u = _prox(setting, w0)
            theta, value = _monitors(setting, w_star, w0, u)
            lowest = torch.full_like(theta, -math.inf)
            state = Result(w0, u, theta, value, lowest, lowest)
            for _ in range(steps):
                state = step(setting, w_star, state)
        return Result(*(np.asarray(x).T for x in state))

    call(2)
    return call


def _step(setting: Setting, w_star: Tensor, old: Result) -> Result:
    w, eta, beta = old.w, setting.eta, setting.beta
    u = _prox(setting, w)
    v = w - eta * setting.K * (w - w_star) - eta * beta * (w - u)
    w = v / torch.linalg.vector_norm(v, dim=0)
    theta, value = _monitors(setting, w_star, w, u)
    theta_increase = torch.maximum(old.theta_increase, theta - old.theta)
    value_increase = torch.maximum(old.lagrangian_increase, value - old.lagrangian)
    return Result(w, u, theta, value, theta_increase, value_increase)


def _monitors(
    setting: Setting, w_star: Tensor, w: Tensor, u: Tensor
) -> tuple[Tensor, Tensor]:
    apart = torch.linalg.vector_norm(w - w_star, dim=0)
    together = torch.linalg.vector_norm(w + w_star, dim=0)
    theta = 2 * torch.atan2(apart, together)
    coupling = setting.beta / 2 * ((w - u) ** 2).sum(dim=0)
    return theta, setting.K * theta + setting.lam * _value(setting, u) + coupling


def _prox(setting: Setting, x: Tensor) -> Tensor:
    m, a, size = setting.m, setting.a, x.abs()
    if setting.penalty == "l1":
        return x.sign() * (size - m).clamp(min=0)
    if setting.penalty == "l0":
        return torch.where(size > setting.threshold, x, 0)
    cosine = 1 - 27 * m * a * (a + 1) / (2 * (a + size) ** 3)
    third = torch.arccos(cosine.clamp(min=-1)) / 3  # below -1 only where u is 0
    root = 2 / 3 * (a + size) * torch.cos(third) - 2 * a / 3 + size / 3
    return torch.where(size > setting.threshold, x.sign() * root, 0)


def _value(setting: Setting, u: Tensor) -> Tensor:
    size = u.abs()
    if setting.penalty == "l1":
        return size.sum(dim=0)
    if setting.penalty == "l0":
        return (u != 0).to(u.dtype).sum(dim=0)
    return ((setting.a + 1) * size / (setting.a + size)).sum(dim=0)
