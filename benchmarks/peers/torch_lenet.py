"""The same training in PyTorch: one network after another, as its users write it."""

import math
from collections.abc import Callable

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

__all__ = ["prepare"]


class Binary(torch.autograd.Function):
    """``1[x > 0]``, backward the clipped ReLU's slope."""

    @staticmethod
    def forward(ctx, x):  # type: ignore[override]
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, slope):  # type: ignore[override]
        [x] = ctx.saved_tensors
        return slope * ((x > 0) & (x < 1))


class Activation(nn.Module):
    def forward(self, x):
        return Binary.apply(x)


def lenet(batch_norm: bool) -> nn.Sequential:
    def norm(kind, width: int) -> list:
        return [kind(width)] if batch_norm else []

    def convolution(*shape: int, padding: int) -> list:
        layer = nn.Conv2d(*shape, 5, padding=padding)
        pool = nn.MaxPool2d(2)
        return [layer, pool, *norm(nn.BatchNorm2d, shape[1]), Activation()]

    def dense(*shape: int) -> list:
        return [nn.Linear(*shape), *norm(nn.BatchNorm1d, shape[1]), Activation()]

    return nn.Sequential(
        *convolution(1, 6, padding=2),
        *convolution(6, 16, padding=0),
        nn.Flatten(),
        *dense(400, 120),
        *dense(120, 84),
        nn.Linear(84, 10),
    )


def prepare(
    images: np.ndarray,
    labels: np.ndarray,
    order: np.ndarray,
    batch_norm: bool,
    threads: int,
) -> Callable[[], None]:
    """Return an epoch of one network: RVSCGD with l0, SGD with momentum and decay."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    model = lenet(batch_norm)
    kernels = [p for p in model.parameters() if p.ndim >= 2]
    descent = torch.optim.SGD(
        model.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4
    )
    beta, threshold = 1e-2, math.sqrt(2 * 1e-5 / 1e-2)
    pixels, classes = torch.from_numpy(images), torch.from_numpy(labels).long()
    rows = torch.from_numpy(order).long()

    def epoch() -> None:
        for each in rows:
            x = pixels[each].float().div_(255)[:, None]
            descent.zero_grad()
            nn.functional.cross_entropy(model(x), classes[each]).backward()
            with torch.no_grad():
                for w in kernels:
                    u = torch.where(w.abs() > threshold, w, 0)
                    w.grad.add_(w - u, alpha=beta)  # type: ignore[union-attr]
            descent.step()

    return epoch
