"""Numbers of Python, NumPy and JAX: one rule for every function that takes them.

A number, or an array of one number, is a number whoever made it; a truth value is none.
What is traced, inside `jax.jit`, `jax.vmap` or `jax.grad`, is taken as it comes: its
value is not known. Imports nothing: sweeps are written without jax.
"""

import sys
from numbers import Real
from typing import Any

__all__ = ["computable", "flat", "is_known", "plain", "refuse", "vector", "whole"]


def plain(value: Any) -> Any:
    """Return a value as Python's own: numbers, lists and tables.

    Arrays and numbers of others have `tolist`; tuples and ranges become lists. That of
    a `numpy.longdouble` is itself, since Python has no such number: the nearest float.
    """
    if isinstance(value, dict):
        return {key: plain(x) for key, x in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(x) for x in value]
    if not hasattr(value, "tolist"):
        return value
    found = value.tolist()
    if type(found) is not type(value):
        return plain(found)
    return float(found) if isinstance(found, Real) else found


def computable(value: Any) -> Any:
    """Return known numbers as what can be computed with, in 32 bits or more.

    Lists have no arithmetic, and numbers of NumPy and JAX with fewer bits, or whole
    ones, overflow in a square: a number becomes Python's own.
    """
    of = type(value).__module__.partition(".")[0]
    wide = of in _OF_ARRAYS and str(getattr(value, "dtype", "")) in _WIDE
    if wide or not is_known(value):
        return value
    value = plain(value)
    if not isinstance(value, list):
        return value
    import jax.numpy as jnp

    return jnp.asarray(value, float)


_OF_ARRAYS = ("numpy", "jax", "jaxlib")
_WIDE = ("float32", "float64")


def flat(value: Any) -> list[Any]:
    """Return every number of an array, or of a number; none of what is traced."""
    if not is_known(value):
        return []
    value = plain(value)
    return (
        [x for part in value for x in flat(part)]
        if isinstance(value, list)
        else [value]
    )


def is_known(value: Any) -> bool:
    """Say whether a value can be looked at: it is not traced, nor a shape alone."""
    jax = sys.modules.get("jax")
    unknown = () if jax is None else (jax.core.Tracer, jax.ShapeDtypeStruct)
    return not isinstance(value, unknown)


def refuse(
    what: str, value: Any, *, least: float | None = None, above: float | None = None
) -> None:
    """Raise ValueError where a value is known and no finite number within its bounds.

    `what` begins the sentence: the function and the argument.
    """
    if not is_known(value):
        return
    value = plain(value)
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    fits = fits and abs(value) <= sys.float_info.max  # not NaN
    fits = fits and (least is None or value >= least)
    if not fits or (above is not None and value <= above):
        bounds = "" if least is None else f", at least {least:g}"
        bounds += "" if above is None else f", above {above:g}"
        raise ValueError(f"{what} is {value!r}; it must be finite{bounds}")


def whole(
    what: str, value: Any, least: int | None = None, most: int | None = None
) -> int:
    """Return a whole number as Python's own; ValueError where it is none, or outside.

    It is part of a program, and so it must not be traced.
    """
    known = plain(value) if is_known(value) else value
    fits = isinstance(known, int) and not isinstance(known, bool)
    fits = fits and (least is None or known >= least)
    if fits and (most is None or known <= most):
        return known
    bounds = "" if least is None else f", at least {least}"
    bounds += "" if most is None else f", at most {most}"
    raise ValueError(f"{what} is {known!r}; it must be a whole number{bounds}")


def vector(what: str, value: Any) -> Any:
    """Return an array with one axis or more, a list of numbers as one of JAX.

    Raises ValueError where it is neither; whole numbers become floating point.
    """
    import jax.numpy as jnp

    array = value
    if is_known(value) and not hasattr(value, "dtype"):
        fits = all(type(x) in (int, float) for x in flat(value))
        array = jnp.asarray(plain(value), float) if fits else jnp.zeros(())
    if array.ndim and jnp.issubdtype(array.dtype, jnp.integer):
        array = jnp.asarray(array, float)
    if not array.ndim or not jnp.issubdtype(array.dtype, jnp.floating):
        raise ValueError(f"{what} is {value!r}; it must be a vector of numbers")
    return array
