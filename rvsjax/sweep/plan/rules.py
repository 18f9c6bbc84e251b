"""Rules between parameters as functions, and numbers as users write them."""

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["Rule", "Values", "read_printed"]

Values = dict[str, Any]

_RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED = str.maketrans(_RAISED, "-0123456789")


def read_printed(text: str) -> float:
    """Read ``4 × 10⁻³``, ``10⁻³`` or ``−1``, as pages print numbers, or ValueError."""
    text = text.replace("−", "-")
    front, ten, power = text.rpartition("10")
    if not ten or not power or set(power) - set(_RAISED):
        return float(text)
    front = front.replace("×", " ").strip()
    front = f"{front}1" if front in ("", "-") else front
    return float(f"{front}e{power.translate(_LOWERED)}")


class Rule:
    """A function of parameters: its arguments say what it reads.

    An argument is named as a parameter and receives its value, or ``has_NAME`` and
    receives whether the file sets the parameter.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """Read the names of the arguments."""
        names = inspect.signature(function).parameters
        self._function = function
        self._arguments = [(n.removeprefix("has_"), n[:4] == "has_") for n in names]
        self.values = tuple(name for name, has in self._arguments if not has)
        self.presences = tuple(name for name, has in self._arguments if has)

    def __call__(self, run: Values, chosen: Values) -> Any:
        """Apply it to the values of a run, of which some were chosen by the file."""
        told = chosen.get
        return self._function(
            *[told(n) is not None if has else run[n] for n, has in self._arguments]
        )
