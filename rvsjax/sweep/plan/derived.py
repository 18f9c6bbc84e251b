"""Derived axes: a parameter as a ratio to a number that follows from others."""

import functools
import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo

__all__ = ["Derived", "Inverse", "lam_over_beta"]

_DIGITS = 12  # of a ratio; of what it sets three more, so that the ratio comes back


class Derived:
    """A ratio that sets a parameter: ``parameter = ratio * unit``.

    `unit` returns a number, None where it has no meaning; its arguments are named as
    the parameters that it reads, which are worked out first.
    """

    def __init__(
        self, parameter: str, unit: Callable[..., float | None], field: Any
    ) -> None:
        """Take the parameter that it sets, its unit, and a field of pydantic."""
        self.parameter = parameter
        self.field: FieldInfo = field
        self._unit = unit

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The parameters that its unit follows from."""
        return tuple(inspect.signature(self._unit).parameters)

    def unit(self, values: Mapping[str, Any]) -> float | None:
        """Return the unit beside values of parameters; None where it has none."""
        try:
            return self._unit(*[values[name] for name in self.reads])
        except (TypeError, ArithmeticError):  # a value that is not there, or 0
            return None

    def value(self, ratio: float, values: Mapping[str, Any]) -> float | None:
        """Return the parameter's value, to 15 digits: 0.3 of 0.1 is 0.03."""
        unit = self.unit(values)
        return None if unit is None else _rounded(ratio * unit, _DIGITS + 3)

    def ratio(self, values: Mapping[str, Any]) -> float | None:
        """Return the ratio to 12 digits; None where it has no meaning."""
        value, unit = values[self.parameter], self.unit(values)
        return self.tidy(value / unit) if value is not None and unit else None

    def tidy(self, ratio: float) -> float:
        """Return a ratio to the digits that it has."""
        return _rounded(ratio, _DIGITS)


class Inverse(Derived):
    """A number that sets a parameter by a rising function of it, such as a threshold.

    It is found from the parameter by halving.
    """

    def __init__(
        self,
        parameter: str,
        reads: tuple[str, ...],
        function: Callable[[float, Mapping[str, Any]], float | None],
        field: Any,
    ) -> None:
        """Take the parameter, what the function reads beside the number, and it."""
        super().__init__(parameter, lambda: None, field)
        self.reads, self._function = reads, function
        self._solved = functools.lru_cache(4096)(self._solve)

    def value(self, ratio: float, values: Mapping[str, Any]) -> float | None:
        """Return the parameter's value, to 15 digits."""
        try:
            found = self._function(ratio, values)
        except (TypeError, KeyError, ArithmeticError):
            return None
        return None if found is None else _rounded(found, _DIGITS + 3)

    def ratio(self, values: Mapping[str, Any]) -> float | None:
        """Return the number to 12 digits; None where it has no meaning."""
        told = tuple(values[name] for name in (self.parameter, *self.reads))
        return self._solved(*told)

    def _solve(self, wanted: float | None, *told: Any) -> float | None:
        values, low, high = dict(zip(self.reads, told)), 0.0, 1e6
        most = self.value(high, values)
        if wanted is None or most is None or wanted > most:
            return None
        while high - low > 1e-13 * high and high > 1e-300:
            middle = (low + high) / 2 if low else high / 16
            found = self.value(middle, values)
            assert found is not None
            low, high = (middle, high) if found < wanted else (low, middle)
        return self.tidy(high) if wanted else 0.0


def lam_over_beta() -> Derived:
    """Return the ratio lam/beta, of which the prox is: it sets lam."""
    what = "lam/beta, the size of the prox: sets lam"
    field = Field(None, ge=0, le=1e6, description=what)
    return Derived("lam", lambda beta: beta, field)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
