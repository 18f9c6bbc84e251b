"""Kinds of columns that a table of a sweep may have."""

import pyarrow as pa

__all__ = ["is_list", "is_plain", "is_text", "kind"]


def is_list(of: pa.DataType) -> bool:
    """Say whether columns of a type hold lists of numbers."""
    return pa.types.is_list(of) and pa.types.is_floating(of.value_type)


def is_plain(of: pa.DataType) -> bool:
    """Say whether columns of a type hold a number, truth value or word a row."""
    return (
        pa.types.is_integer(of)
        or pa.types.is_floating(of)
        or pa.types.is_boolean(of)
        or pa.types.is_null(of)
        or is_text(of)
    )


def kind(of: pa.DataType) -> str:
    """Return what columns of a type hold, in a word."""
    if pa.types.is_null(of):
        return "nothing"
    if pa.types.is_list(of):
        return "lists of numbers"
    if pa.types.is_boolean(of):
        return "truth values"
    return "words" if is_text(of) else "numbers"


def is_text(of: pa.DataType) -> bool:
    """Say whether columns of a type hold words."""
    return pa.types.is_string(of) or pa.types.is_large_string(of)
