"""Page of a folder, and whether it shows the tables that are there now.

The page itself is made elsewhere. It tells in its head of which tables it was made.
"""

import re
from pathlib import Path

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import atomic, untrusted

__all__ = ["NAME", "mark_old", "tables_of"]

NAME = "report.html"

_TABLES = re.compile(rb'<meta name="rvsjax-tables" content="([0-9a-f]*)">')
_BODY = b"<body>\n"
_OLD = (
    b'<p id="old" role="alert" style="margin:0;padding:.5em 1em;background:#b00020;'
    b'color:#fff">The tables of this folder have changed since this page was made. '
    b"<code>rvsjax report .</code> makes it again.</p>\n"
)


def mark_old(folder: Path) -> None:
    """Let the page say that it shows older tables, if there is a page."""
    try:
        page = untrusted.content(folder / NAME)
    except (DamagedFile, OSError):
        return
    if _OLD not in page:
        atomic.replace(folder / NAME, page.replace(_BODY, _BODY + _OLD, 1))


def tables_of(folder: Path) -> str | None:
    """Return the digest of the tables that the page shows; None without a page.

    "" where it tells none, as pages of before, or says that it is old.
    """
    try:
        page = untrusted.content(folder / NAME)
    except (DamagedFile, OSError):
        return None
    found = _TABLES.search(page)
    return found[1].decode() if found and _OLD not in page else ""
