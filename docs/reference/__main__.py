"""``python -m docs.reference [DIR...]``: write the generated files anew.

Folders that are named are counted first, for the page of claims.
"""

import sys

from docs.reference import FOLDER, make
from docs.reference.verdicts import write

if sys.argv[1:]:
    write(sys.argv[1:])
for name, text in make().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
