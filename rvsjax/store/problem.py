"""What is wrong with a folder."""

__all__ = ["Damaged", "StoreError"]


class StoreError(Exception):
    """A results folder cannot be used; the message says why and what to do."""


class Damaged(Exception):
    """A file is not what it should be; the message says how: ``is ...``."""
