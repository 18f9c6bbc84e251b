"""The page in a real browser: it draws, sorts, filters, and asks nobody for anything.

Needs Playwright for Python and a Chromium of the system; skipped where either is
missing. Nothing is downloaded.
"""

import pytest

from rvsjax.report.page import make_page
from tests.report.browsers import Opened, launched, playwright
from tests.report.folders import Tables, sweep_curves, sweep_runs
from tests.report.test_page import HOSTILE, hostile_runs

pytestmark = pytest.mark.slow

browser = pytest.fixture(scope="module")(launched)


def write(folder, runs, about):
    results = Tables(folder, runs, sweep_curves(runs), about)
    path = folder / "report.html"
    path.write_text(make_page(results))
    return path


@pytest.fixture(scope="module")
def runs():
    return sweep_runs(300)


@pytest.fixture(scope="module")
def path(tmp_path_factory, runs):
    return write(tmp_path_factory.mktemp("browser"), runs, "Does it fall?")


@pytest.fixture
def page(browser, path):
    opened = Opened(browser, path)
    yield opened
    # pictures that the page makes itself are data in its own address
    asked = [x for x in opened.asked if not x.startswith("data:image/")]
    assert asked == [opened.address]
    assert opened.said == []
    opened.tab.close()


def test_each_figure_is_drawn(page):
    for name, mark in (
        ("curves", "path.js-line"),
        ("maps", "image"),
        ("sparsity", "path.js-line"),
    ):
        box = page.tab.locator(f"#{name}-plot {mark}").first.bounding_box()
        assert box["width"] > 100 and box["height"] > 10, name
        assert page.tab.locator(f"#{name}-caption").inner_text() != ""
    assert page.tab.locator(".wait").count() == 0


def test_a_click_on_a_head_sorts_and_another_turns_the_order(page, runs):
    finite = sorted(runs["p_eta"])
    head = page.tab.locator("#runs-table th button", has_text="η")
    head.click()
    first = [float(x) for x in page.column("η")]
    assert first == pytest.approx(finite[:50], rel=6e-3)
    head = page.tab.locator("#runs-table th[aria-sort='ascending'] button")
    assert head.evaluate("x => x === document.activeElement")
    page.tab.keyboard.press("Enter")  # by the keyboard as well
    first = [float(x) for x in page.column("η")]
    assert first == pytest.approx(finite[:-51:-1], rel=6e-3)
    page.tab.click("#runs-next")
    assert page.tab.inner_text("#runs-page") == "51–100"


def test_what_has_no_number_comes_last_in_either_order(page, runs):
    missing = int(runs["m_theta"].isna().sum())
    for _ in range(2):
        page.tab.locator("#runs-table th button", has_text="last angle").click()
        page.tab.fill("#runs-filter", "status=diverged")
        assert set(page.column("last angle θ (rad)")) == {"–"}
        page.tab.fill("#runs-filter", "")
        assert "–" not in page.column("last angle θ (rad)")
        for _ in range(5):
            page.tab.click("#runs-next")
        assert page.column("last angle θ (rad)").count("–") == min(missing, 50)
        for _ in range(5):
            page.tab.click("#runs-back")


def test_a_filter_keeps_what_it_says(page, runs):
    kept = runs[(runs["p_penalty"] == "l1") & (runs["m_nnz_u"] < 3)]
    page.tab.fill("#runs-filter", "penalty=l1 m_nnz_u<3")
    assert page.tab.inner_text("#runs-count").startswith(f"{len(kept)} of 300 runs.")
    assert page.column("run id") == list(kept["run_id"])[:50]
    page.tab.fill("#runs-filter", "DIVERGED")
    number = int((runs["status"] == "diverged").sum())
    assert page.tab.inner_text("#runs-count").startswith(f"{number} of 300 runs.")
    for wrong, why in (
        ("nothing=3", "there is no column “nothing”"),
        ("nnz_u<many", "nnz_u is a number, “many” is none"),
        ("nnz_u<", "nnz_u< wants a value after it"),
        ("penalty<l1", "penalty is a word: penalty=value or penalty!=value"),
    ):
        page.tab.fill("#runs-filter", wrong)
        assert page.tab.inner_text("#runs-count") == f"Not filtered: {why}."
    page.tab.fill("#runs-filter", "penalty=none-such")
    assert page.rows()[1] == []


def test_columns_that_do_not_differ_are_shown_when_asked_for(page):
    few = len(page.rows()[0])
    page.tab.check("#runs-all")
    heads = page.rows()[0]
    assert len(heads) > few
    assert "verdict lemma 5 stated" in heads


def test_the_axes_of_the_map_are_those_chosen(page, runs):
    page.tab.select_option("#maps-measure", label="nonzero entries of u")
    page.tab.select_option("#maps-x", label="λ")
    page.tab.select_option("#maps-y", label="β")
    (cells,) = page.drawn("maps")
    wanted = runs.pivot_table("m_nnz_u", "p_beta", "p_lam", aggfunc="median")
    assert cells["z"] == wanted.to_numpy().tolist()
    page.tab.select_option("#maps-y", label="λ")  # as the other: they change places
    (cells,) = page.drawn("maps")
    assert cells["z"] == wanted.to_numpy().T.tolist()
    assert page.tab.locator("#maps-x").evaluate("x => x.selectedOptions[0].text") == "β"


def test_curves_change_their_column_their_lines_and_their_axes(page, runs):
    axes = "document.getElementById('curves-plot').layout"
    page.tab.uncheck("#curves-logy")
    assert page.tab.evaluate(f"{axes}.yaxis.type") == "linear"
    page.tab.check("#curves-logy")
    page.tab.check("#curves-logx")
    types = page.tab.evaluate(f"[{axes}.xaxis.type, {axes}.yaxis.type]")
    assert types == ["log", "log"]
    assert len(page.drawn("curves")) == 2 * 3  # a line and two edges each
    page.tab.select_option("#curves-view", label="β")
    assert len(page.drawn("curves")) == 3 * 3
    page.tab.select_option("#curves-only", label="l1")
    assert len(page.drawn("curves")) == 3 * 3
    page.tab.locator("#curves-legend button").first.press("Space")
    assert len(page.drawn("curves")) == 2 * 3
    page.tab.select_option("#curves-column", label="Lagrangian L(uᵗ, wᵗ)")
    assert "Lagrangian" in page.tab.inner_text("#curves-caption")
    curves = sweep_curves(runs)
    some = runs[(runs["p_penalty"] == "l1") & (runs["p_beta"] == 1.0)]["run_id"]
    own = curves[curves["run_id"].isin(some)].groupby("step")["lagrangian"].median()
    assert page.drawn("curves")[-1]["y"] == pytest.approx(list(own), rel=1e-3)


def test_every_control_is_reached_by_the_keyboard(page):
    shown, reached = page.controls()
    assert shown <= reached


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_a_desk_in_light_and_dark(browser, path, width, scheme):
    size = {"width": width, "height": 800}
    opened = Opened(browser, path, viewport=size, color_scheme=scheme)
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
    words = opened.tab.locator("#curves-plot text").first
    paper = "getComputedStyle(document.body).backgroundColor"
    dark, light = "rgb(20, 22, 26)", "rgb(255, 255, 255)"
    assert opened.tab.evaluate(paper) == (dark if scheme == "dark" else light)
    ink = "rgb(230, 232, 235)" if scheme == "dark" else "rgb(28, 30, 33)"
    playwright.expect(words).to_have_css("fill", ink)
    opened.tab.emulate_media(media="print")  # on paper it is light, figures as well
    playwright.expect(words).to_have_css("fill", "rgb(0, 0, 0)")
    assert opened.tab.evaluate(paper) == light
    assert opened.said == []
    opened.tab.close()


def test_hostile_words_stay_text(browser, tmp_path):
    opened = Opened(browser, write(tmp_path, hostile_runs(), HOSTILE))
    tab = opened.tab
    assert tab.inner_text("h1") == HOSTILE
    assert tab.locator("body > script").count() == 3
    assert tab.locator("body img").count() == 0
    labels = tab.locator("#curves-view option").all_inner_texts()
    tab.select_option("#maps-x", label="surrogate")
    for i in range(len(labels)):  # in legends, in axes, in what hovers
        tab.select_option("#curves-view", index=i)
    assert HOSTILE[:30] in tab.inner_text("#maps-plot")
    tab.locator("#maps-plot").hover(position={"x": 320, "y": 120})
    over = tab.locator("#maps-plot .hoverlayer")
    playwright.expect(over).to_contain_text(HOSTILE[:30])
    tab.fill("#runs-filter", "<img")
    assert any(HOSTILE in cell for row in opened.rows()[1] for cell in row)
    assert tab.locator("svg a, svg script, body img").count() == 0
    assert opened.said == []
    assert [x for x in opened.asked if not x.startswith("data:image/")] == [
        opened.address
    ]
    tab.close()


def test_the_policy_stops_what_it_should(browser, path):
    """A script or an address put into the page afterwards is refused by the browser."""
    opened = Opened(browser, path)
    opened.tab.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'taken'";
          document.head.append(script);
          const image = document.createElement("img");
          image.src = "http://127.0.0.1:9/x.png";
          document.body.append(image);
        }"""
    )
    opened.tab.wait_for_timeout(200)
    assert opened.tab.title() == "small – rvsjax"
    assert len([x for x in opened.said if "Content Security Policy" in x]) == 2
    opened.tab.close()
