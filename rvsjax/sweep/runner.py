"""A plan, run in a folder: open, pending, execute, keep, finish."""

from pathlib import Path

from rvsjax.sweep.continuation import kept_source
from rvsjax.sweep.job import Job
from rvsjax.sweep.options import Options, SweepStatus
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.progress import Tracker
from rvsjax.sweep.provenance import session
from rvsjax.sweep.schedule import need_room
from rvsjax.sweep.sharing import Sharing
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
        sharing = Sharing(store, job.schedule, options.shard)
        with sharing.joined():
            failed = _execute(job, pending, sharing)
            left, lost = job.finish()
            if lost:  # once: what is damaged as soon as it is written is no accident
                failed |= _execute(job, lost, sharing)
                left, _ = job.finish()
        return SweepStatus(store.folder, left, failed)


def _execute(job: Job, pending: set[int], sharing: Sharing) -> bool:
    """Compute blocks, then those that other shards left; say whether one failed."""
    left = pending or sharing.left()
    if not left:
        return False
    executor, options = job.executor(len(left)), job.options
    before, kernel = len(job.store.done()), job.kernel
    tracker = Tracker(executor, len(left), before, options.watch, kernel)

    def stop() -> bool:
        return options.stop.is_set() or (tracker.failed and options.fail_fast)

    waiting = Waiting(job, tracker, sharing.kept)

    def beat() -> None:
        waiting.keep_old()
        tracker.report()

    def compute(numbers: set[int]) -> None:
        blocks = sharing.begin(job.schedule.blocks(numbers))
        try:
            for done in executor.run(blocks, stop, beat):
                tracker.failed |= done.has_failed
                waiting.add(done)
        finally:
            waiting.keep()

    tracker.report()
    compute(left)
    own = tracker.blocks_done if pending else 0
    for more in sharing.rounds(lambda: tracker.blocks_done, stop):
        tracker.blocks = tracker.blocks_done + len(more)
        compute(more)
    told = tracker.blocks_done, tracker.seconds(), options.flags, job.workers
    told = session(tracker.begin, *told, job.data.source) | executor.session()
    taken = tracker.blocks_done - own
    job.store.add("sessions", told | ({"taken_over": taken} if taken else {}))
    return tracker.failed
