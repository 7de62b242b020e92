"""The rating page in a real browser: rated by keyboard, kept, and exported as what ``--ratings`` reads."""

from itertools import count
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.looking import WIDTHS, faults
from tests.train.rating.drawn import pairs
from tests.train.report.reports import NASTY
from train.rating.key import read_key
from train.rating.outcome import ratings_of
from train.rating.read import read_sheets
from train.rating.sheet import Pair, draw_sheets
from train.rating.write import KEY, SHEETS, write_sheets

_SEEDS = count()
_CATCH_EXPORT = """
URL.createObjectURL = blob => { window.exported = blob; return 'blob:kept'; };
HTMLAnchorElement.prototype.click = function () { window.exportedName = this.download; };
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Another one every time: the browser keeps what is rated by the sheet's name."""
    items = [*pairs(7), Pair(record="test:8", prompt=NASTY, reference="x", base=NASTY, tuned="长" * 900)]
    write_sheets(draw_sheets(items, 8, seed=next(_SEEDS)), tmp_path, "legal", lang="zh")
    return tmp_path / SHEETS / "sheet-1.html"


def shown(browser: Chromium) -> str:
    return str(browser.run("document.getElementById('count').textContent"))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sheet_fits_and_nothing_leaves_it(browser: Chromium, sheet: Path, width: int) -> None:
    browser.open(sheet, width)

    assert faults(browser, width) == {}
    assert browser.requests[:1] == [sheet.as_uri()]
    assert shown(browser) == "0 / 8"
    assert browser.run("document.querySelector('.keys').textContent").startswith("快捷键：1 或 2")


def test_what_is_rated_by_keyboard_is_kept_and_read_back(browser: Chromium, sheet: Path) -> None:
    browser.open(sheet, 1280)
    for key in "1201":
        browser.press(key, key)
    browser.open(sheet, 390)

    assert shown(browser) == "4 / 8"
    browser.run("document.getElementById('rater').value = '王'")
    browser.run(_CATCH_EXPORT)
    browser.run("document.getElementById('export').click()")
    path = sheet.parent / str(browser.run("exportedName"))
    path.write_text(str(browser.run("exported.text()")), encoding="utf-8")
    read = read_sheets([path], read_key(sheet.parent.parent / KEY))

    assert (ratings_of(read).judgements, [*read.raters], dict(read.not_counted)) == (4, ["王"], {"blank": 4})
    assert browser.complaints == []


def test_a_chosen_answer_is_marked_and_the_end_is_said(browser: Chromium, sheet: Path) -> None:
    browser.open(sheet, 1280)

    for _ in range(8):
        browser.press("2", "2")

    assert shown(browser) == "8 / 8"
    assert browser.run("document.querySelectorAll('fieldset.rated').length") == 8
    assert browser.run("document.getElementById('done').hidden") is False
