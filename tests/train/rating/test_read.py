"""Sheets come back as people fill them in: what counts is counted right, what does not has its reason."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.errors import ModelError, SourceError
from schemas.report import Ratings
from tests.train.rating.drawn import filled, likes, pairs, saved, sheet_rows, written
from train.rating.key import read_key
from train.rating.outcome import outcome_lines, ratings_of
from train.rating.read import read_sheets


def test_a_rater_who_always_prefers_the_tuned_answer_makes_it_win(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(40), 20)

    read = read_sheets([filled(tmp_path, likes("微调"))], key)

    found = ratings_of(read)
    assert (found.judgements, found.raters, found.more_needed, found.kappa) == (20, 1, 0, None)
    assert found.wins is not None
    assert found.wins.value == 1
    assert found.wins.low is not None
    assert found.wins.low > 0.8
    assert read.not_counted == {}
    [rater] = read.raters.values()
    assert (rater.rated, rater.first) == (20, 0.5)


def test_sides_are_turned_back_for_every_rater_before_they_are_compared(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(40), 20, raters=3)

    read = read_sheets([filled(tmp_path, likes(word), n) for n, word in enumerate(("微调", "微调", "基线"), 1)], key)

    assert all(sorted(map(str, choices)) == ["base", "tuned", "tuned"] for choices in read.choices)
    assert ratings_of(read).raters == 3
    assert ratings_of(read).judgements == 60
    assert any("agreement κ" in line for line in outcome_lines(read))


def test_who_only_ever_picks_the_first_answer_is_seen(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(40), 20)

    read = read_sheets([filled(tmp_path, lambda _: "1")], key)

    assert [rater.first for rater in read.raters.values()] == [1.0]
    found = ratings_of(read)
    assert found.wins is not None
    assert found.wins.value == 0.5
    assert "answer 1 chosen in 100%" in "\n".join(outcome_lines(read))
    assert "选“回答 1”占 100%" in "\n".join(outcome_lines(read, "zh"))


def test_ratings_of_those_who_fail_the_checks_do_not_count(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(40), 10, raters=2, checks=4)

    def careless(row: Mapping[str, str]) -> str:
        return {"1": "2", "2": "1"}[likes("微调")(row)]

    read = read_sheets([filled(tmp_path, likes("微调"), 1), filled(tmp_path, careless, 2)], key)

    assert {(rater.right, rater.checks, rater.passed) for rater in read.raters.values()} == {
        (4, 4, True),
        (0, 4, False),
    }
    assert read.not_counted == {"failed_checks": 10}
    assert ratings_of(read).judgements == 10
    assert ratings_of(read).raters == 1


def test_every_row_that_does_not_count_has_its_reason(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(40), 10)
    rows = [{**row, "rating": "1"} for row in sheet_rows(tmp_path)]
    rows[0]["rating"] = ""
    rows[1]["rating"] = "3"
    rows[2]["sheet"] = "ffffffff-1"
    rows[3]["row"] = "99"
    rows.append(rows[4])
    rows.append({**rows[5], "rating": "2"})
    path = saved(tmp_path / "bad.csv", rows)

    read = read_sheets([path], key)

    assert read.not_counted == {
        "blank": 1,
        "unknown_rating": 1,
        "other_sheet": 1,
        "no_such_row": 1,
        "repeated": 1,
        "contradictory": 2,
        "missing": 2,
    }
    assert ratings_of(read).judgements == 5
    assert f"{path}:3: rating '3'; expected 1, 2 or 0" in read.messages
    assert f"{path}:5: row '99'; expected 1 to 10" in read.messages
    assert sum(len(choices) for choices in read.choices) + sum(read.not_counted.values()) - 2 == len(rows)


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("gb18030", ","), ("utf-8", ";"), ("utf-16", "\t"), ("utf-8-sig", ",")]
)
def test_what_a_spreadsheet_program_saves_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    key = written(tmp_path, pairs(20), 10)
    rows = [{**row, "rating": f" {likes('微调')(row)}.0 "} for row in sheet_rows(tmp_path)]

    read = read_sheets([saved(tmp_path / "x.csv", rows, encoding=encoding, delimiter=delimiter)], key)

    assert ratings_of(read).judgements == 10
    assert ratings_of(read).wins is not None


def test_words_and_full_width_digits_are_ratings_too(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 4)
    rows = [
        {**row, "rating": rating}
        for row, rating in zip(sheet_rows(tmp_path), ("１", "乙", "差不多", "TIE"), strict=True)
    ]

    read = read_sheets([saved(tmp_path / "x.csv", rows)], key)

    assert read.not_counted == {}
    assert sum(choices == ["tie"] for choices in read.choices) == 2


def test_who_signs_the_first_row_has_signed_the_sheet(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 6)
    rows = [{**row, "rating": "1", "rater": "王" if n == 0 else ""} for n, row in enumerate(sheet_rows(tmp_path))]

    read = read_sheets([saved(tmp_path / "x.csv", rows)], key)

    assert list(read.raters) == ["王"]
    assert read.not_counted == {}


def test_one_sheet_may_go_to_several_people_who_sign(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 6)

    read = read_sheets([filled(tmp_path, likes("微调"), rater=name) for name in ("王", "李")], key)

    assert list(read.raters) == ["李", "王"]
    assert ratings_of(read).kappa == 1
    unsigned = read_sheets([filled(tmp_path, likes("微调")), filled(tmp_path, likes("基线"), rater=" ")], key)
    assert unsigned.not_counted == {"contradictory": 12}
    assert ratings_of(unsigned) == Ratings()


def test_nothing_rated_is_an_empty_row_of_the_report(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 6)

    read = read_sheets([filled(tmp_path, lambda _: "")], key)

    assert ratings_of(read) == Ratings()
    assert list(outcome_lines(read)) == ["no rating that counts", "not counted: not rated 6"]


def test_only_ties_are_no_win_rate(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 6)

    read = read_sheets([filled(tmp_path, lambda _: "0")], key)

    assert (ratings_of(read).judgements, ratings_of(read).wins) == (6, None)
    assert "as even as it is" in "\n".join(outcome_lines(read))


def test_what_is_no_sheet_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    key = written(tmp_path, pairs(20), 6)
    other = saved(tmp_path / "other.csv", [{"name": "x"}])
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "quote.csv").write_bytes(b'sheet,row,rating\n"x')

    with pytest.raises(SourceError, match=r"other\.csv: no column sheet; expected a rating sheet"):
        read_sheets([other], key)
    with pytest.raises(SourceError, match=r"gone\.csv: cannot be read: No such file"):
        read_sheets([tmp_path / "gone.csv"], key)
    for name in ("empty.csv", "quote.csv"):
        with pytest.raises(SourceError, match="no table"):
            read_sheets([tmp_path / name], key)


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no key; write the sheets first"):
        read_key(tmp_path / "rating-key.json")
    for text in (
        "{",
        "[]",
        '{"format": 1}',
        '{"format": 2}',
        '{"format": 1, "dataset": "x", "identical": 0, "sheets": []}',
    ):
        (tmp_path / "rating-key.json").write_text(text, encoding="utf-8")
        with pytest.raises(ModelError, match="no key of rating sheets"):
            read_key(tmp_path / "rating-key.json")
