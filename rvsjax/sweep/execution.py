"""Execution config of a folder: chosen before its first part, then kept.

Results agree to rounding under any config, and to the last bit under the same.
"""

from typing import Any, NamedTuple

from rvsjax.simulation.kernels import KERNELS, choose, works
from rvsjax.sweep.engine import choose_block_size
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.store import FolderError
from rvsjax.sweep.study import Study, study_of

__all__ = [
    "ExecutionConfig",
    "choose_config",
    "config_of",
    "nearest_config",
    "read_config",
]

# up to which compiling a program quickly saves time (d = 50, blocks of 16, 2 cores: a
# plain program takes 3.5 instead of 6.5 s, a step of its blocks about 65 instead of 13
# microseconds)
_FEW = 1024  # runs, where a kernel takes their steps
_SHORT = 20_000  # steps of blocks, where it does not

_LATER = ("data", "unpinned")  # of a config, not noted where it is empty


class ExecutionConfig(NamedTuple):
    """Config of a folder: all that its bits depend on, beside the runs themselves."""

    block_size: int  # runs in a block
    kernel: str  # of `rvsjax.simulation.kernels`
    quick: bool  # programs compiled quickly, not to run fast
    data: str = ""  # a digest of what all runs share, if they do
    unpinned: str = ""  # settings of JAX and XLA beside the usual

    def as_json(self) -> dict[str, Any]:
        """Return it as a manifest has it."""
        later = {name: x for name in _LATER if (x := getattr(self, name))}
        always = {"width": self.block_size, "kernel": self.kernel, "quick": self.quick}
        return always | later


def choose_config(
    plan: Plan,
    platform: str,
    block_size: int | None = None,
    kernel: str | None = None,
) -> ExecutionConfig:
    """Return the config for a plan, with what was asked for."""
    study, groups = study_of(plan), plan.groups()
    if kernel is None:
        used = any(study.has_kernel(item) for item, _ in groups)
        kernel = choose(platform) if used else "plain"
    native = kernel == "native"
    usual = study.block_size if platform == "cpu" else None
    size = (
        block_size
        or usual
        or choose_block_size(
            [count for _, count in groups],
            platform,
            max(study.size(item) for item, _ in groups),
            16 if native else 64,
        )
    )
    quick = all(_is_little(study, item, n, size, native) for item, n in groups)
    return ExecutionConfig(size, kernel, quick)


def _is_little(
    study: Study, item: RunConfig, number: int, block_size: int, native: bool
) -> bool:
    """Say whether the runs of a program take less time than compiling it well."""
    if native and study.has_kernel(item):
        return number <= _FEW
    steps = -(-number // block_size) * study.steps(item)
    return study.has_light_steps(item) and steps <= _SHORT


def read_config(manifest: dict[str, Any]) -> ExecutionConfig:
    """Return the config of a folder with this manifest; FolderError without one."""
    config = config_of(manifest)
    if config is None:
        raise FolderError("the folder has no results yet")
    return config


def config_of(manifest: dict[str, Any]) -> ExecutionConfig | None:
    """Return the config of a folder with this manifest, None if it has none yet."""
    if "width" not in manifest:
        return None
    older = {"kernel": "plain", "quick": False}  # had no choice
    known = older | manifest
    if known["kernel"] not in list(KERNELS) or not isinstance(known["quick"], bool):
        raise FolderError("its manifest.json names no kernel of this version")
    later = {name: known.get(name, "") for name in _LATER}
    return ExecutionConfig(known["width"], known["kernel"], known["quick"], **later)


def nearest_config(config: ExecutionConfig, platform: str) -> ExecutionConfig:
    """Return a config with the plain kernel if its own does not work here."""
    if works(config.kernel, platform):
        return config
    return config._replace(kernel="plain", quick=False)
