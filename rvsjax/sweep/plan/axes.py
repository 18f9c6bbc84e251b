"""Axes of a sweep: lists, ranges and samples of parameter values."""

import math
from typing import Any, NamedTuple

from rvsjax.errors import Problem, did_you_mean, shown
from rvsjax.sweep.plan.parameters import ParameterSpace
from rvsjax.sweep.plan.sweep_file import Sample

__all__ = ["Axis", "check_sample", "length", "list_axis", "sample_axis", "zip_axis"]

LONGEST = 100_000

Point = tuple[Any, ...]
Range = tuple[str, list[Any]]


class Axis(NamedTuple):
    """Parameters that move together: names, and a tuple of values for each point."""

    names: tuple[str, ...]
    points: list[Point]


def length(spec: Any) -> int:
    """Return how many values a range is expanded to; 0 for all that is no range."""
    number = spec.get("num") if isinstance(spec, dict) else 0
    return number if type(number) is int and 2 <= number <= LONGEST else 0


def _tidy(value: float) -> float:
    """Drop the rounding noise of the last digit, so that 1e-4 reads 1e-4."""
    return float(f"{value:.15g}")


def _range(spec: dict[str, Any], where: str) -> tuple[list[Any], list[Problem]]:
    """Expand ``{ lin = [a, b], num = n }`` or ``{ geom = [a, b], num = n }``."""
    kind = next((name for name in ("lin", "geom") if name in spec), None)
    shape = "must be { lin = [a, b], num = n } or { geom = [a, b], num = n }"
    if kind is None or set(spec) != {kind, "num"}:
        return [], [Problem(where, f"{shape}, got {shown(spec)}")]
    ends, num = spec[kind], length(spec)
    if not _is_pair(ends) or not num:
        what = f"{shape} with 2 <= num <= {LONGEST}, got {shown(spec)}"
        return [], [Problem(where, what)]
    first, last = ends
    if kind == "lin":
        inner = [first + (last - first) * i / (num - 1) for i in range(1, num - 1)]
    elif first > 0 and last > 0:
        inner = [_between(first, last, i / (num - 1)) for i in range(1, num - 1)]
    else:
        return [], [Problem(where, f"geom needs two positive ends, got {shown(ends)}")]
    values = [first, *map(_tidy, inner), last]
    whole = all(isinstance(end, int) for end in ends)
    if whole and all(float(value).is_integer() for value in values):
        values = [int(value) for value in values]
    return values, []


def _between(first: float, last: float, share: float) -> float:
    """Return ``first^(1 - share) last^share``, also where ``last / first`` is no float.

    By the ratio where there is one, as ever: ids are made of these values.
    """
    ratio = last / first
    if 1e-290 < ratio < 1e290:
        return first * ratio**share
    return float(first) ** (1 - share) * float(last) ** share


def _is_pair(ends: Any) -> bool:
    return (
        isinstance(ends, list)
        and len(ends) == 2
        and all(type(end) in (int, float) and abs(end) < 1e300 for end in ends)
    )


def _values(
    space: ParameterSpace, name: str, spec: Any, where: str
) -> tuple[list[Any], list[Problem]]:
    """Return the good values of one parameter: of a list, a range or one value."""
    problems: list[Problem] = []
    if name not in space.settable:
        return [], space.check(name, spec, where)[1]
    if isinstance(spec, dict):
        values, problems = _range(spec, where)
    elif isinstance(spec, list):
        values = spec
        if not values:
            problems = [Problem(where, "is an empty list; an axis needs a value")]
    else:
        values = [spec]
    good = []
    for i, value in enumerate(values):
        place = f"{where}[{i}]" if isinstance(spec, list) else where
        value, found = space.check(name, value, place)
        problems += found
        if not found:
            good.append(value)
        if len(problems) >= 10:
            break
    return good, problems


def _distinct(axis: Axis, where: str) -> list[Problem]:
    seen: set[Point] = set()
    for point in axis.points:
        if point in seen:
            values = ", ".join(f"{n} = {v}" for n, v in zip(axis.names, point))
            return [Problem(where, f"{values} stands there twice")]
        seen.add(point)
    return []


def list_axis(
    space: ParameterSpace, name: str, spec: Any, where: str
) -> tuple[Axis, list[Problem]]:
    """Return the axis of one parameter, with its good values alone."""
    values, problems = _values(space, name, spec, where)
    axis = Axis((name,), [(value,) for value in values])
    return axis, problems or _distinct(axis, where)


def zip_axis(
    space: ParameterSpace, block: dict[str, Any], where: str
) -> tuple[Axis, list[Problem]]:
    """Return the axis of parameters that move together; no points if one is wrong."""
    columns, problems = [], []
    for name, spec in block.items():
        values, found = _values(space, name, spec, f"{where}.{name}")
        columns.append(values)
        problems += found
    lengths = {name: len(column) for name, column in zip(block, columns)}
    if not problems and len(set(lengths.values())) != 1:
        what = f"its lists must be of one length, got {lengths}"
        problems.append(Problem(where, what))
    axis = Axis(tuple(block), [] if problems else list(zip(*columns)))
    return axis, problems or _distinct(axis, where)


def check_sample(
    space: ParameterSpace, sample: Sample
) -> tuple[list[Range], list[Problem]]:
    """Return the range of each parameter of a sample, and what is wrong with them."""
    problems: list[Problem] = []
    ranges: list[Range] = []
    for name, spec in sample.dimensions.items():
        where = f"sample.{name}"
        if name not in space.settable:
            known = [*Sample.model_fields, *space.settable]
            problems.append(Problem(where, "unknown key" + did_you_mean(name, known)))
            continue
        kind, bounds = next(iter(spec.items())) if _is_distribution(spec) else ("", [])
        if not kind:
            what = "must be { uniform = [a, b] }, { loguniform = [a, b] } or"
            what += f" {{ choice = [...] }}, got {shown(spec)}"
            problems.append(Problem(where, what))
            continue
        values, found = _values(space, name, bounds, f"{where}.{kind}")
        problems += found
        if kind != "choice" and not found:
            problems += _check_bounds(kind, values, f"{where}.{kind}")
        ranges.append((kind, values))
    if not sample.dimensions:
        problems.append(Problem("sample", "names no parameter"))
    return ranges, problems


def sample_axis(sample: Sample, ranges: list[Range]) -> tuple[Axis, list[Problem]]:
    """Draw the points of a sample, as one axis. Same file, same points."""
    columns = [
        [_quantile(kind, values, x) for x in column]
        for (kind, values), column in zip(ranges, _unit_points(sample))
    ]
    axis = Axis(tuple(sample.dimensions), list(zip(*columns)))
    return axis, _distinct(axis, "sample")


def _is_distribution(spec: Any) -> bool:
    kinds = ("uniform", "loguniform", "choice")
    return (
        isinstance(spec, dict)
        and len(spec) == 1
        and next(iter(spec)) in kinds
        and isinstance(next(iter(spec.values())), list)
    )


def _check_bounds(kind: str, values: list[Any], where: str) -> list[Problem]:
    if len(values) != 2 or any(isinstance(value, str) for value in values):
        return [Problem(where, f"needs two numbers, got {shown(values)}")]
    if not values[0] < values[1]:
        return [Problem(where, f"needs a lower bound below the upper, got {values}")]
    if kind == "loguniform" and values[0] <= 0:
        return [Problem(where, f"needs positive bounds, got {values}")]
    return []


def _quantile(kind: str, values: list[Any], x: float) -> Any:
    """Map x in [0, 1) to the distribution; whole bounds give whole numbers."""
    if kind == "choice":
        return values[min(int(x * len(values)), len(values) - 1)]
    low, high = values
    whole = isinstance(low, int)
    top = high + 1 if whole else high
    if kind == "uniform":
        value = low + (top - low) * x
    else:
        value = math.exp(math.log(low) + (math.log(top) - math.log(low)) * x)
    return min(max(math.floor(value) if whole else value, low), high)


def _unit_points(sample: Sample) -> list[list[float]]:
    """Return a column of points in [0, 1) for each dimension."""
    import warnings

    import numpy as np

    size = len(sample.dimensions)
    rng = np.random.default_rng(sample.seed)
    if sample.method == "random":
        points = rng.random((sample.n, size))
    else:
        from scipy.stats import qmc

        method = {"sobol": qmc.Sobol, "lhs": qmc.LatinHypercube}[sample.method]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # n not a power of two
            points = method(size, rng=rng).random(sample.n)
    return points.T.tolist()
