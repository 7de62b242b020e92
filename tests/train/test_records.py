"""The records of a training: dataset folders and the files of the official scripts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schemas.dataset import FORMAT
from schemas.errors import DatasetError, EncodingError, FormatError, OptionError, SourceError
from tests.train.runs import write_rows
from train.record_files import Columns, read_records
from train.records import records_of_dataset, records_of_files

PAIR = {"content": "发明", "summary": "摘要"}
CHAT = {"prompt": "问", "response": "答", "history": [["前问", "前答"]]}


def test_json_lines_and_arrays_are_read_alike(tmp_path: Path) -> None:
    lines = write_rows(tmp_path / "lines.json", [PAIR, PAIR])
    array = tmp_path / "array.json"
    array.write_text(json.dumps([PAIR, PAIR], ensure_ascii=False), encoding="utf-8")

    assert read_records(lines).equals(read_records(array))
    assert read_records(lines).to_dicts() == [{"prompt": "发明", "response": "摘要"}] * 2


def test_a_byte_order_mark_and_blank_lines_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("\ufeff" + json.dumps(PAIR) + "\n\n" + json.dumps(PAIR) + "\r\n", encoding="utf-8")

    assert read_records(path).height == 2


def test_line_separators_inside_a_text_do_not_cut_a_line(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text('{"content": "a\u2028b", "summary": "c\x85d"}\n', encoding="utf-8")

    assert read_records(path).to_dicts() == [{"prompt": "a\u2028b", "response": "c\x85d"}]


def test_columns_of_our_datasets_are_found_with_their_history(tmp_path: Path) -> None:
    records = read_records(write_rows(tmp_path / "train.json", [CHAT, {**CHAT, "history": None}]))

    assert records["history"].to_list() == [[["前问", "前答"]], []]


def test_a_history_that_no_column_names_is_left_out(tmp_path: Path) -> None:
    named = Columns(prompt="prompt", response="response")

    assert read_records(write_rows(tmp_path / "train.json", [CHAT]), named).columns == ["prompt", "response"]


def test_whole_conversations_become_records_of_their_last_answer(tmp_path: Path) -> None:
    names = [("human", "gpt"), ("user", "assistant")]
    rows = [
        {"id": "0", "conversations": [{"from": one, "value": f"{one}{turn}"} for turn in "12" for one in pair]}
        for pair in names
    ]

    records = read_records(write_rows(tmp_path / "belle.json", rows))

    assert records.to_dicts() == [
        {"prompt": f"{asking}2", "response": f"{answering}2", "history": [[f"{asking}1", f"{answering}1"]]}
        for asking, answering in names
    ]


@pytest.mark.parametrize(
    ("speakers", "message"),
    [
        (["gpt", "human"], "record 1: gpt, human take turns; expected human, gpt, human, gpt"),
        (["human"], "record 1: human take turns; .*convert the file with prep convert"),
        (["human", "gpt", "gpt"], "take turns"),
        (["system", "human"], "take turns"),
        ([], 'conversations is \\[\\]; expected a list of {"from"'),
        ([1, 2], "expected a list of"),
    ],
)
def test_conversations_that_do_not_alternate_are_named(tmp_path: Path, speakers: list[Any], message: str) -> None:
    rows = [{"conversations": [{"from": speaker, "value": "一"} for speaker in speakers]}]

    with pytest.raises(FormatError, match=message):
        read_records(write_rows(tmp_path / "belle.json", rows))


def test_csv_has_its_history_as_json(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text('q,a,h\n问,"答,\n二",[]\n1,2,"[[""前问"", ""前答""]]"\n', encoding="utf-8")

    records = read_records(path, Columns(prompt="q", response="a", history="h"))

    assert records.to_dicts() == [
        {"prompt": "问", "response": "答,\n二", "history": []},
        {"prompt": "1", "response": "2", "history": [["前问", "前答"]]},
    ]


def test_missing_sides_are_kept_for_whoever_counts_them(tmp_path: Path) -> None:
    records = read_records(write_rows(tmp_path / "train.json", [PAIR, {"content": "问"}, {"summary": None}]))

    assert records["response"].to_list() == ["摘要", None, None]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ('{"content": "a", "summary": ["b"]}', None, r'record 1: summary is \["b"\]; expected a text'),
        ('{"content": 5, "summary": "b"}', None, "record 1: content is 5; expected a text"),
        ('{"content": "a"}', None, "expected the columns content and summary or prompt and response; found content"),
        ('{"content": "a", "summary": "b"}', Columns(prompt="q", response="a"), "expected the columns q and a; found"),
        ('{"prompt": "a", "response": "b", "history": [["c"]]}', None, "history is .*; expected a list of"),
        ('{"content": "a", "summary": "b"}\n{"content": ', None, r":2: not JSON: .*; repair the line"),
        ('[{"content": "a",\n "summary": }]', None, r":2: not JSON: "),
        ('["a"]', None, 'record 1 is "a"; expected an object'),
        ("", None, "found none"),
    ],
)
def test_what_is_no_record_is_named_with_its_place(
    tmp_path: Path, text: str, columns: Columns | None, message: str
) -> None:
    path = tmp_path / "train.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(FormatError, match=message):
        read_records(path, columns)


def test_other_files_encodings_and_missing_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gb.json").write_bytes("{'content': '专利'}".encode("gb18030"))
    (tmp_path / "train.xlsx").touch()

    with pytest.raises(FormatError, match="expected a file that ends in"):
        read_records(tmp_path / "train.xlsx")
    with pytest.raises(EncodingError, match="not UTF-8 at byte"):
        read_records(tmp_path / "gb.json")
    with pytest.raises(FormatError, match="no such dataset or file; make a dataset with prep convert"):
        read_records(tmp_path / "legal")
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        read_records(tmp_path / "nowhere.json")


def test_a_dataset_folder_gives_its_splits_and_their_hashes(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path / "legal", {"train": 3, "dev": 1, "test": 0})

    records = records_of_dataset(dataset, {"train": 2})

    assert records.name == "legal"
    assert {name: frame.height for name, frame in records.splits.items()} == {"train": 2, "dev": 1}
    assert records.split("test") is None
    assert set(records.hashes) == {"train", "dev"}
    assert len(records.hashes["train"]) == 64


def test_a_split_that_the_manifest_counts_must_be_there(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path / "legal", {"train": 3, "dev": 1, "test": 0})
    (dataset / "dev.json").unlink()

    with pytest.raises(DatasetError, match=r"dev\.json: not there, but manifest\.json counts its records"):
        records_of_dataset(dataset, {})


def test_official_files_are_named_after_their_folder(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "AdvertiseGen/train.json", [PAIR] * 4)
    dev = write_rows(tmp_path / "AdvertiseGen/dev.json", [PAIR])

    records = records_of_files({"train": str(train), "dev": str(dev), "test": None}, None, {"train": None})

    assert records.name == "AdvertiseGen"
    assert {name: frame.height for name, frame in records.splits.items()} == {"train": 4, "dev": 1}


def test_no_data_at_all_is_a_mistake() -> None:
    with pytest.raises(OptionError, match="no data; name a dataset"):
        records_of_files({}, None, {})


def _dataset(folder: Path, counts: Mapping[str, int]) -> Path:
    for split, count in counts.items():
        write_rows(folder / f"{split}.json", [PAIR] * count)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "name": "legal",
        "domain": "legal",
        "shape": "pair",
        "records": counts,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
