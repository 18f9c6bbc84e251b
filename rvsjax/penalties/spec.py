"""Penalty specifications: the class behind a name, and the parameters of its own."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import Field

if TYPE_CHECKING:
    from rvsjax.types import Penalty

__all__ = ["PenaltySpec", "whole_field"]


def whole_field(default: int, **bounds: Any) -> Any:
    """Return a field of pydantic for a whole number that is part of the program."""
    field = Field(default, **bounds)
    field.metadata.append("static")
    return field


class PenaltySpec:
    """The class of a penalty, and those of its fields that sweep files set.

    A field is described as the parameters of a study are, by a ``pydantic.Field`` with
    a default, bounds and a description; its type is that of the default. The class may
    be named ``"module:class"``: it is then imported when the first penalty is made, so
    that sweep files are read without JAX. Two penalties share a parameter by the same
    ``Field``.
    """

    def __init__(
        self,
        home: "str | type[Penalty]",
        scale: Callable[..., float] | None = None,
        /,
        **parameters: Any,
    ) -> None:
        """Take the class, or its name, and a ``pydantic.Field`` for each parameter.

        ``scale(t, **parameters)`` is the m whose threshold is t, if one is known.
        """
        self.home, self.scale, self.parameters = home, scale, parameters
        self.has_weight = True
        self.is_separable = True

    def unweighted(self) -> "PenaltySpec":
        """Declare that P is 0 or infinite, so that lam has no meaning."""
        self.has_weight = False
        return self

    def of_vectors(self) -> "PenaltySpec":
        """Declare that P is not a sum over coordinates."""
        self.is_separable = False
        return self

    @cached_property
    def cls(self) -> "type[Penalty]":
        """The class itself."""
        if not isinstance(self.home, str):
            return self.home
        module, _, name = self.home.partition(":")
        return getattr(importlib.import_module(module), name)

    def scale_of(self, threshold: float, values: Mapping[str, Any]) -> float | None:
        """Return the m of a threshold beside parameters; None where none is known."""
        if self.scale is None:
            return None
        names = inspect.signature(self.scale).parameters
        return self.scale(threshold, **{n: values[n] for n in [*names][1:]})

    def make(self, number: Callable[[str], Any]) -> "Penalty":
        """Return the penalty with the numbers that its parameters have by name."""
        given = {name: number(name) for name in self.parameters}
        for name, field in self.parameters.items():
            if "static" in field.metadata:
                given[name] = int(given[name])
        return self.cls(**given)
