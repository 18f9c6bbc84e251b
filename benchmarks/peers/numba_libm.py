"""The numba peer with the arctangent of the C library: a call for each run and step."""

import functools

from . import numba_blocked, numba_penalties

__all__ = ["prepare"]

prepare = functools.partial(
    numba_blocked.prepare, arctangent=numba_penalties.library_arctangent
)
