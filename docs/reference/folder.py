"""The files of a results folder, and what a run's status says, for their page."""

from docs.reference.tables import table

__all__ = ["folder_sections"]

_FILES = {
    "`runs.parquet`": "one row a run",
    "`curves.parquet`": "rows along each run, from step 0 to its last good step",
    "`pairs.parquet`": "one row a run and claim about weights",
    "`weights.parquet`": "first and last weights of each run, with `weights = true` in "
    "the sweep file",
    "`claims.parquet`": "one row a claim: the counts of its "
    "[verdicts](../explanation/verdicts.md)",
    "`certificates/NAME-RUNID.json`": "violating runs replayed in 50 digits: "
    "[prove a violation](../how_to/prove_a_violation.md)",
    "`sweep.toml`": "the sweep file, as it was last",
    "`manifest.json`": "what was asked; block size (`width`), kernel, and whether "
    "programs were compiled quickly (`quick`); for each call its versions, device, "
    "lanes (blocks computed at once), flags, commit and seconds (`compile` summed over "
    "programs, `run` over lanes, `write`, `whole` by the clock)",
    "`report.html`": "the [report page](../how_to/report_page.md)",
    "`figures/`": "each figure as PNG, PDF and SVG, and its numbers as CSV: "
    "[gallery](../gallery.md)",
    "`parts/`": "one immutable file for each block and table; its number and SHA-256 "
    "are in the name",
    "`checkpoints/`": "networks after their last epoch, while a block is trained",
    "`quarantine/`": "files that were found damaged, if any",
}

_STATUS = {
    "`ok`": "the run reached its last step",
    "`diverged`": "a number was not finite",
    "`degenerate`": "$v = 0$ within rounding, so that the next step has no direction",
    "`failed`": "the block could not be computed; `reason` says why",
}

_PREFIXES = """
## Prefixes and status

In `runs.parquet`, `p_` marks a parameter (null where the run does not use it), `m_` a
measurement, and `hyp_`, `why_`, `obs_`, `bound_` and `verdict_` the parts of a claim.
Steps are counted from 1: step $t$ leads from $w^{t-1}$ to $w^t$. A number that does not
exist for a run is null.

"""

_AFTER = """
Diverged and degenerate runs keep their last good state, and no claim is judged on them.
Networks that diverged have no measurements.
"""


def folder_sections() -> str:
    """Return the sections on files, prefixes and status."""
    files = table(("file", "content"), _FILES.items())
    status = table(("status", "meaning"), _STATUS.items())
    return f"\n## Files of a folder\n\n{files}{_PREFIXES}{status}{_AFTER}"
