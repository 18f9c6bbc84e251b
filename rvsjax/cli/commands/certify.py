"""Replay violating runs in 50 digits, and write certificates."""

import argparse
from typing import Any

from rvsjax.cli.console import (
    DONE,
    SOME_FAILED,
    hear_packages,
    need_claim,
    need_sweep,
    put,
    refusing,
    tell,
)
from rvsjax.errors import UserError

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Write the certificates that are asked for; print their paths."""
    need_sweep(arguments.folder)
    for name in arguments.claim or ():
        need_claim(name)
    hear_packages()
    from rvsjax.results.results import Results
    from rvsjax.studies.rvscgd.certify import certify
    from rvsjax.theory.exact import CLAIMS, DIGITS

    with refusing():
        results = Results(arguments.folder)
        violated = _violated(results)
        claims = arguments.claim or [name for name in CLAIMS if name in violated]
        for name in claims:
            if name not in violated:
                raise UserError(
                    f"{name} is not violated by any run of {results.folder}"
                )
        lacking = sorted(violated - set(CLAIMS))
        for name in lacking:
            tell(f"{name} is violated, and has no replay in {DIGITS} digits here")
        if not violated:
            tell(f"no run of {results.folder} violates a claim")
        for path in certify(results, claims, arguments.worst, tell):
            put(str(path))
    return SOME_FAILED if lacking else DONE


def _violated(results: Any) -> set[str]:
    columns = [c for c in results.runs.columns if c.startswith("verdict_")]
    found = [c for c in columns if (results.runs[c] == "violated").any()]
    return {column.removeprefix("verdict_") for column in found}
