"""Penalty specifications: the class behind a name, and the parameters of its own."""

import importlib
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rvsjax.types import Penalty

__all__ = ["PenaltySpec"]


class PenaltySpec:
    """The class of a penalty, and those of its fields that sweep files set.

    A field is described as the parameters of a study are, by a ``pydantic.Field`` with
    a default, bounds and a description; its type is that of the default. The class may
    be named ``"module:class"``: it is then imported when the first penalty is made, so
    that sweep files are read without JAX.
    """

    def __init__(self, home: "str | type[Penalty]", **parameters: Any) -> None:
        """Take the class, or its name, and a ``pydantic.Field`` for each parameter."""
        self.home, self.parameters = home, parameters

    @cached_property
    def cls(self) -> "type[Penalty]":
        """The class itself."""
        if not isinstance(self.home, str):
            return self.home
        module, _, name = self.home.partition(":")
        return getattr(importlib.import_module(module), name)

    def make(self, number: Callable[[str], Any]) -> "Penalty":
        """Return the penalty with the numbers that its parameters have by name."""
        return self.cls(**{name: number(name) for name in self.parameters})
