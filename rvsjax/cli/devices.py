"""The start of JAX on the devices that a command asks for."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rvsjax.errors import UserError, one_line
from rvsjax.sweep.resources import find_devices

if TYPE_CHECKING:
    from rvsjax.sweep.engine import Device

__all__ = ["folder_device", "start_devices"]

# With `WHOLE_LOOPS` XLA makes one kernel of the loop over steps: it took 3.8 instead of
# 19 microseconds a step under jax 0.10.1 (blocks of 16, d = 50, l0, float64), to the
# same bits, and the same time as before under 0.12.0. It is read when JAX starts.
_WHOLE_LOOPS = "xla_cpu_small_while_loop_byte_threshold=1000000000"

# Fatal ones alone: what else goes wrong raises an exception. Under jax 0.10.1 each
# program from the cache would print that it may crash, on processors with AVX-512: a
# false alarm (openxla/xla issue 44565). It is read when JAX starts, which sets it to 1
# where it is not set, for the processes begun by one that has JAX as well.
_LOGS, _JAX_LOGS = "3", "1"


def start_devices(kind: str) -> tuple["Device", ...]:
    """Start JAX; return the devices of a kind, or of that which it prefers (``auto``).

    Raises UserError where there is none, or where JAX could not compute with it.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    _check_flags(flags)
    is_file = flags.strip() and not flags.strip().startswith("-")
    if not is_file and "xla_backend_extra_options" not in flags:
        whole = f"{flags} --xla_backend_extra_options={_WHOLE_LOOPS}"
        os.environ["XLA_FLAGS"] = whole.strip()
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", _JAX_LOGS) == _JAX_LOGS:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = _LOGS
    return find_devices(kind)


def folder_device(folder: Path) -> "Device":
    """Start JAX on the kind of device that a folder was computed on, if it is here."""
    from rvsjax.sweep.store import Store

    sessions = Store(folder).manifest.get("sessions", [])
    kinds = {session.get("platform") for session in sessions}
    on_cpu = kinds == {"cpu"}  # which is always here
    return start_devices("cpu" if on_cpu else "auto")[0]


# It reads the flags, and ends the process where it cannot; 0.3 s of a core.
_READ_FLAGS = "from jaxlib import xla_client; xla_client.CompileOptions()"
_FATAL = re.compile(r"^[EF]\d{4} .*?\] (.*)$", re.MULTILINE)
_PATIENCE = 60  # seconds


def _check_flags(flags: str) -> None:
    """Raise UserError for flags with which XLA would end this process in its own words.

    A process of its own reads them, where the user has set some and JAX has not started
    here. Where it cannot tell, this one may as well be the one to find out.
    """
    if not flags or "jaxlib" in sys.modules:
        return
    command = [sys.executable, "-P", "-c", _READ_FLAGS]  # nothing of this folder
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "errors": "replace"}
    quiet["env"] = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0"}  # all that XLA says
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        told = subprocess.run(command, timeout=_PATIENCE, **quiet)
        if told.returncode and (fatal := _FATAL.search(told.stderr)):
            what = one_line(fatal[1]).rstrip(".")
            raise UserError(f"XLA cannot start: {what}; mend XLA_FLAGS")
