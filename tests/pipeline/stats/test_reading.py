import json
from pathlib import Path

import pytest

from pipeline.stats import reading
from pipeline.stats.reading import find_shape, read_records
from schemas.errors import FormatError

GOOD = '{"content": "问", "summary": "答"}'
CHAT = '{"prompt": "问", "response": "答", "history": [["一", "二"]]}'


def read(path: Path) -> list[tuple[object, ...]]:
    shape = find_shape(path)
    return [] if shape is None else [row for block in read_records(path, shape) for row in block.rows()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, [("问", "答", [])]),
        (f"\ufeff{GOOD}\n\n{GOOD}\r\n", [("问", "答", [])] * 2),
        (f"\n{CHAT}\n", [("问", "答", [["一", "二"]])]),
        ('{"prompt": "问", "response": "答", "history": []}', [("问", "答", [])]),
        ("\n \n", []),
    ],
)
def test_both_shapes_are_read(text: str, expected: list[tuple[object, ...]], tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(text, encoding="utf-8")

    assert read(path) == expected


def test_the_size_of_the_blocks_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.json"
    rows = [{"content": f"第{number}问", "summary": "答" * (number % 9 + 1)} for number in range(200)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 100)

    found = read(path)

    assert found == [(row["content"], row["summary"], []) for row in rows]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"content": "断', 'train.json:3: not JSON: {"content": "断; expected: a line is'),
        ('{"content": "问"}', "train.json:3:summary: found nothing, expected text"),
        ('{"content": "问", "summary": null}', "train.json:3:summary: found null, expected text"),
        ("[1, 2]", r"train.json:3: found \[1, 2\]; expected"),
    ],
)
@pytest.mark.parametrize("block", [10, 1 << 20])
def test_a_broken_line_is_named(
    line: str, message: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "train.json"
    path.write_text(f"{GOOD}\n\n{line}\n{GOOD}\n", encoding="utf-8")
    monkeypatch.setattr(reading, "_BLOCK_BYTES", block)

    with pytest.raises(FormatError, match=message):
        read(path)


@pytest.mark.parametrize("history", ['"x"', "null", '[["一"]]', '[["一", null]]', '["一", "二"]'])
def test_a_history_that_is_no_list_of_pairs_is_named(history: str, tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(f'{CHAT}\n{{"prompt": "问", "response": "答", "history": {history}}}\n', encoding="utf-8")

    with pytest.raises(FormatError, match=r"train\.json:2:history: found .*, expected a list of \[question, answer\]"):
        read(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[{"content": "a", "summary": "b"}]', "a JSON array, expected JSON Lines; make a dataset of it"),
        (b'{"title": "a", "abstract": "b"}', "train.json:1: found title, abstract; expected: a line is"),
        ('{"content": "问"}'.encode("gb18030"), r"train.json:1: not UTF-8 \(byte 14 of the line\)"),
    ],
)
def test_another_format_is_refused_with_what_it_is(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_bytes(data)

    with pytest.raises(FormatError, match=message):
        find_shape(path)
