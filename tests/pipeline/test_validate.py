"""Validation of dataset folders and files of records."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from pipeline import check_records
from pipeline.validate import ValidationReport, validate
from prep.cli.validate import validate as command
from schemas.dataset import FORMAT
from schemas.errors import DatasetError, FormatError, OptionError, OutcomeError, SourceError
from schemas.records import JSON_SCHEMAS
from tests.shared_data import shared

PAIR = '{"content": "标题", "summary": "摘要"}'
CHAT = '{"prompt": "问", "response": "答", "history": [["q", "a"]]}'


def report_of(folder: Path, text: str | bytes, max_messages: int = 20) -> ValidationReport:
    path = folder / "train.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return validate(path, max_messages=max_messages)


def messages_of(folder: Path, text: str | bytes) -> list[str]:
    return [message.removeprefix(f"{folder}/") for message in report_of(folder, text).messages]


def dataset(
    folder: Path, splits: dict[str, list[str]], counts: dict[str, int] | None = None, shape: str = "pair"
) -> Path:
    for split, lines in splits.items():
        (folder / f"{split}.json").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    records = {
        "train": 0,
        "dev": 0,
        "test": 0,
        **{split: len(lines) for split, lines in splits.items()},
        **(counts or {}),
    }
    manifest: dict[str, Any] = {"format": FORMAT, "name": "x", "domain": "patent", "shape": shape, "records": records}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.mark.parametrize("line", [PAIR, CHAT, CHAT.replace('[["q", "a"]]', "[]")])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_good_records_are_valid_with_and_without_a_last_line_end(tmp_path: Path, line: str, line_end: str) -> None:
    for text in ((line + line_end) * 3, line_end.join([line] * 3)):
        report = report_of(tmp_path, text)

        assert report.is_valid
        assert report.records == {"train.json": 3}


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ('{"content": "x", "summary": " \\u3000"}', "empty_side", "summary: empty; expected text"),
        ('{"content": null, "summary": "y"}', "wrong_type", "content: null; expected text"),
        ('{"content": ["x"], "summary": "y"}', "wrong_type", "content: a list; expected text"),
        ('{"content": 5, "summary": "y"}', "wrong_type", "content: a number; expected text"),
        ('{"content": "x"}', "missing_field", "summary: missing; expected text"),
        ('{"content": "x", "summary": "y", "id": 1}', "unknown_field", "id: unknown; expected content, summary"),
        ('{"content": "x", "content": "z", "summary": "y"}', "broken_line", " no JSON: the field content stands twice"),
        ('{"content": "x", "summary": "y', "broken_line", " no JSON: Unterminated string"),
        (f"{PAIR}{PAIR}", "broken_line", " no JSON: Extra data at character"),
        ('{"content": "x", "summary": "\\ud83d"}', "broken_line", "summary: half a character"),
        ('["x", "y"]', "broken_line", " a list; expected an object with content, summary"),
        ("", "blank_line", " a blank line; expected a JSON object"),
    ],
)
def test_a_bad_line_is_named_by_file_line_and_field(tmp_path: Path, line: str, kind: str, message: str) -> None:
    report = report_of(tmp_path, f"{PAIR}\n{PAIR}\n{line}\n{PAIR}\n")

    assert dict(report.problems) == {kind: 1}
    assert report.messages[0].startswith(f"{tmp_path / 'train.json'}:3:{message}")


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ("null", "null; expected a list of [question, answer] pairs"),
        ('["q", "a"]', "turn 1 is text; expected a [question, answer] pair"),
        ('[["q", "a"], ["q"]]', "turn 2 is a list of 1; expected a [question, answer] pair"),
        ('[["q", null]]', "turn 1 holds null; expected text"),
        ("[[1, 2]]", "turn 1 holds a number; expected text"),
    ],
)
def test_a_bad_history_is_named_by_its_turn(tmp_path: Path, history: str, message: str) -> None:
    bad = CHAT.replace('[["q", "a"]]', history)

    assert messages_of(tmp_path, f"{CHAT}\n{bad}\n") == [f"train.json:2:history: {message}"]


def test_a_missing_history_is_a_missing_field(tmp_path: Path) -> None:
    assert messages_of(tmp_path, '{"prompt": "x", "response": "y"}') == [
        "train.json:1:history: missing; expected a list"
    ]


def test_files_that_no_trainer_reads_are_named_as_what_they_are(tmp_path: Path) -> None:
    assert messages_of(tmp_path, f"[{PAIR},\n{PAIR}]") == [
        "train.json:1: a JSON array; expected one JSON object a line"
    ]
    assert messages_of(tmp_path, f"\ufeff{PAIR}\n") == ["train.json:1: a byte order mark (BOM); expected plain UTF-8"]
    assert messages_of(tmp_path, PAIR.encode("utf-16")) == ["train.json:1: UTF-16; expected UTF-8"]
    assert messages_of(tmp_path, f"{PAIR}\n".encode() + PAIR.encode("gb18030"))[0].startswith("train.json:2: not UTF-8")
    assert messages_of(tmp_path, "") == ["train.json: no records in it"]


def test_every_problem_is_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    report = report_of(tmp_path, f"{PAIR}\n" + '{"content": "x", "summary": ""}\n' * 30, max_messages=3)

    assert dict(report.problems) == {"empty_side": 30}
    assert len(report.messages) == 3


@pytest.mark.parametrize("size", [40, 200, 1 << 20])
def test_blocks_and_pieces_make_no_difference(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_records, "BLOCK_BYTES", size)
    monkeypatch.setattr(check_records, "PIECE_BYTES", size // 4)
    lines = [PAIR] * 40
    lines[5], lines[17], lines[39] = '{"content": "x"}', "{", '{"content": " ", "summary": "y"}'

    report = report_of(tmp_path, "\n".join(lines))

    assert [re.sub(r".*json:(\d+):.*", r"\1", message) for message in report.messages] == ["6", "18", "40"]
    assert report.records == {"train.json": 40}


def test_a_dataset_is_valid_where_all_files_and_counts_agree(tmp_path: Path) -> None:
    folder = dataset(tmp_path, {"train": [PAIR, PAIR], "dev": [PAIR.replace("标题", "乙")], "test": []})

    report = validate(folder)

    assert report.is_valid
    assert report.records == {"train.json": 2, "dev.json": 1, "test.json": 0}


def test_counts_that_differ_from_the_manifest_and_missing_files_are_problems(tmp_path: Path) -> None:
    folder = dataset(tmp_path, {"train": [PAIR], "dev": []}, counts={"train": 2, "test": 3})

    report = validate(folder)

    assert dict(report.problems) == {"wrong_count": 1, "missing_file": 1}
    assert report.messages == (
        f"{folder}/train.json: 1 records; manifest.json counts 2",
        f"{folder}/test.json: missing; manifest.json counts 3 records",
    )


def test_one_prompt_in_two_splits_is_a_leak(tmp_path: Path) -> None:
    other, third = PAIR.replace("标题", "乙"), PAIR.replace("标题", "丙")
    folder = dataset(tmp_path, {"train": [PAIR, other], "dev": [third, other, PAIR], "test": [third]})

    report = validate(folder)

    assert dict(report.problems) == {"leak": 3}
    assert (
        report.messages[0] == f"{folder}/dev.json:2:content: also in train.json (leak); so are 2 records of this file"
    )


def test_one_prompt_after_different_histories_is_no_leak(tmp_path: Path) -> None:
    other = CHAT.replace('["q", "a"]', '["别", "的"]')
    folder = dataset(tmp_path, {"train": [CHAT], "dev": [other], "test": []}, shape="chat")

    assert validate(folder).is_valid
    assert not validate(dataset(folder, {"train": [CHAT], "dev": [CHAT], "test": []}, shape="chat")).is_valid


def test_what_cannot_be_checked_says_why(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"train.json: no records: it begins with '\{\"title\": 1\}'; expected"):
        report_of(tmp_path, '{"title": 1}')
    with pytest.raises(SourceError, match=r"nowhere.json: cannot be read: No such file"):
        validate(tmp_path / "nowhere.json")
    with pytest.raises(DatasetError, match=r"no manifest.json in it"):
        validate(tmp_path)


@pytest.mark.parametrize(
    "line",
    [PAIR, CHAT, '{"content": "", "summary": "y"}', '{"content": "x"}', '{"content": "x", "summary": "y", "z": 1}',
     '{"prompt": "x", "response": "y", "history": [["q"]]}', '{"prompt": "x", "response": "y", "history": ["q"]}',
     '{"prompt": "x", "response": "y"}', '{"prompt": 1, "response": "y", "history": []}',
     '{"prompt": "\\u200b", "response": "y", "history": []}'],
)  # fmt: skip
def test_the_verdict_is_that_of_the_declared_schema(tmp_path: Path, line: str) -> None:
    shape = "pair" if "content" in line else "chat"
    is_valid = jsonschema.Draft202012Validator(JSON_SCHEMAS[shape]).is_valid(json.loads(line))

    assert report_of(tmp_path, line).is_valid == is_valid


def test_the_command_shows_messages_and_ends_with_an_outcome_error(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text('{"content": "x"}\n' * 25, encoding="utf-8")

    result = CliRunner().invoke(command, [str(tmp_path / "train.json")])

    assert isinstance(result.exception, OutcomeError)
    assert re.search(r"train.json: not valid: 25 problems \(missing_field 25\)", str(result.exception))
    assert result.output.count("summary: missing") == 20
    assert "25 problems in all; show them with --max-messages 25" in result.output


def test_the_command_finds_a_dataset_by_its_name_and_prints_json(tmp_path: Path) -> None:
    (tmp_path / "patent").mkdir()
    dataset(tmp_path / "patent", {"train": [PAIR], "dev": [], "test": []})

    plain = CliRunner().invoke(command, ["patent", "--data", str(tmp_path)])
    as_json = CliRunner().invoke(command, ["patent", "--data", str(tmp_path), "--json"])

    assert "valid, pair records: 1 in train.json" in plain.output
    assert json.loads(as_json.output)["valid"] is True


@pytest.mark.parametrize("shape", ["pair", "chat"])
def test_the_command_prints_the_declared_schema(shape: str) -> None:
    result = CliRunner().invoke(command, ["--schema", shape])

    assert json.loads(result.output) == JSON_SCHEMAS[shape]  # type: ignore[index]


def test_the_command_without_a_dataset_says_what_is_missing() -> None:
    assert isinstance(CliRunner().invoke(command, []).exception, OptionError)


def test_real_files_are_judged_as_the_trainers_would() -> None:
    assert validate(shared("official/AdvertiseGen_dev.json")).is_valid
    assert dict(validate(shared("official/AdvertiseGen_train_5000.gb18030.json")).problems) == {"not_utf8": 5000}
    assert dict(validate(shared("official/openai_messages_advgen_dev.json")).problems) == {"array": 1}
    assert dict(validate(shared("official/chatglm_improve_data_sample.jsonl")).problems) == {"missing_field": 100}
