"""Engine that evaluates the trials of a study, and the options it compiles with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rvsjax.environment.cache import Cache, private_folder, source_digest
from rvsjax.environment.jax_settings import unpinned
from rvsjax.sweep.engine import Device, Engine, Keeper, compiler_options
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.study import Study

__all__ = ["make_engine", "study_unpinned"]


def study_unpinned(study: Study, platform: str) -> str:
    """Return the settings that may move a bit of a study here, "" by default."""
    options = _options(study, platform, quick=False)
    return unpinned(f"--{name}" for name in options)


def _options(study: Study, platform: str, quick: bool) -> dict[str, Any]:
    """Return the options that the programs of a study are compiled with."""
    if study.options is None:
        return compiler_options(platform, quick)
    return study.options


def make_engine(
    study: Study,
    config: ExecutionConfig,
    workers: tuple[Device, ...],
    *,
    shared: Sequence[Any] = (),
    halves: bool = False,
    checkpoints: Keeper | None = None,
) -> Engine:
    """Return the engine that evaluates trials so; programs are kept for later.

    It `halves` blocks that do not fit into memory, or raises `OutOfMemory`.
    """
    folder = private_folder("programs")
    here = Path(__file__).parents[1]
    return Engine(
        study.evaluate,
        config.block_size,
        workers,
        shared=shared,
        options=_options(study, workers[0].platform, config.quick),
        keeper=Cache(folder, source_digest(here)) if folder else None,
        halves=halves,
        checkpoints=checkpoints,
    )
