"""One run of a sweep: its parameters, its seed, and the name that it keeps."""

import hashlib
import json
from functools import cached_property
from typing import Any, NamedTuple

from rvsjax.spec.parameters import STATIC

__all__ = ["STUDY_VERSION", "Item", "Point"]

STUDY_VERSION = 1
"""Part of every run's identity; raised when the meaning of a run changes."""

_LATER = {"precision": "plain", "surrogate": "relu"}
"""Parameters that are younger than some runs, as those had them."""


class Point(dict[str, Any]):
    """The parameters of a point: what its seeds share is worked out once."""

    @cached_property
    def identity(self) -> str:
        """What is hashed of a run, all but its seed."""
        return _identity(dict(self))

    @cached_property
    def static_key(self) -> tuple[Any, ...]:
        """What the programs of its runs are compiled for."""
        return _static_key(self)


def _identity(parameters: dict[str, Any]) -> str:
    if isinstance(parameters, Point):
        return parameters.identity
    used = {n: v for n, v in sorted(parameters.items()) if v is not None}
    used = {n: v for n, v in used.items() if n not in _LATER or v != _LATER[n]}
    return json.dumps(["rvscgd", STUDY_VERSION, used])[:-1]


def _static_key(parameters: dict[str, Any]) -> tuple[Any, ...]:
    given = parameters["w_star"] is not None
    return given, *(parameters[name] for name in STATIC)


class Item(NamedTuple):
    """One run of a sweep: canonical parameters, seed and identity."""

    parameters: dict[str, Any]
    seed: int

    @property
    def static_key(self) -> tuple[Any, ...]:
        """What the run's program is compiled for."""
        if isinstance(self.parameters, Point):
            return self.parameters.static_key
        return _static_key(self.parameters)

    @property
    def run_id(self) -> str:
        """A hash of the study, the parameters in use and the seed: 20 hex digits.

        It does not know of the sweep around the run, so that adding or reordering
        values keeps every finished row; nor of parameters that came later, as long as
        they have the value that all runs had before.
        """
        text = f"{_identity(self.parameters)}, {self.seed}]"
        return hashlib.sha256(text.encode()).hexdigest()[:20]
