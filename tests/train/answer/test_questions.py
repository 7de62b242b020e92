"""Where the records to be answered come from, and what is said about those that cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import DatasetError, FormatError, OptionError, PrepError
from tests.train.answer.speaking import run_on
from train.answer.questions import Source, read_questions, source_of

Rows = list[dict[str, Any]]


def written(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"content": "问", "summary": "答"}, ["prompt", "response"]),
        ({"prompt": "问", "response": "答", "history": [["a", "b"]]}, ["prompt", "response", "history"]),
        ({"instruction": "问", "output": "答"}, ["prompt", "response"]),
        ({"question": "问", "answer": "答"}, ["prompt", "response"]),
        ({"question": "问"}, ["prompt", "response"]),
    ],
)
@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
def test_the_usual_columns_are_found(tmp_path: Path, row: dict[str, Any], columns: list[str], name: str) -> None:
    records, _ = read_questions(Source(path=written(tmp_path / name, [row, row])), "test")

    assert records.columns == columns
    assert records["prompt"].to_list() == ["问", "问"]
    assert records["response"].to_list() == ["答" if len(row) > 1 else None] * 2


def test_a_json_array_and_csv_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"prompt": "问"}, {"prompt": "二"}]', encoding="utf-8")
    (tmp_path / "x.csv").write_text('"question",other\n"一, 二",x\n', encoding="utf-8")

    assert read_questions(Source(path=tmp_path / "x.json"), "test")[0]["prompt"].to_list() == ["问", "二"]
    assert read_questions(Source(path=tmp_path / "x.csv"), "test")[0]["prompt"].to_list() == ["一, 二"]


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "x.json", [{"标题": "问", "摘要": "答", "轮": [["a", "b"]], "prompt": "no"}])

    records, inputs = read_questions(Source(path=path, prompt="标题", response="摘要", history="轮"), "test")

    assert records.rows() == [("问", "答", [["a", "b"]])]
    assert inputs["columns"] == {"prompt": "标题", "response": "摘要", "history": "轮"}


def test_the_first_records_can_be_taken_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "x.json", [{"prompt": str(number)} for number in range(5)])

    records, inputs = read_questions(Source(path=path), "test", 2)

    assert records["prompt"].to_list() == ["0", "1"]
    assert inputs["limit"] == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"标题": "问"}\n', "expected the column one of content, .*; found 标题; name it with --prompt-column"),
        ('{"instruction": "a", "input": "b"}\n', "instructions with an input beside; convert it with prep convert"),
        ("{", "not JSON"),
        ("3\n", "record 1 is 3; expected an object"),
        ('{"prompt": 3}\n', "record 1: prompt is 3; expected a text"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(FormatError, match=message) as error:
        read_questions(Source(path=path), "test")

    assert str(path) in str(error.value)


def test_a_missing_file_and_a_missing_column_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "x.json", [{"prompt": "问"}])

    with pytest.raises(PrepError, match=r"no\.json: cannot be read: No such file"):
        read_questions(Source(path=tmp_path / "no.json"), "test")
    with pytest.raises(FormatError, match="expected the column 标题; found prompt"):
        read_questions(Source(path=path, prompt="标题"), "test")


def dataset(folder: Path) -> Path:
    folder.mkdir()
    written(folder / "test.json", [{"content": "问", "summary": "答"}])
    manifest: dict[str, Any] = {"format": 1, "name": "x", "domain": "legal", "shape": "pair"}
    manifest["records"] = {"train": 0, "dev": 0, "test": 1}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_split_of_a_dataset_is_read_and_an_empty_one_refused(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "x")

    records, inputs = read_questions(Source(path=folder), "test")

    assert records.rows() == [("问", "答")]
    assert inputs["data"] == str(folder / "test.json")
    with pytest.raises(DatasetError, match=r"no records in dev \(train 0, dev 0, test 1\); choose another --split"):
        read_questions(Source(path=folder), "dev")


def test_a_run_knows_what_it_was_trained_on(model: Path, tmp_path: Path) -> None:
    on_dataset = run_on(model, tmp_path / "a", dataset="data/legal").path
    on_files = run_on(model, tmp_path / "b", test_file="t.json", prompt_column="标题", response_column="摘要").path

    assert source_of(on_dataset, "dev") == Source(path=Path("data/legal"))
    assert source_of(on_files, "test") == Source(path=Path("t.json"), prompt="标题", response="摘要")
    with pytest.raises(OptionError, match="no validation_file in its recipe; name a dataset or a file to answer"):
        source_of(on_files, "dev")
    with pytest.raises(OptionError, match="an adapter does not say what it learnt from"):
        source_of(on_files / "adapter", "test")
