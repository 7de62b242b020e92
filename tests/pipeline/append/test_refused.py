"""What cannot be appended is refused in one line, and the dataset stays as it is."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.lock import held
from tests.pipeline.converting import converted
from tests.running import contents, json_lines, patents, run


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return converted(tmp_path, patents(40), name="old", near_dedup=0.8)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return json_lines(tmp_path / "new.jsonl", patents(20, first=40))


def refusal(old: Path, *arguments: str | Path) -> str:
    """The message, once it is sure that nothing has changed."""
    before = contents(old.parent)

    outcome = run("convert", *arguments, "--out", old.parent, "--append")

    assert outcome.code in (1, 2)
    assert contents(old.parent) == before
    return outcome.error.removeprefix("prep: ")


def test_there_must_be_a_dataset(old: Path, new: Path) -> None:
    message = refusal(old, new, "--name", "other")

    expected = "--append: no dataset there; name one with --name and --out, or leave out --append"
    assert message == f"{old.parent / 'other'}: {expected}"


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (["--seed", "7"], "--seed was 42, is 7"),
        (["--max-content", "9"], "--max-content was not given, is 9"),
        (["--near-dedup", "0.9"], "--near-dedup was 0.8, is 0.9"),
        (["--dev", "30"], "--dev was 0.05, is 30.0"),
    ],
)
def test_options_are_those_of_the_dataset(old: Path, new: Path, options: list[str], difference: str) -> None:
    assert difference in refusal(old, new, "--name", "old", *options)


def test_the_same_options_may_be_said_again(old: Path, new: Path) -> None:
    order = ["--name", "old", "--near-dedup", "0.8", "--dev", "0.05", "--domain", "patent"]

    assert run("convert", new, "--out", old.parent, "--append", *order).code == 0


def test_a_source_that_is_in_the_dataset_is_named(old: Path, new: Path) -> None:
    copy = json_lines(old.parent / "copy.jsonl", patents(40))

    source = old.parent / "old.jsonl"
    assert refusal(old, new, copy, "--name", "old") == f"{copy}: --append: in {old} already as {source}; leave it out"
    assert refusal(old, source, "--name", "old") == f"{source}: --append: in {old} already; leave it out"


def test_a_source_that_grew_itself_is_refused(old: Path) -> None:
    source = json_lines(old.parent / "old.jsonl", patents(50))

    message = refusal(old, source, "--name", "old")

    assert message == (
        f"{source}: --append: {old} has a source of this name with other content; give what is new another name"
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"dev": 3}, "--dev and --test were counts: of more records others would be held out"),
        ({"test": 3.0}, "--dev and --test were counts"),
        ({"stratify": "assignee"}, "--stratify spreads the values over the splits anew"),
        ({"sample": 20}, "--sample draws others from more records"),
    ],
)
def test_what_would_change_with_more_records_cannot_grow(
    tmp_path: Path, new: Path, options: dict[str, Any], why: str
) -> None:
    folder = converted(tmp_path, patents(40), name="fixed", **options)

    assert refusal(folder, new, "--name", "fixed").startswith(f"{folder}: --append: {why}")
    assert not (folder / ".state").exists()


def test_a_cut_by_time_cannot_grow(tmp_path: Path, new: Path) -> None:
    rows = [{**row, "date": f"20{n:02}"} for n, row in enumerate(patents(40))]
    folder = converted(tmp_path, rows, name="timed", split_by="time:date")
    dated = json_lines(tmp_path / "dated.jsonl", [{**row, "date": "2099"} for row in patents(9, first=50)])

    assert "--split-by" in refusal(folder, dated, "--name", "timed")


@pytest.mark.parametrize("name", ["train.json", "dev.json", "rejected.jsonl", "duplicates.jsonl", "origins.parquet"])
def test_a_dataset_that_was_edited_by_hand_is_refused(old: Path, new: Path, name: str) -> None:
    with (old / name).open("ab") as stream:
        stream.write(b"\n")

    message = refusal(old, new, "--name", "old")

    assert message.startswith(f"{old / name}: changed since it was written; --append adds only to what prep convert")


@pytest.mark.parametrize("name", ["keys.arrow", "signatures.arrow", "left_out.jsonl"])
def test_without_what_is_kept_beside_it_it_cannot_grow(old: Path, new: Path, name: str) -> None:
    (old / ".state" / name).unlink()

    assert refusal(old, new, "--name", "old").startswith(f"{old / '.state' / name}: missing; ")


def test_a_mixture_is_refused(tmp_path: Path, old: Path, new: Path) -> None:
    converted(tmp_path, patents(30, first=90), name="more")
    assert run("mix", "old:1", "more:1", "--data", tmp_path, "--out", tmp_path, "--name", "mixed").code == 0

    assert "made by prep mix" in refusal(old, new, "--name", "mixed")


def test_files_that_are_held_out_elsewhere_must_be_what_they_were(tmp_path: Path, new: Path) -> None:
    against = json_lines(tmp_path / "held.json", [{"content": "甲问", "summary": "乙答"}])
    folder = converted(tmp_path, patents(40), name="old", against=(str(against),))
    json_lines(against, [{"content": "丙问", "summary": "丁答"}])

    assert "made with other files of --against" in refusal(folder, new, "--name", "old")


def test_an_old_record_that_would_have_to_go_is_no_case_for_append(tmp_path: Path) -> None:
    folder = converted(tmp_path, patents(40), name="old", conflicts="drop")
    [row] = patents(1)
    other = json_lines(tmp_path / "other.jsonl", [{**row, "abstract": "另一种说法。"}])

    message = refusal(folder, other, "--name", "old")

    assert message.startswith("--append: 1 of the old records would not stay what they are beside the new ones")
    assert "such as that of row 1: " in message


def test_two_ways_to_treat_what_is_there_exclude_each_other(old: Path, new: Path) -> None:
    assert refusal(old, new, "--name", "old", "--overwrite") == "--append and --overwrite exclude each other"


def test_standard_input_needs_a_name(old: Path) -> None:
    assert "say with --name which dataset grows" in refusal(old, "-")


def test_another_run_into_the_dataset_is_told_who_holds_it(old: Path, new: Path) -> None:
    with held(old):
        outcome = run("convert", new, "--out", old.parent, "--name", "old", "--append")

    assert outcome.error.startswith(f"prep: {old}: being written by process ")


def test_a_dataset_that_lost_its_name_to_a_killed_run_gets_it_back(old: Path, new: Path) -> None:
    work = old.parent / ".old.unfinished"
    work.mkdir()
    old.rename(work / "replaced")

    outcome = run("convert", new, "--out", old.parent, "--name", "old", "--append")

    assert outcome.code == 0
    assert "\nread                    60  rows\n" in outcome.out
