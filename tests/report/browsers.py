"""A Chromium of the system, for the tests of pages; skips where there is none.

Needs Playwright for Python. Nothing is downloaded.
"""

import shutil

import pytest

from rvsjax.report.page import is_possible

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright")
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
if CHROMIUM is None:
    pytest.skip("no Chromium on the PATH", allow_module_level=True)
if not is_possible():
    pytest.skip("the extra `report` is not installed", allow_module_level=True)

OPTIONS = ["--no-sandbox", "--disable-background-networking"]


class Opened:
    """A page in a tab, with all that it asked for and complained of."""

    def __init__(self, browser, path, **settings):
        self.asked, self.said = [], []
        self.tab = browser.new_page(**settings)
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.said.append("a dialog"))
        self.address = path.as_uri()
        self.tab.goto(self.address)
        self.tab.wait_for_selector("html[data-ready]", timeout=60_000)

    def rows(self):
        """Return the words of the table of runs, row by row, and its heads."""
        cells = "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
        heads = self.tab.eval_on_selector_all("#runs-table thead tr", cells)[0]
        return heads, self.tab.eval_on_selector_all("#runs-table tbody tr", cells)

    def column(self, name):
        heads, rows = self.rows()
        place = next(i for i, x in enumerate(heads) if x.strip(" ↑↓") == name)
        return [row[place] for row in rows]

    def drawn(self, name):
        """Return what plotly drew: the lines, or the cells, as it has them."""
        return self.tab.evaluate(f"document.getElementById('{name}-plot').data")

    def controls(self):
        """Return the controls that are shown, and what Tab comes to."""
        wanted = "summary, a[href], button:enabled, select, input, [tabindex='0']"
        shown = self.tab.locator(wanted).locator("visible=true")
        number = shown.count()
        assert number > 20
        reached = set()
        for _ in range(number + 5):
            self.tab.keyboard.press("Tab")
            reached.add(self.tab.evaluate("document.activeElement.outerHTML"))
        return set(shown.evaluate_all("found => found.map(x => x.outerHTML)")), reached


def launched():
    """Yield a browser; made a fixture by who needs it."""
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield started
        started.close()
