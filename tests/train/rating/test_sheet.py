"""Sheets are blind, balanced, the same for the same seed, and safe to open."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import ModelError, OptionError
from tests.train.rating.drawn import key_of, likes, pairs, sheet_rows, written
from tests.train.report.reports import NASTY
from train.rating.cells import csv_text, read_csv
from train.rating.sheet import draw_sheets
from train.rating.write import KEY, SHEETS, write_sheets


def test_the_same_seed_draws_the_same_sheets_and_another_one_others() -> None:
    drawn = draw_sheets(pairs(40), 10, raters=2, checks=2, seed=7)

    assert draw_sheets(list(reversed(pairs(40))), 10, raters=2, checks=2, seed=7).sheets[0].rows == drawn.sheets[0].rows
    assert {row.record for row in draw_sheets(pairs(40), 10, seed=8).sheets[0].rows} != {
        row.record for row in draw_sheets(pairs(40), 10, seed=7).sheets[0].rows
    }


def test_a_larger_sheet_holds_the_smaller_one() -> None:
    smaller, larger = ({row.record for row in draw_sheets(pairs(40), n).sheets[0].rows} for n in (5, 20))

    assert len(smaller) == 5
    assert smaller < larger


def test_each_side_comes_first_equally_often_and_raters_see_other_orders() -> None:
    drawn = draw_sheets(pairs(60), 40, raters=2)

    for sheet in drawn.sheets:
        assert Counter(row.sides[0] for row in sheet.rows) == {"tuned": 20, "base": 20}
    first, second = drawn.sheets
    assert {row.record for row in first.rows} == {row.record for row in second.rows}
    assert [row.record for row in first.rows] != [row.record for row in second.rows]
    same_side = sum({row.record: row.sides for row in first.rows}[row.record] == row.sides for row in second.rows)
    assert 0 < same_side < 40


def test_what_a_rater_gets_says_nothing_of_who_answered(tmp_path: Path) -> None:
    written(tmp_path, pairs(20), 10, checks=3)

    for path in (tmp_path / SHEETS).iterdir():
        text = path.read_text(encoding="utf-8")
        assert "tuned" not in text
        assert "base" not in text
        assert "test:" not in text
        assert "check" not in text.replace("checked", "")
    assert (tmp_path / KEY).is_file()
    assert not any("key" in path.name for path in (tmp_path / SHEETS).iterdir())
    assert "问题" not in (tmp_path / KEY).read_text(encoding="utf-8")


def test_the_key_tells_which_side_is_which(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 10, raters=2)

    for number, (_, rows) in enumerate(key.sheets.items(), start=1):
        for row, seen in zip(rows, sheet_rows(tmp_path, number), strict=True):
            assert seen["prompt"] == f"问题{row.record.removeprefix('test:')}？"
            assert seen[f"answer {row.sides.index('tuned') + 1}"].startswith("微调")


def test_two_equal_answers_are_put_to_nobody_and_counted(tmp_path: Path) -> None:
    items = [replace(pair, tuned=f"{pair.base} ") if n < 3 else pair for n, pair in enumerate(pairs(10))]

    written(tmp_path, items, 10)

    assert len(sheet_rows(tmp_path)) == 7
    assert key_of(tmp_path)["identical"] == 3
    with pytest.raises(OptionError, match="of 3 items none has two different answers"):
        draw_sheets(items[:3], 10)


def test_a_check_puts_a_reference_beside_that_of_another_item() -> None:
    drawn = draw_sheets(pairs(20), 5, checks=4)

    checks = [row for row in drawn.sheets[0].rows if "right" in row.sides]
    assert len(checks) == 4
    for row in checks:
        right = (row.first, row.second)[row.sides.index("right")]
        assert right == f"参考{row.record.removeprefix('test:')}"
        assert row.first != row.second
        assert {row.first[:2], row.second[:2]} == {"参考"}
    with pytest.raises(OptionError, match="9 checks: only 5 items"):
        draw_sheets(pairs(5), 5, checks=9)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "－", " =", "%", "|"])
def test_no_cell_is_a_formula(start: str, tmp_path: Path) -> None:
    text = csv_text(("prompt",), [[f'{start}HYPERLINK("http://x")']])

    assert f"\"'{start}HYPERLINK" in text
    (tmp_path / "x.csv").write_text(text, encoding="utf-8", newline="")
    assert read_csv(tmp_path / "x.csv") == [{"prompt": f'\'{start}HYPERLINK("http://x")'}]


def test_markup_in_texts_is_shown_and_never_run(tmp_path: Path) -> None:
    items = [replace(pair, prompt=NASTY, base=f"=1+{NASTY}", tuned=NASTY) for pair in pairs(3)]

    written(tmp_path, items, 3)

    page = (tmp_path / SHEETS / "sheet-1.html").read_text(encoding="utf-8")
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "script-src &#39;sha256-" not in page
    assert page.count("script-src 'sha256-") == 1


def test_sheets_that_may_be_with_raters_are_not_written_over(tmp_path: Path) -> None:
    written(tmp_path, pairs(20), 10)

    written(tmp_path, pairs(20), 10)
    with pytest.raises(ModelError, match="of other sheets, which may be with raters"):
        write_sheets(draw_sheets(pairs(20), 11), tmp_path, "legal")
    assert len(sheet_rows(tmp_path)) == 10


def test_the_rater_of_these_tests_is_no_fool() -> None:
    row = {"prompt": "问题4？", "answer 1": "基线4", "answer 2": "微调4"}

    assert (likes("微调")(row), likes("基线")(row), likes("猫")(row)) == ("2", "1", "0")
