"""The lowest versions that pyproject.toml names, as constraints for pip, one a line."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def lowest(pyproject: str) -> Iterator[str]:
    """Yield ``name==version`` for every ``name>=version`` of a package or an extra."""
    project = tomllib.loads(pyproject)["project"]
    for group in (project["dependencies"], *project["optional-dependencies"].values()):
        for requirement in group:
            if found := re.match(r"([\w.-]+)(?:\[.*?\])?>=([\w.]+)", requirement):
                yield "==".join(found.groups())


if __name__ == "__main__":
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text()
    sys.stdout.write("".join(f"{line}\n" for line in dict.fromkeys(lowest(text))))
