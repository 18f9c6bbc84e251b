"""The options of each command: a contract that other programs rely on."""

import argparse
from typing import NoReturn

from rvsjax import __version__
from rvsjax.environment.paths import user_path

__all__ = ["make_parser"]

MOST = 2**40  # of anything that is counted
WIDEST = 2**20  # runs in a block

_DATA = "images and labels of a study of networks"


def _number(text: str, most: int) -> int:
    """Return a number of things; a sentence where it is none."""
    try:
        value = int(text)
    except ValueError:  # thousands of digits among them
        raise argparse.ArgumentTypeError("must be a whole number") from None
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    if value > most:
        raise argparse.ArgumentTypeError(f"must be at most {most}")
    return value


def _count(text: str) -> int:
    return _number(text, MOST)


def _width(text: str) -> int | None:
    return None if text == "auto" else _number(text, WIDEST)


def _seed(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a whole number") from None
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _shard(text: str) -> tuple[int, int]:
    try:
        index, total = (_count(part) for part in text.split("/"))
    except (ValueError, argparse.ArgumentTypeError):
        index, total = 1, 0
    if index > total:
        raise argparse.ArgumentTypeError("must be I/N with 1 <= I <= N, such as 1/4")
    return index, total


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, whatever stands in the arguments."""

    def error(self, message: str) -> NoReturn:
        from rvsjax.errors import one_line

        super().error(one_line(message, 300))


def make_parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser of one command, or that of `rvsjax COMMAND`."""
    commands = {
        "sweep": (_sweep_arguments, "Run a sweep file, or what is missing of it."),
        "report": (
            _report_arguments,
            "Make the page and the figures of a results folder.",
        ),
        "compare": (
            _compare_arguments,
            "Pair the runs of two results folders, and say what differs.",
        ),
        "theory": (_theory_arguments, "List the claims, with statement and source."),
        "certify": (
            _certify_arguments,
            "Replay the worst violating runs in 50 digits, and write certificates.",
        ),
        "shrink": (
            _shrink_arguments,
            "Reduce a violating run to a small one, and print its sweep file.",
        ),
        "rerun": (
            _rerun_arguments,
            "Compute a run again in its own place, and compare it bit for bit.",
        ),
        "verify": (
            _verify_arguments,
            "Compute rows again one at a time, without a kernel, and compare them.",
        ),
    }
    if command:
        fill, about = commands[command]
        parser = _Parser(f"python -m rvsjax.{command}", description=about)
        fill(parser)
        return parser
    whole = _Parser(
        "rvsjax", description="Sweeps of RVSCGD, judged against its theory."
    )
    whole.add_argument("--version", action="version", version=__version__)
    below = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, (fill, about) in commands.items():
        fill(below.add_parser(name, help=about, description=about))
    return whole


def _sweep_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="sweep")
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("file", metavar="FILE.toml", type=user_path, help="the sweep file")
    add(
        "--out",
        metavar="DIR",
        type=user_path,
        help="results folder (default: out/NAME)",
    )
    add(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a parameter wherever it stands, or a key such as seeds.count; may be "
        "repeated",
    )
    add(
        "--only",
        metavar="KEY=V1,V2",
        action="append",
        default=[],
        help="keep the runs with one of these values of a parameter; may be repeated",
    )
    add("--seeds", metavar="N", type=_count, help="number of seeds")
    add("--limit", metavar="N", type=_count, help="the first N runs alone")
    add("--dry-run", action="store_true", help="say what would run, and how long")
    add(
        "--smoke",
        action="store_true",
        help="about 64 of the runs, 1000 steps or an epoch each, into out/NAME-smoke",
    )
    add(
        "--retry",
        choices=("failed", "diverged", "all"),
        help="compute again the blocks with such runs",
    )
    add("--data", metavar="DIR", help=_DATA)
    add(
        "--device",
        choices=("auto", "cpu", "gpu", "tpu"),
        default="auto",
        help="where blocks run",
    )
    add("--dtype", choices=("float32", "float64"), help="precision of every run")
    add(
        "--block",
        metavar="N|auto",
        type=_width,
        help="runs in a block; settled with the first part",
    )
    add(
        "--kernel",
        choices=("auto", "plain", "native", "warp"),
        default="auto",
        help="XLA (plain), C++ on a CPU (native), Warp on a GPU; settled with the "
        "first part",
    )
    add(
        "--shard",
        metavar="I/N",
        type=_shard,
        default=(1, 1),
        help="the I-th of N processes that share a results folder",
    )
    add("--strict", action="store_true", help="exit 4 if a claim is violated")
    add("--fail-fast", action="store_true", help="stop at the first block that fails")
    add("--no-report", action="store_true", help="no report.html, no figures")
    add(
        "--progress",
        choices=("auto", "bar", "plain", "json", "none"),
        default="auto",
        help="on stderr: a bar, lines, lines of JSON, or nothing (default: auto, a bar "
        "on a terminal, else lines)",
    )
    add("--json", action="store_true", help="results on stdout as JSON")
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument("-q", "--quiet", action="store_true", help="no talk")
    talk.add_argument("-v", "--verbose", action="store_true", help="more talk")
    parser.epilog = (
        "exit codes: 0 done; 2 refused, nothing was run; 3 done, some runs failed; "
        "4 with --strict, a claim was violated; 130 interrupted, resumable"
    )


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="report")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "folder", metavar="DIR", type=user_path, help="a results folder"
    )
    add = parser.add_argument
    add("--open", action="store_true", help="show the page")
    add("--figure", choices=("runs", "curves"), help="another figure, of this table")
    for option, what in (
        ("--x", "column along the figure"),
        ("--y", "column up the figure; its median and band"),
        ("--color", "a line for each value of this column"),
        ("--facet", "a panel for each value of this column"),
    ):
        add(option, metavar="NAME", help=f"{what} (with --figure)")


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="compare")
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("a", metavar="A", type=user_path, help="a results folder")
    add("b", metavar="B", type=user_path, help="another; differences are B - A")
    add(
        "--on",
        metavar="NAME",
        action="append",
        help="a parameter that is to differ (default: those that have one value in "
        "each folder, and not the same); may be repeated",
    )
    add(
        "--out",
        metavar="DIR",
        type=user_path,
        help="write the page compare.html, and the pairs as Parquet and CSV",
    )
    add("--json", action="store_true", help="the comparison as JSON")


def _theory_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="theory")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "action", nargs="?", choices=("list",), default="list", help="may be left out"
    )
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def _certify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="certify")
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("folder", metavar="DIR", type=user_path, help="a results folder")
    add(
        "--claim",
        metavar="NAME",
        action="append",
        help="this claim (default: every claim that is violated); may be repeated",
    )
    add(
        "--worst",
        metavar="N",
        type=_count,
        default=1,
        help="the N worst runs of each claim (default: 1)",
    )


def _shrink_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="shrink")
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("folder", metavar="DIR", type=user_path, help="a results folder")
    add(
        "run_id",
        metavar="RUN_ID",
        help="a run that violates the claim, or how its id begins",
    )
    add("--claim", metavar="NAME", required=True, help="the claim it is to violate")


def _rerun_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="rerun")
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("folder", metavar="DIR", type=user_path, help="a results folder")
    add("run_id", metavar="RUN_ID", help="a run of it, or how its id begins")
    add("--data", metavar="DIR", help=_DATA)
    add(
        "--every-step",
        metavar="FILE.parquet",
        type=user_path,
        help="write the run's curve with every step of it (up to 10^6) to a new file",
    )
    add("--json", action="store_true", help="the comparison as JSON")
    parser.epilog = (
        "exit codes: 0 the same, or within rounding where other versions or another "
        "device computed the folder; 2 refused; 3 it differs"
    )


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command="verify")
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("folder", metavar="DIR", type=user_path, help="a results folder")
    add("--data", metavar="DIR", help=_DATA)
    add(
        "--sample",
        metavar="N",
        type=_count,
        default=20,
        help="rows that are drawn, beside the last rows of 20 blocks (default: 20)",
    )
    add("--seed", metavar="S", type=_seed, help="draw the rows that this seed gives")
    add("--json", action="store_true", help="what was found as JSON")
    parser.epilog = (
        "exit codes: 0 every row agrees to rounding; 2 refused; 3 some rows do not"
    )
