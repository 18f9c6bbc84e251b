"""Numbers of things in words; imports nothing, since refusals are to be fast."""

__all__ = ["counted"]


def counted(number: int, thing: str) -> str:
    """Write so many things: ``1 run``, ``6,144 runs``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
