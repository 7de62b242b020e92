"""``--split-by file``: the names of the sources say what their records are for."""

from pathlib import Path

import pytest

from pipeline.split_by_file import split_of
from schemas.errors import OptionError
from tests.running import Row, json_lines, manifest_of, patents, read_lines, run


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("legal/train.json", "train"),
        ("a/cail_dev_2019.jsonl", "dev"),
        ("hf::owner/name@validation", "dev"),
        ("crawl.zip/test.json", "test"),
        ("test-run/VALID.csv", "dev"),
        ("data/test/part-0001.json", "test"),
        ("data/eval/00.json.gz", "dev"),
        ("法律训练集.json", "train"),
        ("train1.json", "train"),
        ("train_test_split/test.json", "test"),
        ("latest/pretrained-train.json", "train"),
    ],
)
def test_the_last_word_for_a_split_decides(name: str, split: str) -> None:
    assert split_of(name) == split


@pytest.mark.parametrize("name", ["patents.csv", "latest.json", "constrained.json", "tests/evaluation.json", "-"])
def test_a_name_without_one_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match="no train, dev or test in its name"):
        split_of(name)


def files(place: Path, **rows: list[Row]) -> Path:
    place.mkdir()
    for name, each in rows.items():
        json_lines(place / f"{name}.json", each)
    return place


def test_records_stay_in_the_split_of_their_file(tmp_path: Path) -> None:
    rows = list(patents(30))
    source = files(tmp_path / "in", train=rows[:20], valid=rows[20:24], test=rows[24:])

    assert run("convert", source, "--split-by", "file", "--out", tmp_path / "data").code == 0

    made = tmp_path / "data" / "patent"
    counts = {split: len(read_lines(made / f"{split}.json")) for split in ("train", "dev", "test")}
    assert counts == {"train": 20, "dev": 4, "test": 6}
    assert [line["content"] for line in read_lines(made / "dev.json")] == [row["title"] for row in rows[20:24]]
    assert manifest_of(made)["splits"]["by"] == "file"


def test_what_the_files_have_in_common_is_certified(tmp_path: Path) -> None:
    first, second = list(patents(2))
    source = files(tmp_path / "in", train=[first], test=[{**first, "abstract": second["abstract"]}])

    run("convert", source, "--split-by", "file", "--out", tmp_path / "data")

    assert manifest_of(tmp_path / "data" / "patent")["leakage"]["test"]["identical_prompts"] == 1


@pytest.mark.parametrize(
    ("names", "arguments", "said"),
    [
        (("train", "more"), (), "more.json: --split-by file: no train, dev or test in its name"),
        (("test",), (), "no file for training"),
        (("train",), ("--stratify", "assignee"), "exclude each other: files are not spread evenly"),
    ],
)
def test_what_cannot_be_is_one_line(
    names: tuple[str, ...], arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    source = files(tmp_path / "in", **{name: list(patents(3, 10 * at)) for at, name in enumerate(names)})

    outcome = run("convert", source, "--split-by", "file", *arguments, "--out", tmp_path / "data")

    assert outcome.code == 1
    assert said in outcome.error
    assert not (tmp_path / "data" / "patent").exists()
