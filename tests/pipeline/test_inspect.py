"""``prep inspect``: what a source is, what it would become, and no more reading than that takes."""

import gzip
import io
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from converters.registry import CONVERTERS
from pipeline.inspect import Inspection, inspect_sources
from pipeline.options import ConvertOptions
from pipeline.sources.expand import Expansion
from pipeline.sources.inputs import Input
from schemas.errors import OptionError, SourceError
from schemas.limits import LengthLimits
from tests.pipeline.converting import converted, filtered
from tests.running import json_lines, patents, run, table
from tests.shared_data import shared

CHINESE = [{"专利名称": f"一种装置{n}号", "摘要": f"本发明&amp;公开了装置{n}。", "申请号": f"CN{n}"} for n in range(50)]


def inspected(*sources: Path, **options: Any) -> Inspection:
    return inspect_sources([str(source) for source in sources], ConvertOptions(**options))


def in_json(*arguments: str | Path) -> dict[str, Any]:
    outcome = run("inspect", *arguments, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def test_a_table_is_shown_with_its_reader_its_mapping_and_three_records(tmp_path: Path) -> None:
    source = table(tmp_path / "patents.csv", CHINESE, "gb18030")

    outcome = run("inspect", source)

    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[:5] == [
        str(source),
        '  reader     csv, gb18030, delimiter: comma, quoting: ", header: line 1',
        "  columns    专利名称, 摘要, 申请号",
        f"  converter  patent/table: {CONVERTERS['patent/table'].about}",
        "    title = 专利名称 (unverified)",
    ]
    assert "  also       patent/abstracts: choose with --format" in lines
    assert [line.split(",")[0] for line in lines if line.startswith("  before")] == [
        f"  before     row {n}" for n in (2, 3, 4)
    ]
    assert '    摘要 = "本发明&amp;公开了装置0。"' in lines
    assert '    summary = "本发明&公开了装置0。"' in lines


def test_json_holds_the_same_with_whole_texts(tmp_path: Path) -> None:
    long = {"title": "一种装置", "assignee": "甲", "abstract": "本发明" * 300}

    [found] = in_json(json_lines(tmp_path / "x.jsonl", [long]))["tables"]

    assert found["converter"]["name"] == "patent/bdci"
    assert found["converter"]["mapping"] == {"title": "title", "abstract": "abstract", "assignee": "assignee"}
    assert found["columns"] == long
    [shown] = found["records"]
    assert shown["before"] == long
    assert shown["after"]["records"][0]["response"] == "本发明" * 300


def test_what_nobody_understands_is_shown_with_an_example_of_every_column(tmp_path: Path) -> None:
    source = table(
        tmp_path / "x.csv", [{"甲": "", "乙": "乙一"}, {"甲": "甲二", "乙": "乙二"}, {"甲": "甲三", "乙": "x"}]
    )

    outcome = run("inspect", source)

    assert outcome.code == 0
    assert outcome.out.splitlines()[2:] == [
        "  refused    no converter knows these columns; found 甲, 乙; "
        "name them with --map content=COLUMN --map summary=COLUMN",
        "  columns    with their first values",
        '    甲 = "甲二"',
        '    乙 = "乙一"',
    ]


def test_named_columns_are_used(tmp_path: Path) -> None:
    source = table(tmp_path / "x.csv", [{"甲": f"甲{n}问", "乙": f"乙{n}答"} for n in range(3)])

    [found] = inspected(source, map={"content": "甲", "summary": "乙"}, domain="legal").tables

    assert [shown.after.records[0].final["prompt"] for shown in found.shown] == ["甲0问", "甲1问", "甲2问"]


def test_a_dialogue_shows_every_record_with_its_history(tmp_path: Path) -> None:
    turns = [{"from": ("human", "gpt")[n % 2], "value": f"第{n}句"} for n in range(4)]
    source = json_lines(tmp_path / "x.jsonl", [{"id": "1", "conversations": turns}])

    outcome = run("inspect", source)

    assert outcome.out.count("  after      one record") == 2
    assert '    history = 1 turns, the last ["第0句", "第1句"]' in outcome.out


def test_rows_that_become_nothing_are_shown_only_where_nothing_else_is(tmp_path: Path) -> None:
    rows = [{"title": "甲", "text": "甲\n\n甲可以指："}, {"title": "乙", "text": "乙\n\n乙是一种元素，可以点燃。"}]
    articles = [{"id": str(n), "url": "u", **row} for n, row in enumerate(rows)]

    [some] = inspected(json_lines(tmp_path / "a.jsonl", articles)).tables
    [none] = inspected(json_lines(tmp_path / "b.jsonl", articles[:1])).tables

    assert [shown.after.row for shown in some.shown] == [2]
    assert [shown.after.reason for shown in none.shown] == ["disambiguation"]


def test_a_record_that_a_rule_rejects_says_so(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", [{"title": "一种装置", "assignee": "甲", "abstract": "无"}])

    assert "rejected as empty_response: no response, or one that means empty" in run("inspect", source).out


def test_a_row_that_cannot_be_read_is_shown_as_it_is(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", [{"title": ["一"], "assignee": "甲", "abstract": "本发明"}])

    outcome = run("inspect", source)

    assert "rejected as wrong_type" in outcome.out
    assert "title is a list, expected text" in outcome.out


def test_folders_archives_and_databases_show_all_their_tables(tmp_path: Path) -> None:
    folder = tmp_path / "crawl"
    folder.mkdir()
    json_lines(folder / "a.jsonl", patents(9))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress((folder / "a.jsonl").read_bytes()))
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.write(folder / "a.jsonl", "inside.jsonl")
    with sqlite3.connect(folder / "d.db") as database:
        database.execute("create table patents (title, abstract, assignee)")
        database.execute("create table other (x, y)")
        database.executemany("insert into patents values (:title, :abstract, :assignee)", list(patents(3)))
        database.execute("insert into other values (1, 2)")
    database.close()
    (folder / "e.csv").touch()

    found = in_json(folder)

    converters = {each["name"].removeprefix(f"{folder}/"): each["converter"] for each in found["tables"]}
    assert {name: converter and converter["name"] for name, converter in converters.items()} == {
        "a.jsonl": "patent/bdci",
        "b.jsonl.gz": "patent/bdci",
        "c.zip/inside.jsonl": "patent/bdci",
        "d.db#patents": "patent/bdci",
        "d.db#other": None,
    }
    assert found["passed_over"] == [{"name": f"{folder}/e.csv", "why": "an empty file (0 bytes)"}]


def test_a_ledger_is_shown_as_the_files_whose_rows_it_keeps(tmp_path: Path) -> None:
    made = converted(tmp_path, patents(30), rules=filtered(content=LengthLimits(maximum=9)), max_reject_rate=1)

    [found] = inspected(made / "rejected.jsonl").tables

    assert (found.table.name, found.table.facts) == (
        str(tmp_path / "made.jsonl"),
        {"replayed from": str(made / "rejected.jsonl")},
    )
    assert found.shown[0].after.row == 11


class _Counted(io.BytesIO):
    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        _Counted.read_bytes += len(data)
        return data


@pytest.mark.parametrize("layout", ["lines", "array", "csv"])
def test_no_more_than_the_sample_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    rows = list(patents(3000))
    data = {
        "lines": json_lines(tmp_path / "x.jsonl", rows).read_bytes() * 100,
        "array": b"[" + b",".join([json.dumps(rows).encode()[1:-1]] * 60) + b"]",
        "csv": table(tmp_path / "x.csv", rows).read_bytes() * 120,
    }[layout]
    source = Input(name="x", open=lambda: _Counted(data), size=len(data))
    monkeypatch.setattr("pipeline.inspect.expand", lambda _: Expansion([source], [], []))
    _Counted.read_bytes = 0

    [found] = inspected(Path("x")).tables

    assert len(found.shown) == 3
    assert len(data) > 40 << 20
    assert _Counted.read_bytes < 24 << 20


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    assert run("inspect").error == (
        "prep: prep inspect: no source; expected a file, a folder or --formats, e.g. patents.csv"
    )
    assert "no such file or folder" in run("inspect", tmp_path / "x.csv").error
    assert "no format 'bdci'" in run("inspect", json_lines(tmp_path / "x.jsonl", patents(3)), "--format", "bdci").error


def test_options_that_cannot_be_are_no_finding(tmp_path: Path) -> None:
    source = table(tmp_path / "x.csv", [{"甲": f"甲{n}问", "乙": f"乙{n}答"} for n in range(3)])

    with pytest.raises(OptionError, match="--map needs --domain"):
        inspected(source, map={"content": "甲", "summary": "乙"})
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="an empty folder"):
        inspected(tmp_path / "empty")


@pytest.mark.parametrize("name", CONVERTERS)
def test_every_format_is_listed_with_its_columns(name: str) -> None:
    converter = CONVERTERS[name]

    text, [found] = run("inspect", "--formats").out, [each for each in _formats() if each["name"] == name]

    assert f"{name}{'' if converter.verified else ' (unverified)'}: {converter.about}" in text.splitlines()
    assert found["verified"] == converter.verified
    assert {own: column["aliases"] for own, column in found["columns"].items()} == {
        own: list(column.aliases) for own, column in converter.columns.items()
    }


def _formats() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run("inspect", "--formats", "--json").out)
    return listed


@pytest.mark.parametrize(
    ("name", "converter"),
    [
        ("patent/bdci2022_patents_train.json", "patent/bdci"),
        ("encyclopedia/cmrc2018_squad_trial.json", "encyclopedia/squad"),
        ("legal/lawyer_llama_legal_advice_nested.json", "legal/legal_advice"),
        ("paper/cnki_endnote_demo.txt", "paper/citation"),
        ("instruct/sharegpt_zh_1K.jsonl", "instruct/conversations"),
        ("official/AdvertiseGen_train_5000.gb18030.json", "instruct/advertise_gen"),
        ("patent/cnipa_2019_FINAL_no_text_columns.csv", None),
    ],
)
def test_real_files_are_understood_or_refused(name: str, converter: str | None) -> None:
    [found] = in_json(shared(name))["tables"]

    assert (found["converter"] and found["converter"]["name"]) == converter
    assert len(found["records"]) == (3 if converter else 0)
    assert (found["refusal"] is None) == (converter is not None)
