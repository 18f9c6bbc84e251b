"""Execution config of a folder that is to be run: its own, or one chosen now."""

from pathlib import Path
from typing import Any

from rvsjax.simulation.kernels import problem
from rvsjax.sweep.execution import ExecutionConfig, choose_config, config_of
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.store import FolderError
from rvsjax.sweep.study import study_of
from rvsjax.sweep.study_engine import study_unpinned

__all__ = ["resolve_config"]


def resolve_config(
    folder: Path,
    manifest: dict[str, Any],
    plan: Plan,
    platform: str,
    *,
    block_size: int | None = None,
    kernel: str | None = None,
    data: str = "",
) -> ExecutionConfig:
    """Return the config of a folder with this manifest, chosen now if it has none.

    `data` is a digest of what all runs share. Raises FolderError where another config
    is asked for, or it does not work here.
    """
    before = config_of(manifest)
    unpinned = study_unpinned(study_of(plan), platform)
    if before:
        _need_same_inputs(folder, before, data, unpinned)
        _need_same_options(folder, before, block_size, kernel)
    config = before or choose_config(plan, platform, block_size, kernel)
    config = config._replace(data=data, unpinned=unpinned)
    if reason := problem(config.kernel, platform):
        begun = f"{folder} was begun with it, but " if before else ""
        raise FolderError(
            f"--kernel {config.kernel} does not work here: {begun}{reason}"
        )
    return config


def _need_same_inputs(
    folder: Path, before: ExecutionConfig, data: str, unpinned: str
) -> None:
    """Refuse other data, or other settings of JAX and XLA, than a folder had."""
    if before.data != data:
        what = f"{folder} was computed with other data"
        raise FolderError(f"{what}; name those with --data, or use another folder")
    if before.unpinned != unpinned:
        had, now = (f'"{x}"' if x else "none" for x in (before.unpinned, unpinned))
        what = f"{folder} was begun with other settings of JAX and XLA"
        raise FolderError(
            f"{what} ({had} there, {now} here); set XLA_FLAGS and JAX_... as there, "
            "or use another folder with --out"
        )


def _need_same_options(
    folder: Path, before: ExecutionConfig, block_size: int | None, kernel: str | None
) -> None:
    """Refuse another size of blocks, or another kernel, than a folder had."""
    for option, asked, had in (
        ("--block", block_size, before.block_size),
        ("--kernel", kernel, before.kernel),
    ):
        if asked and asked != had:
            what = f"{folder} was begun with {option} {had}, not {asked}"
            raise FolderError(
                f"{what}; leave {option} out, or use another folder with --out"
            )
