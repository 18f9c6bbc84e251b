"""``python -m docs.reference``: write the generated files anew."""

from docs.reference import FOLDER, make

for name, text in make().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
