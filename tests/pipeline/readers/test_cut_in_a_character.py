"""A file that was cut in the middle of a character: all rows before it come through, the cut one is in the ledger."""

from pathlib import Path

import pytest

from tests.running import json_lines, manifest_of, patents, read_lines, run, table

_ENDNOTE = "%0 Journal Article\n%A 李明\n%T 第{0}种检测方法\n%X 提出一种检测方法，包括第{0}个步骤和实验。\n\n"


def _cut(path: Path) -> Path:
    """Without its last line feeds and half of the character before them."""
    data = path.read_bytes().rstrip(b'\n"}')
    path.write_bytes(data[:-1])
    return path


@pytest.mark.parametrize("format", ["jsonl", "csv", "txt"])
def test_the_last_row_is_in_the_ledger(tmp_path: Path, format: str) -> None:
    source = tmp_path / f"x.{format}"
    if format == "jsonl":
        json_lines(source, patents(20))
    elif format == "csv":
        table(source, [{"标题": row["title"], "摘要": row["abstract"]} for row in patents(20)])
    else:
        source.write_text("".join(_ENDNOTE.format(number) for number in range(20)), encoding="utf-8")

    outcome = run("convert", _cut(source), "--out", tmp_path, "--name", "cut")

    assert outcome.code == 0, outcome.err
    assert manifest_of(tmp_path / "cut")["rows"]["read"] == 20
    [rejected] = read_lines(tmp_path / "cut" / "rejected.jsonl")
    assert rejected["reason"] == "undecodable"
    assert "19" in rejected["raw"]
