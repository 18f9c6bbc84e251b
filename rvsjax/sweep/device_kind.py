"""Kind of device: what the last bits of a block depend on, beside its config.

A process, a host, its operating system and the packages that compute nothing are no
part of it: the same machine is of the same kind after each start and update of those.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rvsjax.errors import FolderError, counted, one_line

__all__ = ["DeviceKind", "kind_difference", "kind_lines", "need_same_kind"]

_UNKNOWN = "a kind of device that was not noted"
_MEND = "add --mixed to count both apart, or use another folder with --out"


class DeviceKind(NamedTuple):
    """Device, versions and builds that compute; "" where there is no such thing."""

    platform: str  # cpu, gpu, tpu
    device: str  # as JAX names it
    machine: str  # x86_64, ...
    processor: str  # its instruction sets for floating point
    driver: str  # and libraries of the platform, where it is no CPU
    libc: str  # has the elementary functions that C++ and XLA call on a CPU
    jax: str
    jaxlib: str
    kernel: str  # compiler and target of the C++ kernel, where the folder has it
    flags: str  # of XLA and JAX beside the usual

    @property
    def name(self) -> str:
        """The name of the kind: a digest of all that it tells."""
        text = json.dumps(self.as_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, str]:
        """Return it as a manifest has it."""
        return {name: value for name, value in self._asdict().items() if value}


def need_same_kind(folder: Path, known: dict[str, Any], kind: DeviceKind) -> None:
    """Refuse a kind of device that is none of a folder's, where it has some."""
    if known and kind.name not in known:
        told = kind_difference([*known.values()][-1], kind.as_json())
        what = f"{folder} was computed on another kind of device"
        raise FolderError(
            f"{what} ({told}), whose results may differ in the last digit; {_MEND}"
        )


def kind_difference(there: Any, here: dict[str, str]) -> str:
    """Say what differs between two kinds; one may be of a stranger's manifest."""
    there = there if isinstance(there, dict) else {}
    names = [x for x in DeviceKind._fields if there.get(x, "") != here.get(x, "")]
    pairs = ((x, *_words(str(there.get(x, "")), here.get(x, ""))) for x in names)
    told = (f"{x} {had or 'none'} there, {now or 'none'} here" for x, had, now in pairs)
    return one_line("; ".join(told))


def kind_lines(kinds: dict[str, Any], runs: Mapping[str, int]) -> list[str]:
    """Return a line for each of several kinds: its runs, and how it differs.

    The first is told with all that another has otherwise. Nothing where there is one.
    """
    told = [x if isinstance(x, dict) else {} for x in kinds.values()]
    names = [x for x in DeviceKind._fields if len({str(t.get(x)) for t in told}) > 1]
    words = {
        name: "; ".join(f"{x} {entry.get(x, 'none')}" for x in names)
        for name, entry in zip(kinds, told)
    }
    return [
        f"{counted(number, 'run')} on {one_line(words.get(name) or _UNKNOWN)}"
        for name, number in sorted(runs.items())
    ]


def _words(there: str, here: str) -> tuple[str, str]:
    """Return two lists of words, each without those that both have."""
    had, now = there.split(), here.split()
    return (
        " ".join(x for x in had if x not in now),
        " ".join(x for x in now if x not in had),
    )
