"""The end of a sweep, finished or not: its exit code, and how to go on."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rvsjax.cli.console import CLAIM_VIOLATED, DONE, INTERRUPTED, SOME_FAILED
from rvsjax.errors import counted

if TYPE_CHECKING:
    from rvsjax.sweep.runner import Options, SweepStatus

__all__ = ["exit_code", "report_unfinished", "violates"]


def report_unfinished(
    status: "SweepStatus", options: "Options", say: Callable[[str], None]
) -> int:
    """Say why blocks are missing, and how to go on; return the exit code."""
    number = status.blocks_left
    are = "is" if number == 1 else "are"
    left = f"{counted(number, 'block')} {are} left in {status.folder}"
    if options.stop.is_set():
        say(f"interrupted: {left}; the same command continues")
        return INTERRUPTED
    if status.failed and options.fail_fast:
        say(f"stopped at the first failure: {left}; see `reason` in its rows")
    else:
        say(f"this shard is done; {left} for the other shards")
    return SOME_FAILED if status.failed else DONE


def exit_code(results: Any, strict: bool) -> int:
    """Return the exit code of a finished sweep; a failed run goes before a claim."""
    if (results.runs["status"] == "failed").any():
        return SOME_FAILED
    if strict and violates(results.claims):
        return CLAIM_VIOLATED
    return DONE


def violates(claims: Any) -> bool:
    """Say whether a claim is violated that not every sweep violates."""
    from rvsjax.theory.claims import WHATEVER_IS_SWEPT

    if claims.empty:
        return False
    told = claims[~claims["claim"].isin(WHATEVER_IS_SWEPT)]
    return bool(told["violated"].any())
