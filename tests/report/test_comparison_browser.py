"""The page of two folders compared in a real browser: points, axes, legend, fit.

Skipped without Playwright or a Chromium, as `test_page_browser`.
"""

import numpy as np
import pandas as pd
import pytest

from rvsjax.report.comparison import make_comparison
from rvsjax.results.compare.comparison import compare, pairs_table
from tests.report.browsers import Opened, launched, playwright
from tests.report.test_comparison import hostile_folders
from tests.report.test_page import HOSTILE
from tests.results.test_compare import write

pytestmark = pytest.mark.slow

browser = pytest.fixture(scope="module")(launched)


def rows(side):
    """Return 60 runs whose loss goes over decades, once not above 0; one has none."""
    rng = np.random.default_rng(7 + side)
    found = [
        {
            "p_seed": i % 6,
            "p_eta": 0.1 * (1 + i // 6),
            "p_spread": [0.1, 0.2, 0.3][i % 3],
            "m_loss": 10.0 ** (-4 + 0.1 * i) * (1 + 0.5 * side * rng.random()),
            "m_angle": 1.0 + i + 1e-3 * side * rng.standard_normal(),
        }
        for i in range(60)
    ]
    if side:
        found[0]["m_loss"], found[1]["m_loss"] = -1.0, None
    return found


def page_of(folder, a, b):
    found = compare(a, b)
    path = folder / "compare.html"
    path.write_text(make_comparison(found, pairs_table(found.pairs)))
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    b = [row | {"p_dtype": "float32"} for row in rows(1)]
    return page_of(folder, write(folder / "a", rows(0)), write(folder / "b", b))


@pytest.fixture
def page(browser, path):
    opened = Opened(browser, path)
    yield opened
    assert opened.asked == [opened.address]
    assert opened.said == []
    opened.tab.close()


def axes(page):
    layout = "document.getElementById('against-plot').layout"
    told = page.tab.evaluate(f"[{layout}.xaxis, {layout}.yaxis]")
    return [(x.get("type"), x["range"]) for x in told]


def points(page):
    """Return what is drawn: x and y of all points, without the line of equality."""
    line, *groups = page.drawn("against")
    assert line["mode"] == "lines"
    x, y = ([v for g in groups for v in g[key]] for key in "xy")
    return sorted(zip(x, y)), line


def rounded(values):
    return [float(f"{x:.4g}") for x in values]


def test_each_pair_is_a_point(page):
    page.tab.select_option("#against-measure", label="last loss")
    page.tab.uncheck("#against-log")
    found, line = points(page)
    a, b = (pd.DataFrame(rows(side))["m_loss"] for side in (0, 1))
    there = b.notna()
    assert found == sorted(zip(rounded(a[there]), rounded(b[there])))
    assert line["x"] == line["y"]  # the line of equality, from corner to corner
    marks = page.tab.locator("#against-plot path.point")
    assert marks.count() == 59
    assert page.tab.locator("#against-plot .wait").count() == 0
    up = int((b > a).sum())
    said = page.tab.inner_text("#against-caption")
    assert f"B is larger in {up}, smaller in {59 - up}, the same in 0." in said
    assert "59 of 60 have a number in both." in said


def test_axes_of_powers_say_what_they_leave_out(page):
    page.tab.select_option("#against-measure", label="last loss")
    page.tab.check("#against-log")
    (x, y), (found, _) = axes(page), points(page)
    assert x == y and x[0] == "log"
    low, high = x[1]
    assert all(10**low < v < 10**high for point in found for v in point)
    assert len(found) == 58
    said = page.tab.inner_text("#against-caption")
    assert "Not above 0, and on no log axis: 1." in said


def test_small_differences_are_shown_as_such(page):
    page.tab.select_option("#against-measure", label="angle")
    upright = page.tab.locator("#against-upright")
    assert upright.evaluate("x => x.selectedOptions[0].text") == "B − A"
    found, line = points(page)
    a, b = (pd.DataFrame(rows(side))["m_angle"] for side in (0, 1))
    assert sorted(y for _, y in found) == sorted(rounded(b - a))
    assert line["y"] == [0, 0]
    page.tab.select_option("#against-upright", label="B")
    assert sorted(y for _, y in points(page)[0]) == sorted(rounded(b))


def test_colours_are_those_of_a_parameter_with_marks_of_their_own(page):
    page.tab.select_option("#against-measure", label="angle")
    page.tab.select_option("#against-colour", label="spread")
    groups = page.drawn("against")[1:]
    assert len({g["marker"]["color"] for g in groups}) == 3
    assert len({g["marker"]["symbol"] for g in groups}) == 3
    legend = page.tab.locator("#against-legend button")
    assert legend.all_inner_texts() == ["0.1 (20)", "0.2 (20)", "0.3 (20)"]
    legend.first.press("Space")
    assert len(points(page)[0]) == 40
    page.tab.select_option("#against-colour", label="nothing")
    assert legend.count() == 0 and len(points(page)[0]) == 60


def test_pairs_are_sorted_and_filtered(page):
    page.tab.fill("#runs-filter", "seed=3 eta>0.55")
    assert page.tab.inner_text("#runs-count").startswith("5 of 60 pairs.")
    head = page.tab.locator("#runs-table th button", has_text="angle, B")
    head.click()
    values = [x.replace("−", "-") for x in page.column("angle, B\xa0−\xa0A")]
    values = [float(x.replace("\xa0×\xa010", "e").translate(LOW)) for x in values]
    assert values == sorted(values) and len(values) == 5


LOW = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_an_interval_is_drawn_where_it_lies(page):
    row = page.tab.locator("tr", has=page.tab.locator("th[title='m_loss']"))
    track = row.locator(".span").bounding_box()
    bar, dot = (row.locator(f".span {x}").bounding_box() for x in "ib")
    middle = track["x"] + track["width"] / 2
    assert (
        track["x"] <= bar["x"] < bar["x"] + bar["width"] <= track["x"] + track["width"]
    )
    assert bar["x"] < dot["x"] + dot["width"] / 2 < bar["x"] + bar["width"]
    ends = (bar["x"] - middle, bar["x"] + bar["width"] - middle)
    assert max(map(abs, ends)) == pytest.approx(0.47 * track["width"], abs=1)


def test_every_control_is_reached_by_the_keyboard(page):
    shown, reached = page.controls()
    assert shown <= reached


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_a_desk_in_light_and_dark(browser, path, width, scheme):
    size = {"width": width, "height": 800}
    opened = Opened(browser, path, viewport=size, color_scheme=scheme)
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
    words = opened.tab.locator("#against-plot text").first
    ink = "rgb(230, 232, 235)" if scheme == "dark" else "rgb(28, 30, 33)"
    playwright.expect(words).to_have_css("fill", ink)
    opened.tab.emulate_media(media="print")
    playwright.expect(words).to_have_css("fill", "rgb(0, 0, 0)")
    assert opened.said == []
    opened.tab.close()


def test_hostile_words_stay_text(browser, tmp_path):
    opened = Opened(browser, page_of(tmp_path, *hostile_folders(tmp_path)))
    tab = opened.tab
    assert HOSTILE[:8] in tab.inner_text("h1")
    assert tab.locator("body > script").count() == 3
    labels = tab.locator("#against-colour option").all_inner_texts()
    for i in range(len(labels)):  # in legends, in axes, in what hovers
        tab.select_option("#against-colour", index=i)
    assert HOSTILE[:20] in tab.inner_text("#against-plot")
    tab.locator("#against-plot path.point").first.hover(force=True)
    over = tab.locator("#against-plot .hoverlayer")
    playwright.expect(over).to_contain_text(HOSTILE[:20])
    assert tab.locator("svg a, svg script, body img").count() == 0
    assert opened.said == [] and opened.asked == [opened.address]
    tab.close()
