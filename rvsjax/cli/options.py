"""Options that several commands share: converters, and checks of what they name."""

import argparse
import os
from pathlib import Path

from rvsjax.environment.paths import user_path
from rvsjax.errors import UserError, did_you_mean
from rvsjax.sweep.resources import LARGEST_BLOCK

__all__ = [
    "add_data",
    "add_folder",
    "block_size",
    "count",
    "need_claim",
    "need_sweep",
    "seed",
    "shard",
]

LARGEST_COUNT = 2**40


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument ``DIR``."""
    parser.add_argument(
        "folder", metavar="DIR", type=user_path, help="a results folder"
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--data``."""
    what = "images and labels of a study of networks"
    parser.add_argument("--data", metavar="DIR", help=what)


def count(text: str) -> int:
    """Convert a number of things, at least 1."""
    return _integer(text, 1, LARGEST_COUNT)


def block_size(text: str) -> int | None:
    """Convert a number of runs in a block; None for ``auto``."""
    return None if text == "auto" else _integer(text, 1, LARGEST_BLOCK)


def seed(text: str) -> int:
    """Convert a seed of any size."""
    return _integer(text, 0, None)


def shard(text: str) -> tuple[int, int]:
    """Convert ``I/N``."""
    try:
        index, total = (count(part) for part in text.split("/"))
    except (ValueError, argparse.ArgumentTypeError):
        index, total = 1, 0
    if index > total:
        raise argparse.ArgumentTypeError("must be I/N with 1 <= I <= N, such as 1/4")
    return index, total


def _integer(text: str, least: int, most: int | None) -> int:
    try:
        value = int(text)
    except ValueError:  # thousands of digits among them
        raise argparse.ArgumentTypeError("must be a whole number") from None
    if value < least:
        bound = f"at least {least}" if least else "0 or more"
        raise argparse.ArgumentTypeError(f"must be {bound}")
    if most is not None and value > most:
        raise argparse.ArgumentTypeError(f"must be at most {most}")
    return value


def need_sweep(folder: Path) -> None:
    """Refuse what is not the folder of a sweep, before anything heavy is imported."""
    if not os.path.exists(folder / "manifest.json"):  # Path.exists may raise
        raise UserError(f"{folder} is not the folder of a sweep: no manifest.json")


def need_claim(name: str) -> None:
    """Refuse a claim that is not known, or cannot be replayed."""
    from rvsjax.theory.exact import CLAIMS

    if name not in CLAIMS:
        what = f'no claim "{name}" that can be replayed in 50 digits'
        raise UserError(what + did_you_mean(name, CLAIMS))
