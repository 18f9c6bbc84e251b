"""How the blocks of a folder are computed: settled before its first part, then kept.

Results agree to rounding under any setting, and to the last bit under the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rvsjax.environment.cache import Cache, private_folder, source_digest
from rvsjax.environment.jax_settings import unpinned
from rvsjax.simulation.kernels import KERNELS, choose, problem, works
from rvsjax.sweep.engine import Device, Engine, Keeper, choose_width, compiler_options
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.study import Study, study_of

__all__ = [
    "ExecutionConfig",
    "choose_setting",
    "make_engine",
    "nearest_setting",
    "settle",
    "study_unpinned",
]

# up to which compiling a program quickly saves time (d = 50, blocks of 16, 2 cores: a
# plain program takes 3.5 instead of 6.5 s, a step of its blocks about 65 instead of 13
# microseconds)
_FEW = 1024  # runs, where a kernel takes their steps
_SHORT = 20_000  # steps of blocks, where it does not


_LATER = {"data": "", "unpinned": ""}  # of a setting, not noted where it is empty


class ExecutionConfig(NamedTuple):
    """What the bits of a result depend on, beside the run itself."""

    width: int  # runs in a block
    kernel: str  # of `rvsjax.simulation.kernels`
    quick: bool  # programs compiled quickly, not to run fast
    data: str = ""  # a digest of what all runs share, if they do
    unpinned: str = ""  # settings of JAX and XLA beside the usual

    def told(self) -> dict[str, Any]:
        """Return it as a manifest has it."""
        there = self._asdict().items()
        return {name: x for name, x in there if name not in _LATER or x}


def choose_setting(
    plan: Plan, platform: str, width: int | None = None, kernel: str | None = None
) -> ExecutionConfig:
    """Return the setting for a plan, with what was asked for."""
    groups = plan.groups()
    sizes = [count for _, count in groups]
    study = study_of(plan)
    size = max(study.size(item) for item, _ in groups)
    if kernel is None:
        used = any(study.has_kernel(item) for item, _ in groups)
        kernel = choose(platform) if used else "plain"
    native = kernel == "native"
    number = 16 if native else 64
    usual = study.width if platform == "cpu" else None
    width = width or usual or choose_width(sizes, platform, size, number)
    little = all(_is_little(study, item, size, width, native) for item, size in groups)
    return ExecutionConfig(width, kernel, quick=little)


def _is_little(
    study: Study, item: RunConfig, size: int, width: int, native: bool
) -> bool:
    """Say whether the runs of a program take less time than compiling it well."""
    if native and study.has_kernel(item):
        return size <= _FEW
    steps = -(-size // width) * study.steps(item)
    return study.has_light_steps(item) and steps <= _SHORT


def settle(
    store: Store,
    plan: Plan,
    platform: str,
    width: int | None,
    kernel: str | None,
    data: str = "",
) -> ExecutionConfig:
    """Return the setting of a folder, chosen now if it has none.

    `data` is a digest of what all runs share. Raises FolderError where another setting
    is asked for, or it does not work here.
    """
    kept = _kept(store.manifest)
    if kept and kept.data != data:
        what = f"{store.folder} was computed with other data"
        raise FolderError(f"{what}; name those with --data, or use another folder")
    here = study_unpinned(study_of(plan), platform)
    if kept and kept.unpinned != here:
        had, now = (f'"{x}"' if x else "none" for x in (kept.unpinned, here))
        what = f"{store.folder} was begun with other settings of JAX and XLA"
        raise FolderError(
            f"{what} ({had} there, {now} here); set XLA_FLAGS and JAX_... as there, "
            "or use another folder with --out"
        )
    for option, asked, had in (
        ("--block", width, kept and kept.width),
        ("--kernel", kernel, kept and kept.kernel),
    ):
        if asked and had and asked != had:
            what = f"{store.folder} was begun with {option} {had}, not {asked}"
            raise FolderError(
                f"{what}; leave {option} out, or use another folder with --out"
            )
    setting = kept or choose_setting(plan, platform, width, kernel)
    setting = setting._replace(data=data, unpinned=here)
    if reason := problem(setting.kernel, platform):
        begun = f"{store.folder} was begun with it, but " if kept else ""
        raise FolderError(
            f"--kernel {setting.kernel} does not work here: {begun}{reason}"
        )
    store.configure(setting.told())
    return setting


def _kept(manifest: dict[str, Any]) -> ExecutionConfig | None:
    """Return the setting of a folder with this manifest, None if it has none yet."""
    if "width" not in manifest:
        return None
    older = {"kernel": "plain", "quick": False, **_LATER}  # had no choice
    known = older | manifest
    if known["kernel"] not in list(KERNELS) or not isinstance(known["quick"], bool):
        raise FolderError("its manifest.json names no kernel of this version")
    return ExecutionConfig(**{name: known[name] for name in ExecutionConfig._fields})


def nearest_setting(manifest: dict[str, Any], platform: str) -> ExecutionConfig:
    """Return the setting of a folder, with the plain kernel if its own fails here."""
    setting = _kept(manifest)
    if setting is None:
        raise FolderError("the folder has no results yet")
    if not works(setting.kernel, platform):
        return setting._replace(kernel="plain", quick=False)
    return setting


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
    setting: ExecutionConfig,
    lanes: tuple[Device, ...],
    *,
    shared: Sequence[Any] = (),
    halves: bool = False,
    checkpoints: Keeper | None = None,
) -> Engine:
    """Return the engine that evaluates trials so; programs are kept for later.

    It `halves` blocks that do not fit into memory, or raises `OutOfMemory`.
    """
    folder = private_folder("programs")
    options = _options(study, lanes[0].platform, setting.quick)
    here = Path(__file__).parents[1]
    return Engine(
        study.evaluate,
        setting.width,
        lanes,
        shared=shared,
        options=options,
        keeper=Cache(folder, source_digest(here)) if folder else None,
        halves=halves,
        checkpoints=checkpoints,
    )
