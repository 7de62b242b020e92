"""The report in a real browser: every plot is drawn, nothing is cut off, nothing is fetched."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.report import PAGE, Lang, SuitabilityReport
from tests.browser.chromium import Chromium
from tests.browser.looking import WIDTHS, chinese_is_drawn, faults
from tests.train.report.reports import nasty, report
from train.report.save import save_report

REPORTS: Mapping[str, tuple[SuitabilityReport, Lang]] = {
    "one domain": (report(("legal",)), "en"),
    "one domain, Chinese": (report(("legal",)), "zh"),
    "all domains": (report(stands_for_itself="The model is tiny."), "zh"),
    "nasty texts": (nasty(), "zh"),
}


@pytest.fixture(scope="module", params=REPORTS)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A page, and how many plots it has; of one domain alone there is no overview."""
    made, lang = REPORTS[request.param]
    folder = save_report(made, tmp_path_factory.mktemp("report"), lang=lang)
    return folder / PAGE, 7 * len(made.domains) + (len(made.domains) > 1)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_plot_is_drawn_and_nothing_leaves_the_page(
    browser: Chromium, saved: tuple[Path, int], width: int
) -> None:
    page, plots = saved

    browser.open(page, width)

    assert faults(browser, width) == {}
    assert browser.requests[:1] == [page.as_uri()]
    assert browser.run("document.querySelectorAll('svg').length") == plots


def test_what_would_leave_the_page_is_noticed(browser: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><svg aria-label='empty'></svg><img src='http://example.invalid/x.png'>"
        "<div style='width: 1500px'>wide</div>",
        encoding="utf-8",
    )

    browser.open(page, 390)

    found = faults(browser, 390)
    assert found["plots without a drawing"] == ["empty"]
    assert found["requests beyond the page"] == ["http://example.invalid/x.png"]
    assert found["images without a picture"] == ["http://example.invalid/x.png"]
    assert "elements beyond the window" in found
    assert "pixels beyond the window" in found


def test_chinese_is_drawn_by_the_browser(browser: Chromium, tmp_path: Path) -> None:
    fonts = shutil.which("fc-list")
    if fonts is None or not subprocess.run([fonts, ":lang=zh"], capture_output=True, check=False).stdout.strip():
        pytest.skip("no Chinese font here; as root on Debian, sh tests/browser/install.sh installs one")

    browser.open(save_report(report(("专利-短",)), tmp_path, lang="zh") / PAGE, 1280)

    assert chinese_is_drawn(browser)
    assert browser.run("[...document.querySelectorAll('svg text')].some(text => text.textContent == '总获益')")


def test_the_page_prints(browser: Chromium, tmp_path: Path) -> None:
    browser.open(save_report(report(("legal", "patent")), tmp_path) / PAGE, 1280)

    paper = browser.print_pdf()

    pages = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert paper.startswith(b"%PDF")
    assert 3 <= pages <= 12  # a section begins on a page of its own
