"""What is wrong with a folder."""

__all__ = ["StoreError"]


class StoreError(Exception):
    """A results folder cannot be used; the message says why and what to do."""
