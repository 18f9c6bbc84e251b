"""Static figures for screen and print: what a sweep varies, and its claims."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rvsjax.errors import one_line
from rvsjax.report.figures.claims import draw_claims
from rvsjax.report.figures.custom import draw_any
from rvsjax.report.figures.maps import draw_map
from rvsjax.report.figures.ticks import give_ticks
from rvsjax.report.figures.values import figure_data
from rvsjax.report.kinds import value_text
from rvsjax.report.recipe import LONGEST, Recipe
from rvsjax.report.style import NotDrawn, style
from rvsjax.results.results import Results
from rvsjax.sweep.registry import find_figure
from rvsjax.sweep.store import DamagedFile, FolderError
from rvsjax.sweep.store.untrusted import content

__all__ = ["draw", "draw_claims", "draw_one"]

_FORMATS: dict[str, dict[str, Any]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}


def draw(folder: str | Path, say: Callable[[str], None] | None = None) -> list[Path]:
    """Draw ``figures/NAME`` and ``figures/claims``; return the paths.

    Each as PNG, PDF and SVG, and its numbers as CSV. Claims only where the study has
    some; the first not where it is of curves and the sweep recorded none. A figure that
    cannot be drawn is told in a sentence to `say`; without `say` it raises NotDrawn.
    """
    results = _computed(folder)
    main, wanted = _main_figure(results), dict[str, Callable[[Results], Figure]]()
    if main is not None:
        wanted[results.name] = main
    if not results.claims.empty:
        wanted["claims"] = draw_claims
    files = []
    for stem, drawing in wanted.items():
        try:
            drawn = _drawn(results, stem, drawing)
        except NotDrawn as error:
            if say is None:
                raise
            say(str(error))
        else:
            files += _keep(results, stem, drawn)
    return files + _follow_again(results, say or _raise)


def draw_one(folder: str | Path, **wanted: Any) -> list[Path]:
    """Draw ``figures/TABLE-Y-X`` as a `Recipe` of these options says; return the paths.

    With ``-color-NAME`` and ``-facet-NAME`` where these are given. The recipe is kept
    beside it, and `draw` draws it again.
    """
    return _follow(_computed(folder), Recipe(**wanted))


def _follow(results: Results, recipe: Recipe) -> list[Path]:
    files = _keep(
        results, recipe.stem, _drawn(results, recipe.stem, recipe_figure(recipe))
    )
    results.keep("figures", f"{recipe.stem}.json", recipe.to_json())
    return files


def _follow_again(results: Results, say: Callable[[str], None]) -> list[Path]:
    """Draw again what users have drawn; say what is old, as it cannot be."""
    files = []
    for path in sorted((results.folder / "figures").glob("*.json")):
        try:
            files += _follow(results, _recipe(path))
        except DamagedFile as error:
            say(f"{one_line(str(path))} {error}")
        except (FolderError, NotDrawn) as error:
            figure = one_line(str(path.with_suffix("")))
            say(f"{figure} is of earlier results: {error}")
    return files


def _recipe(path: Path) -> Recipe:
    """Read a recipe; a DamagedFile where it is none, or is not to be read."""
    try:
        data = content(path)
    except OSError as error:
        raise DamagedFile(f"cannot be read ({error.strerror})") from None
    return Recipe.from_json(data)


def recipe_figure(recipe: Recipe) -> Callable[[Results], Figure]:
    """Return the function that draws a recipe."""

    def drawing(results: Results) -> Figure:
        names = {"x": recipe.x, "facet": recipe.facet, "color": recipe.color}
        if recipe.figure == "map":
            figure = draw_map(results, y=recipe.y, **names)
        else:
            figure = draw_any(results, recipe.figure, y=recipe.y, **names)
        if recipe.title is not None:
            title = value_text(recipe.title, LONGEST)
            figure.suptitle(title, fontsize=10, wrap=True)
        if recipe.size:
            figure.set_size_inches(*recipe.size)
        return figure

    return drawing


def _computed(folder: str | Path) -> Results:
    """Return the results in a folder; FolderError where there is nothing to draw."""
    results = Results(folder)
    if (results.runs["status"] == "failed").all():
        what = f"no run of {folder} was computed, so that there is nothing to draw"
        raise FolderError(f"{what}; its rows give the reason")
    return results


def _drawn(
    results: Results, stem: str, drawing: Callable[[Results], Figure]
) -> dict[str, bytes]:
    """Return the bytes of a figure and its numbers; the same for the same results.

    Raises FolderError where the results are at fault, and NotDrawn for anything else.
    """
    found = {}
    try:
        with style():
            figure = drawing(results)
            give_ticks(figure)
            for ending, plain in _FORMATS.items():
                sink = io.BytesIO()
                figure.savefig(sink, format=ending, dpi=200, metadata=plain)
                found[ending] = sink.getvalue()
            found["csv"] = figure_data(figure).to_csv(index=False).encode()
    except FolderError:
        raise
    except Exception as error:
        raise NotDrawn(f"{results.folder}/figures/{stem}", error) from error
    return found


def _keep(results: Results, stem: str, drawn: dict[str, bytes]) -> list[Path]:
    """Write a figure and its numbers."""
    names = {ending: f"{stem}.{ending}" for ending in drawn}
    return [results.keep("figures", names[x], drawn[x]) for x in drawn]


def _raise(sentence: str) -> None:
    raise FolderError(sentence)


def _main_figure(results: Results) -> Callable[[Results], Figure] | None:
    """Return the function that draws the figure of a sweep, None without its data."""
    return find_figure(results.study)(results)
