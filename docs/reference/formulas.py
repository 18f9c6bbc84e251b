"""Formulas as docstrings have them, such as ``theta_t <= pi - delta``, in TeX."""

import re

__all__ = ["marked_up", "tex"]

_GREEK = "theta|delta|gamma|alpha|beta|eta|pi"
_FUNCTIONS = "arcsin|sin|cos|cot|log|max|min"
_STEPS = (
    (r"sqrt\(([^()]*)\)", r"\\sqrt{\1}"),
    (r"([wu])_bar", r"\\bar{\1}"),
    (r"w_star", r"w^\\ast"),
    (r"t\*", r"t^\\ast"),
    (r"ww'", r"ww^\\top"),
    (r"\b([wr])([12])\b", r"\1_\2"),
    (r"\bw(_\d)?\^(?![\w{\\])", r"\\hat{w}\1"),  # a direction; w^t is an iterate
    (r"<=", r"\\le "),
    (r">=", r"\\ge "),
    (r"->", r"\\to "),
    (r"<([^<>]*,[^<>]*)>", r"\\langle \1\\rangle "),
    (r"<", r"\\lt "),
    (r">", r"\\gt "),
    (r"\bgrad f", r"\\nabla f"),
    (r"\bE g\b", r"\\mathbb{E}g"),
    (r"\b(sgn|prox)\b", r"\\operatorname{\1}"),
    (rf"(?<![A-Za-z\\])({_FUNCTIONS}|{_GREEK})(?![A-Za-z])", r"\\\1 "),
    (r"(?<![A-Za-z\\])lam(?![A-Za-z])", r"\\lambda "),
    (r" +(?=[ ,;.)}_^/|])", ""),
)
"""What is replaced by what, in order."""

_SYMBOL = rf"[wu]_(?:bar|star)|[wu]\^[tT0]|(?:{_GREEK}|lam)(?:_[0t])?|L_beta"
_MARKED = re.compile(rf"``(.+?)``|(`[^`]+`)|(?<![\w`.])({_SYMBOL})(?![\w`(])")


def tex(formula: str) -> str:
    r"""Return a formula in TeX: ``\theta_t\le \pi - \delta``."""
    for pattern, by in _STEPS:
        formula = re.sub(pattern, by, formula)
    return formula.strip()


def marked_up(text: str) -> str:
    """Return a text of docstrings in Markdown: formulas and symbols in ``$...$``."""
    parts, begin = [], 0
    for found in _MARKED.finditer(text):
        parts.append(_escaped(text[begin : found.start()]))
        formula, code, symbol = found.groups()
        parts.append(code or f"${tex(formula or symbol)}$")
        begin = found.end()
    return "".join([*parts, _escaped(text[begin:])])


def _escaped(words: str) -> str:
    """Escape what Markdown would take for markup; a table escapes bars itself."""
    return re.sub(r"([\\*<\[\]])", r"\\\1", words)
