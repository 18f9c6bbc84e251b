"""Declared properties of penalties: what claims, limits and kernels ask of a class.

A class declares those that are not the default, as class variables. They are asked of
the class or of a penalty, for floats and for 50 digits alike.

shrinks      ``P(c u) <= P(u)`` for ``0 <= c <= 1``; true unless declared otherwise
separable    P is a sum over coordinates; true unless declared otherwise
thresholded  ``|x - prox(x)| <= t`` in each group, t the threshold
convex       P is convex
cone         P is 0 on a cone and infinite off it: lam has no meaning
"""

from collections.abc import Callable
from typing import Any

__all__ = [
    "has_pieces",
    "is_cone",
    "is_in_corollary_1_1",
    "is_separable",
    "own_steepest",
    "shrinks",
]


def shrinks(penalty: Any) -> bool:
    """Say whether ``P(c u) <= P(u)`` for ``0 <= c <= 1``: so ``|u|^2 <= <u, w>``."""
    return getattr(penalty, "shrinks", True)


def is_separable(penalty: Any) -> bool:
    """Say whether P is a sum over coordinates."""
    return getattr(penalty, "separable", True)


def is_cone(penalty: Any) -> bool:
    """Say whether P only limits which entries there are."""
    return getattr(penalty, "cone", False)


def own_steepest(penalty: Any) -> Callable[..., Any] | None:
    """Return ``steepest(x, m, radius)`` of a penalty that bounds its slopes itself."""
    return getattr(penalty, "steepest", None)


def has_pieces(penalty: Any) -> bool:
    """Say whether the prox has more than 0 and one branch whose slopes fall.

    Such a penalty bounds its slopes itself, by its method `steepest`.
    """
    return own_steepest(penalty) is not None


def is_in_corollary_1_1(penalty: Any) -> bool:
    """Say whether Corollary 1.1 is about a penalty: thresholded, and not convex."""
    thresholded = getattr(penalty, "thresholded", False)
    return thresholded and not getattr(penalty, "convex", False)
