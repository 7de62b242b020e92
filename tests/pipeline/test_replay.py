"""``prep convert rejected.jsonl``: the same ledger again, or with other options the records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from schemas.errors import FormatError, OutcomeError, SourceError
from schemas.limits import LengthLimits
from tests.pipeline.converting import converted, converted_from, filtered, records
from tests.running import json_lines, manifest_of, patents, read_lines, table

STRICT = filtered(content=LengthLimits(maximum=10))


def dialogue(number: int) -> dict[str, Any]:
    values = [f"{number}问", f"{number}答", f"{number}再问一下", f"{number}再答", f"{number}三问", f"{number}三答"]
    turns = [{"from": ("human", "gpt")[n % 2], "value": value} for n, value in enumerate(values)]
    return {"id": str(number), "conversations": turns}


def test_with_the_same_options_the_ledger_is_the_same(tmp_path: Path) -> None:
    rows = [
        *patents(150),
        *({**row, "abstract": "无"} for row in patents(9, first=200)),
        {"title": ["x"], "abstract": "y"},
    ]
    source = json_lines(tmp_path / "x.jsonl", rows)
    text = source.read_text(encoding="utf-8").splitlines()
    text[5:5] = ['{"title": "断', "no json", "{]", '{"title": "一种装置", "abst']
    source.write_text("\n".join(text), encoding="utf-8")
    options = {"domain": "patent", "rules": STRICT, "max_reject_rate": 1}
    ledger = converted_from([source], tmp_path, **options) / "rejected.jsonl"
    kept = "\n".join([*ledger.read_text(encoding="utf-8").splitlines(), json.dumps(_one_that_passes())]) + "\n"
    (tmp_path / "again.jsonl").write_text(kept, encoding="utf-8")

    again = converted_from([tmp_path / "again.jsonl"], tmp_path, name="again", **options)

    assert len(read_lines(ledger)) == 64
    assert (again / "rejected.jsonl").read_bytes() == ledger.read_bytes()


def _one_that_passes() -> dict[str, Any]:
    """So that something comes out."""
    raw = json.dumps({"title": "短", "abstract": "本发明"}, ensure_ascii=False)
    place = {"file": "other.jsonl", "row": 1, "offset": 0, "record": None, "stage": "filter", "reason": "refusal"}
    return {**place, "detail": None, "raw": raw}


def test_a_ledger_of_csv_rows_is_the_same_again_too(tmp_path: Path) -> None:
    rows = [{"title": row["title"], "abstract": row["abstract"], "assignee": "甲"} for row in patents(120)]
    source = table(tmp_path / "x.csv", rows, "gb18030")
    with source.open("ab") as stream:
        stream.write("多,一,个,字段\n".encode("gb18030") + b"\xff,\xff,x\n")
    ledger = converted_from([source], tmp_path, rules=STRICT, max_reject_rate=1) / "rejected.jsonl"

    options = ConvertOptions(rules=STRICT, max_reject_rate=1)
    with pytest.raises(OutcomeError):
        convert_sources([str(ledger)], options, out=tmp_path, name="again")

    assert {entry["stage"] for entry in read_lines(ledger)} == {"read", "filter"}
    assert (tmp_path / "again.rejected.jsonl").read_bytes() == ledger.read_bytes()


def test_looser_limits_give_the_records_with_their_places(tmp_path: Path) -> None:
    rows = list(patents(150))
    first = converted(tmp_path, rows, rules=STRICT, dev=0, test=0)

    again = converted_from([first / "rejected.jsonl"], tmp_path, name="again", dev=0, test=0)

    titles = [record["content"] for record in records(first) + records(again)]
    assert sorted(titles) == sorted(row["title"] for row in rows)
    assert manifest_of(again)["rows"]["read"] == 50
    assert manifest_of(again)["sources"][0]["name"] == manifest_of(first)["sources"][0]["name"]
    assert read_lines(again / "rejected.jsonl") == []


def test_of_a_dialogue_only_the_rejected_answer_comes_back(tmp_path: Path) -> None:
    strict = filtered(content=LengthLimits(maximum=4))
    first = converted(tmp_path, [dialogue(n) for n in range(9)], rules=strict, dev=0, test=0)

    again = converted_from([first / "rejected.jsonl"], tmp_path, name="again", dev=0, test=0)

    assert [record["prompt"] for record in records(again)] == [f"{n}再问一下" for n in range(9)]
    assert len(records(first)) == 18


def test_a_row_that_somebody_mended_is_read(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(9))
    whole = source.read_text(encoding="utf-8").splitlines()
    source.write_text("\n".join([*whole[:4], whole[4][:-5], *whole[5:]]), encoding="utf-8")
    ledger = converted_from([source], tmp_path, dev=0, test=0) / "rejected.jsonl"
    [entry] = read_lines(ledger)
    mended = json_lines(tmp_path / "mended.jsonl", [{**entry, "raw": whole[4]}])

    again = converted_from([mended], tmp_path, name="again", dev=0, test=0)

    assert [record["content"] for record in records(again)] == ["一种第4号检测装置"]


def test_a_ledger_of_several_files_is_replayed_file_by_file(tmp_path: Path) -> None:
    sources = [
        json_lines(
            tmp_path / f"{part}.jsonl", [{**row, "abstract": f"本发明 {part}"} for row in patents(60, first=first)]
        )
        for part, first in (("a", 0), ("b", 60))
    ]
    first = converted_from(sources, tmp_path, rules=filtered(content=LengthLimits(minimum=10)), dev=0, test=0)

    again = converted_from([first / "rejected.jsonl"], tmp_path, name="again", dev=0, test=0)

    assert [each["name"] for each in manifest_of(again)["sources"]] == [str(sources[0])]
    assert manifest_of(again)["records"]["train"] == 10


def test_an_empty_ledger_has_nothing_to_replay(tmp_path: Path) -> None:
    folder = converted(tmp_path, patents(9))

    with pytest.raises(SourceError, match="an empty file"):
        converted_from([folder / "rejected.jsonl"], tmp_path, name="again")


def test_a_ledger_of_unreadable_rows_only_is_said_to_be_one(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", patents(9))
    with source.open("a") as stream:
        stream.write('{"title": "断')
    ledger = converted_from([source], tmp_path) / "rejected.jsonl"

    with pytest.raises(FormatError, match="no row in it that can be read"):
        converted_from([ledger], tmp_path, name="again")


def _endnote(number: int) -> str:
    abstract = f"%X 本文研究第{number}个装置。\n" if number % 3 else ""
    return f"%0 Journal Article\n%A 张三\n%T 论第{number}个装置\n{abstract}%J 学报\n"


def _bibtex(number: int) -> str:
    abstract = f",\n  abstract = {{本文研究第{number}个装置。}}" if number % 3 else ""
    return f"@article{{key{number},\n  author = {{张三}},\n  title = {{论第{number}个装置}}{abstract}\n}}\n"


@pytest.mark.parametrize(("suffix", "entry"), [("txt", _endnote), ("bib", _bibtex)])
def test_citations_are_read_again_from_their_text(tmp_path: Path, suffix: str, entry: Callable[[int], str]) -> None:
    source = tmp_path / f"x.{suffix}"
    source.write_text("\n".join(map(entry, range(12))), encoding="utf-8")
    strict = {"rules": filtered(content=LengthLimits(maximum=6)), "max_reject_rate": 1}
    first = converted_from([source], tmp_path, dev=0, test=0, **strict)
    ledger = first / "rejected.jsonl"

    again = converted_from([ledger], tmp_path, name="again", dev=0, test=0, max_reject_rate=1)
    with pytest.raises(OutcomeError):
        convert_sources([str(ledger)], ConvertOptions(**strict), out=tmp_path, name="strict")

    assert len(records(first)) == 6
    assert [record["content"] for record in records(again)] == ["论第10个装置", "论第11个装置"]
    assert (tmp_path / "strict.rejected.jsonl").read_bytes() == ledger.read_bytes()
