"""A plan, run in a folder: open, pending, execute, keep, finish."""

from pathlib import Path

from rvsjax.sweep.continuation import kept_source
from rvsjax.sweep.job import Job
from rvsjax.sweep.options import Options, SweepStatus
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.progress import Tracker
from rvsjax.sweep.provenance import session
from rvsjax.sweep.schedule import need_room
from rvsjax.sweep.store import Store
from rvsjax.sweep.study import study_of
from rvsjax.sweep.waiting import Waiting

__all__ = ["Options", "SweepStatus", "run_plan"]


def run_plan(plan: Plan, source: str, out: str | Path, options: Options) -> SweepStatus:
    """Compute what is missing of a plan in the folder `out`, and compact its tables.

    `source` is the text of the sweep file; the one that goes on with the folder is kept
    beside the results. Raises
    `FolderError` where the folder holds something else or cannot be written.
    """
    need_room(plan, options.width)
    data = study_of(plan).material(options.data, (item for item, _ in plan.groups()))
    if data.source:
        options.say(f"data: {data.source}")
    store = Store(out)
    with store.hold(*options.shard):
        job = Job.open(store, plan, kept_source(source, plan), data, options)
        pending = job.pending()
        failed = bool(pending) and _execute(job, pending)
        left, lost = job.finish()
        if lost:  # once: what is damaged as soon as it is written is no accident
            failed |= _execute(job, lost)
            left, _ = job.finish()
        return SweepStatus(store.folder, left, failed)


def _execute(job: Job, pending: set[int]) -> bool:
    """Compute blocks, keep their parts, and say whether one failed."""
    executor, options = job.executor(len(pending)), job.options
    before, kernel = len(job.store.done()), job.kernel
    tracker = Tracker(executor, len(pending), before, options.watch, kernel)

    def stop() -> bool:
        return options.stop.is_set() or (tracker.failed and options.fail_fast)

    waiting = Waiting(job, tracker)

    def beat() -> None:
        waiting.keep_old()
        tracker.report()

    tracker.report()
    blocks = job.schedule.blocks(pending)
    try:
        for done in executor.run(blocks, stop, beat):
            tracker.failed |= done.has_failed
            waiting.add(done)
    finally:
        waiting.keep()
    told = tracker.blocks_done, tracker.seconds(), options.flags, job.workers
    told = (*told, job.data.source)
    job.store.add("sessions", session(tracker.begin, *told) | executor.session())
    return tracker.failed
