"""A file of answers: whole or not there, resumed to the same bytes, refused where it was made otherwise."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.errors import DatasetError, PrepError
from tests.train.answer.speaking import LIMIT, QUESTIONS
from train.answer.generate import Answer
from train.answer.load import Found, base
from train.answer.manner import Manner
from train.answer.predictions import PREDICTIONS, Predictions, predict

MANNER = Manner(max_new_tokens=LIMIT)
RECORDS = pl.DataFrame({"prompt": QUESTIONS, "response": ["甲", "乙", "丙", "丁", None, "己"]})


class Watch:
    """Counts; ends the process at an answer, as far as the code below can tell."""

    def __init__(self, ends_after: int | None = None) -> None:
        self.told: list[tuple[int, int]] = []
        self.batches: list[int] = []
        self._ends_after = ends_after

    def started(self, total: int, done: int) -> None:
        self.told.append((total, done))

    def answered(self, batch: Sequence[Answer]) -> None:
        self.batches.append(len(batch))
        if len(self.batches) == self._ends_after:
            raise KeyboardInterrupt


@pytest.fixture
def found(model: Path) -> Found:
    return base(str(model))


def made(found: Found, out: Path, watch: Watch | None = None, **given: Any) -> Predictions:
    chosen: dict[str, Any] = {"manner": MANNER, "inputs": {"data": "x"}, "batch_size": 2} | given
    records = chosen.pop("records", RECORDS)
    return predict(found, records, out=out, watcher=watch or Watch(), **chosen)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_answers_stand_in_the_order_of_the_records_under_the_official_names(found: Found, tmp_path: Path) -> None:
    outcome = made(found, tmp_path / "new" / PREDICTIONS)

    written = lines(outcome.path)
    assert [line["prompt"] for line in written] == list(QUESTIONS)
    assert [line["labels"] for line in written] == ["甲", "乙", "丙", "丁", "", "己"]
    assert list(written[0])[:2] == ["labels", "predict"]
    assert [path.name for path in sorted(outcome.path.parent.iterdir())] == [
        "generated_predictions.about.json",
        PREDICTIONS,
    ]


def test_a_record_without_a_prompt_is_counted_and_says_why(found: Found, tmp_path: Path) -> None:
    records = pl.DataFrame({"prompt": ["法律", "", None, " \n"], "response": ["甲"] * 4})

    outcome = made(found, tmp_path / PREDICTIONS, records=records)

    written = lines(outcome.path)
    assert (outcome.records, outcome.not_asked) == (4, 3)
    assert [line["not_asked"] for line in written] == [None, *["empty_prompt"] * 3]
    assert written[1] == {
        "labels": "甲",
        "predict": "",
        "prompt": "",
        "tokens": None,
        "cut": None,
        "not_asked": "empty_prompt",
    }


def test_answers_that_the_limit_cut_are_marked_and_counted(found: Found, tmp_path: Path) -> None:
    outcome = made(found, tmp_path / PREDICTIONS)

    written = [line for line in lines(outcome.path) if line["not_asked"] is None]
    assert {line["tokens"] == LIMIT for line in written if line["cut"]} == {True}
    assert outcome.cut == sum(line["cut"] for line in written)
    assert 0 < outcome.cut < len(written)


def test_a_dialogue_is_asked_with_its_history_which_stays_beside_it(found: Found, tmp_path: Path) -> None:
    records = RECORDS.with_columns(history=pl.Series([[["一种装置", "甲"]]] * 6))

    outcome = made(found, tmp_path / PREDICTIONS, records=records)

    written, bare = lines(outcome.path), lines(made(found, tmp_path / "bare.json").path)
    assert [line["history"] for line in written] == [[["一种装置", "甲"]]] * 6
    assert [line["predict"] for line in written] != [line["predict"] for line in bare]


@pytest.mark.parametrize("sampling", ["greedy", "official"])
@pytest.mark.parametrize("torn", ["", '[[3, "半', "\n"])
def test_broken_off_it_goes_on_to_the_bytes_of_an_unbroken_generation(
    found: Found, tmp_path: Path, sampling: Any, torn: str
) -> None:
    manner = Manner(max_new_tokens=LIMIT, sampling=sampling)
    whole = made(found, tmp_path / "whole.json", manner=manner)
    out, journal = tmp_path / PREDICTIONS, tmp_path / "generated_predictions.partial.jsonl"
    with pytest.raises(KeyboardInterrupt):
        made(found, out, Watch(ends_after=1), manner=manner)
    assert not out.exists()
    with journal.open("a", encoding="utf-8") as file:
        file.write(torn.strip("\n"))

    watch = Watch()
    made(found, out, watch, manner=manner)

    [(total, done)] = watch.told
    assert total == 5
    assert 1 <= done == total - sum(watch.batches)
    assert out.read_bytes() == whole.path.read_bytes()
    assert not journal.exists()


def test_a_journal_that_is_whole_but_for_the_last_step_needs_no_model(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        made(found, tmp_path / PREDICTIONS, Watch(ends_after=5), batch_size=1)
    monkeypatch.setattr(Found, "load", None)

    outcome = made(found, tmp_path / PREDICTIONS)

    assert outcome.records == 6


def test_an_interruption_before_the_first_answer_leaves_nothing(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Found) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Found, "load", interrupted)

    with pytest.raises(KeyboardInterrupt):
        made(found, tmp_path / PREDICTIONS)

    assert list(tmp_path.iterdir()) == []


CHANGES: Mapping[str, Mapping[str, Any]] = {
    "max_new_tokens was 12, is 13": {"manner": Manner(max_new_tokens=13)},
    'sampling was "greedy", is "official"': {"manner": Manner(max_new_tokens=LIMIT, sampling="official")},
    'data was "x", is "y"': {"inputs": {"data": "y"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_that_was_begun_otherwise_is_refused_and_begun_anew_when_asked(
    found: Found, tmp_path: Path, change: str
) -> None:
    out = tmp_path / PREDICTIONS
    with pytest.raises(KeyboardInterrupt):
        made(found, out, Watch(ends_after=1))

    with pytest.raises(DatasetError) as refused:
        made(found, out, **CHANGES[change])

    assert f"begun otherwise: {change}; " in str(refused.value)
    watch = Watch()
    made(found, out, watch, overwrite=True, **CHANGES[change])
    assert watch.told == [(5, 0)]


@pytest.mark.parametrize("change", CHANGES)
def test_a_finished_one_is_left_as_it_is_or_refused(
    found: Found, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = made(found, tmp_path / PREDICTIONS).path
    before = out.read_bytes()
    monkeypatch.setattr(Found, "load", None)

    again = made(found, out)

    assert not again.is_new
    with pytest.raises(DatasetError, match=r"made otherwise: .*; replace it with --overwrite, or choose another --out"):
        made(found, out, **CHANGES[change])
    assert out.read_bytes() == before


def test_another_model_or_limit_is_seen(found: Found, model: Path, tmp_path: Path) -> None:
    out = made(found, tmp_path / PREDICTIONS).path
    (model / "added.txt").write_text("x")
    try:
        with pytest.raises(DatasetError, match="model_files was"):
            made(found, out)
    finally:
        (model / "added.txt").unlink()
    with pytest.raises(DatasetError, match="limits was"):
        made(found.with_limits(source=7), out)


def test_batch_size_and_device_may_change_in_between(found: Found, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        made(found, tmp_path / PREDICTIONS, Watch(ends_after=1))

    outcome = made(replace(found, device=found.device), tmp_path / PREDICTIONS, batch_size=1)

    assert lines(outcome.path) == lines(made(found, tmp_path / "whole.json").path)


@pytest.mark.parametrize("content", ["", "years of work", "{}", "[1]"])
def test_what_is_not_ours_is_not_overwritten(found: Found, tmp_path: Path, content: str) -> None:
    (tmp_path / PREDICTIONS).write_text(content)

    with pytest.raises(DatasetError, match="in the way, and nothing beside it says what it was made of"):
        made(found, tmp_path / PREDICTIONS)

    assert (tmp_path / PREDICTIONS).read_text() == content


@pytest.mark.parametrize("content", ["years of work\n", "[1]\n", "{}\nnull\n", '{}\n[["a"]]\n'])
def test_a_journal_that_is_none_is_refused(found: Found, tmp_path: Path, content: str) -> None:
    journal = tmp_path / "generated_predictions.partial.jsonl"
    journal.write_text(content)

    with pytest.raises(DatasetError, match="not begun by prep generate, or damaged"):
        made(found, tmp_path / PREDICTIONS)

    assert journal.read_text() == content


def test_a_place_that_cannot_be_written_is_told_in_a_line(found: Found, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(PrepError, match=r"file/a\.json: cannot be written: .*; choose another --out"):
        made(found, tmp_path / "file" / "a.json")


def test_a_full_disk_keeps_the_answers_so_far(found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from train.answer import predictions

    def full(_: Path, __: Iterator[str]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(predictions, "_replace", full)
    with pytest.raises(PrepError, match="No space left on device"):
        made(found, tmp_path / PREDICTIONS)
    monkeypatch.undo()

    watch = Watch()
    made(found, tmp_path / PREDICTIONS, watch)

    assert watch.told == [(5, 5)]
