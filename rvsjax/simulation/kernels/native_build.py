"""Build of the C++ kernels for this machine, at first use, kept for later processes.

They are compiled by the system's compiler: ``$CXX``, else ``c++``, ``g++`` or
``clang++``. Without one, there are no such kernels here.
"""

import atexit
import contextlib
import ctypes
import functools
import hashlib
import logging
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import jax

from rvsjax.environment.cache import private_folder, source_digest, warn_once
from rvsjax.environment.jax_settings import largest_instruction_set
from rvsjax.simulation.kernels.native_header import header

__all__ = ["TARGET", "BuildError", "kernel_build", "load"]

TARGET = "rvsjax_simulate"

_SOURCE = Path(__file__).parent / "native"
# Contracted multiply-adds are as exact as separate ones; the rest says that nobody
# reads errno or traps, without which roots are not computed in vectors.
_FLAGS = (
    *("-std=c++17", "-O3", "-ffp-contract=fast"),
    *("-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"),
    "-Werror=missing-field-initializers",  # of a number that the header asks for
)
_LEVELS = {
    "SSE4_2": "x86-64-v2",
    "AVX2": "x86-64-v3",
}  # of GCC and Clang, by XLA's word
# the version of a compiler, the processor it tunes for, and arithmetic it may use
_DECIDES = re.compile(
    r"^#define (__VERSION__|__tune_\w+__|__(?:SSE|AVX|FMA|F16C|ARM_FEATURE)\w*) (.*)$",
    re.MULTILINE,
)
_MEND = "name a C++17 compiler that works in CXX"
_TIMEOUT = 300.0  # seconds
_lock = threading.Lock()
_log = logging.getLogger(__name__)


class BuildError(RuntimeError):
    """A failure to compile or load the kernels; its text says why."""


def load() -> None:
    """Compile the kernels, or find them compiled, and register them with JAX.

    Raises BuildError, the same at every call.
    """
    with _lock:
        failure = _load()
    if failure:
        raise BuildError(failure)


@functools.cache
def _load() -> str | None:
    try:
        library = _open(_library())
        handler = jax.ffi.pycapsule(getattr(library, TARGET))
        jax.ffi.register_ffi_target(TARGET, handler, platform="cpu")
    except BuildError as error:
        return str(error)
    except (OSError, AttributeError) as error:
        return f"the compiled kernels could not be loaded: {error}"


def _open(path: Path) -> ctypes.CDLL:
    """Load the library; compile it again should the file be damaged."""
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        path.unlink(missing_ok=True)
        return ctypes.CDLL(str(_library()))


def _library() -> Path:
    """Return the shared library, compiled into the user's cache if it is not there."""
    compiler = _compiler()
    folder = _folder()
    about = [source_digest(_SOURCE), header(), version("jaxlib"), *compiler, *_FLAGS]
    about.append(_target())
    name = hashlib.sha256("\0".join([*about, _machine(compiler)]).encode()).hexdigest()
    path = folder / f"{name}.so"
    if not path.exists():
        _log.info("compiling the C++ kernels, once on this machine (about 10 s)")
        temporary = folder / f".{name}.{os.getpid()}.tmp"
        _compile(compiler, temporary)
        temporary.replace(path)
    return path


def _compile(compiler: list[str], output: Path) -> None:
    """Compile the sources with the header of their interface, written beside."""
    with tempfile.TemporaryDirectory(prefix="rvsjax-") as folder:
        (Path(folder) / "abi.h").write_text(header())
        headers = ["-isystem", jax.ffi.include_dir(), "-I", folder]
        sources = [str(_SOURCE / "entry.cc"), "-o", str(output)]
        _run([*compiler, _target(), *_FLAGS, *headers, *sources])


def _folder() -> Path:
    """Return where the library goes: the cache, else a folder for this process alone.

    Code cannot be run from everywhere: BuildError where it can from neither.
    """
    folder = private_folder("kernels")
    if folder and not _runs_code(folder):
        warn_once(
            f"{folder} lies on a disk that runs no code (noexec), so the C++ kernels "
            "are compiled at every start; name a folder elsewhere in RVSJAX_CACHE"
        )
    elif folder:
        return folder
    folder = Path(tempfile.mkdtemp(prefix="rvsjax-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if not _runs_code(folder):
        what = f"{folder.parent} lies on a disk that runs no code (noexec)"
        raise BuildError(f"{what}; name a folder elsewhere in RVSJAX_CACHE")
    return folder


def _runs_code(folder: Path) -> bool:
    return not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)


def _compiler() -> list[str]:
    """Return the command of the first compiler that is there, the user's own first."""
    named = os.environ.get("CXX", "").strip()
    for command in _readings(named):
        if shutil.which(command[0]):
            return command
    for name in ("c++", "g++", "clang++"):
        if shutil.which(name):
            if named:
                what = f"CXX is {named!r}, which names no compiler here"
                warn_once(f"{what}; {name} is used in its place")
            return [name]
    raise BuildError(
        "no C++ compiler was found (c++, g++, clang++ or $CXX); install one"
    )


def _readings(text: str) -> Iterator[list[str]]:
    """Yield what a text may mean as a command: a path with spaces, or its words."""
    if text:
        yield [os.path.expanduser(text)]
        with contextlib.suppress(ValueError):  # a quotation that is not closed
            if words := shlex.split(text):
                yield [os.path.expanduser(words[0]), *words[1:]]


def _machine(compiler: list[str]) -> str:
    """Return what the compiler takes this machine, and itself, for."""
    return _run([*compiler, _target(), "-dM", "-E", "-x", "c++", os.devnull])


def _target() -> str:
    """Return what to compile for: this processor, or the set that XLA is limited to.

    Machines of several kinds then have one build of the kernels.
    """
    return f"-march={_LEVELS.get(largest_instruction_set(), 'native')}"


def kernel_build() -> str:
    """Return the compiler and the processor that the kernels are compiled for here.

    As far as either decides their bits. Raises BuildError where there is no compiler.
    """
    told = dict(_DECIDES.findall(_machine(_compiler())))
    compiler = told.pop("__VERSION__", "").strip('"')
    tuned = [name[7:-2] for name in told if name.startswith("__tune_")]
    sets = hashlib.sha256(" ".join(sorted(told)).encode()).hexdigest()[:8]
    return " ".join([compiler, _target(), *tuned, sets])


def _run(command: list[str]) -> str:
    try:
        # a group of its own: Ctrl-C is for us, not to be taken for a bad compiler
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",  # a compiler may speak any tongue, in any encoding
            timeout=_TIMEOUT,
            process_group=0,
        )
    except subprocess.TimeoutExpired as error:
        what = f"{command[0]} was not done after {error.timeout:g} s"
        raise BuildError(f"{what}; {_MEND}") from error
    except OSError as error:
        what = f"the C++ compiler could not be run: {error}"
        raise BuildError(f"{what}; {_MEND}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line]
        reason = lines[0].strip() if lines else f"exit code {done.returncode}"
        what = f"{command[0]} could not compile the kernels: {reason}"
        raise BuildError(f"{what}; {_MEND}")
    return done.stdout
