"""The whole way: nothing lost, nothing invented, the same bytes again, and every option that shapes the records."""

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from schemas.errors import FormatError, OptionError
from schemas.limits import LengthLimits
from tests.pipeline.converting import SPLITS, converted, converted_from, filtered, records, split_of
from tests.running import contents, json_lines, manifest_of, patents, read_lines, table

PAIR = {"prompt": "问题", "response": "回答"}


def dialogue(number: int, answers: int) -> dict[str, Any]:
    turns = [
        [{"from": "human", "value": f"第{number}人第{n}问"}, {"from": "gpt", "value": f"第{number}人第{n}答"}]
        for n in range(answers)
    ]
    return {"id": str(number), "conversations": [turn for pair in turns for turn in pair]}


def test_the_same_input_and_options_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [*patents(300), *patents(20), *({**row, "abstract": ""} for row in patents(9))]
    source = json_lines(tmp_path / "x.jsonl", rows)
    options = {"sample": 200, "conflicts": "first", "stratify": "assignee", "dev": 20}

    first = converted_from([source], tmp_path / "a", **options)
    second = converted_from([source], tmp_path / "b", **options)

    assert contents(first) == contents(second)
    assert set(contents(first)) == {
        *("train.json", "dev.json", "test.json", "rejected.jsonl", "duplicates.jsonl"),
        *("origins.parquet", "README.md", "manifest.json"),
    }


def _random_row(numbers: random.Random) -> dict[str, Any]:
    title = f"一种第{numbers.randrange(60)}号装置"
    abstract = f"本发明公开了第{numbers.randrange(4)}种做法。"
    return numbers.choice(
        [
            {"title": title, "abstract": abstract},
            {"title": title, "abstract": abstract},
            {"title": title, "abstract": numbers.choice(["", "无", None, title])},
            {"title": numbers.choice(["", None]), "abstract": abstract},
            {"title": title, "abstract": ["no", "text"]},
            {"title": f"&lt;i&gt;{title}&lt;/i&gt;", "abstract": f" {abstract} "},
        ]
    )


def _broken(line: str, numbers: random.Random) -> str:
    return numbers.choice([line] * 8 + [line[: len(line) // 2], "", "// nothing", "[]"])


@pytest.mark.parametrize("seed", range(6))
def test_every_row_and_every_record_is_accounted_for(tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    whole = json_lines(tmp_path / "whole.jsonl", [_random_row(numbers) for _ in range(400)])
    lines = [_broken(line, numbers) for line in whole.read_text(encoding="utf-8").splitlines()]
    source = tmp_path / "x.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options: dict[str, Any] = {
        "domain": "patent",
        "conflicts": numbers.choice(["keep", "first", "drop"]),
        "max_per_prompt": numbers.choice([None, 1, 2]),
        "sample": numbers.choice([None, 20, 5000]),
        "rules": filtered(content=LengthLimits(maximum=numbers.choice([None, 8]))),
        "max_reject_rate": 1,
    }

    folder = converted_from([source], tmp_path, **options)

    manifest = manifest_of(folder)
    rows, made = manifest["rows"], manifest["records"]
    assert rows["read"] == len(lines)
    assert rows["read"] == (
        rows["converted"] + rows["merged"] + sum(rows["not_a_record"].values()) + sum(rows["rejected"].values())
    )
    assert made["made"] == (
        sum(made[split] for split in SPLITS) + made["not_sampled"] + sum(made["rejected"].values()) + made["duplicates"]
    )
    rejected = read_lines(folder / "rejected.jsonl")
    assert len(rejected) == sum(rows["rejected"].values()) + sum(made["rejected"].values())
    assert len(read_lines(folder / "duplicates.jsonl")) == made["duplicates"]
    assert [len(read_lines(folder / f"{split}.json")) for split in SPLITS] == [made[split] for split in SPLITS]
    assert pl.read_parquet(folder / "origins.parquet").height == sum(made[split] for split in SPLITS)
    placed = {entry["row"]: entry for entry in rejected if entry["stage"] == "read"}
    assert all(entry["raw"].strip() in lines[row - 1] for row, entry in placed.items())


def test_origins_lead_every_line_to_its_row(tmp_path: Path) -> None:
    rows = list(patents(100))
    folder = converted(tmp_path, rows)

    origins = pl.read_parquet(folder / "origins.parquet")

    for split in SPLITS:
        lines = [line["content"] for line in read_lines(folder / f"{split}.json")]
        numbers = origins.filter(pl.col("split").cast(pl.String) == split)["row"]
        assert lines == [rows[number - 1]["title"] for number in numbers]


def test_a_duplicate_knows_the_record_that_was_kept(tmp_path: Path) -> None:
    rows = list(patents(3))
    folder = converted(tmp_path, [*rows, rows[1]], dev=0, test=0)

    [entry] = read_lines(folder / "duplicates.jsonl")
    assert (entry["row"], entry["prompt"], entry["kept"]["row"]) == (4, rows[1]["title"], 2)


def test_duplicates_are_found_across_files_and_formats(tmp_path: Path) -> None:
    rows = [{"title": row["title"], "abstract": row["abstract"]} for row in patents(9)]
    sources = [
        json_lines(tmp_path / "a.jsonl", rows),
        table(tmp_path / "b.csv", rows, "gb18030"),
        json_lines(tmp_path / "c.jsonl", patents(3, first=9)),
    ]

    folder = converted_from(sources, tmp_path, domain="patent", dev=0, test=0)

    made = manifest_of(folder)["records"]
    assert (made["made"], made["train"], made["duplicates"]) == (21, 12, 9)
    assert {entry["kept"]["file"] for entry in read_lines(folder / "duplicates.jsonl")} == {str(sources[0])}


@pytest.mark.parametrize("options", [{}, {"dev": 30, "test": 20}, {"sample": 120}])
def test_a_group_never_stands_in_two_splits(tmp_path: Path, options: dict[str, Any]) -> None:
    rows = [{"title": f"装置{n % 90}", "abstract": f"本发明公开了第{n}种做法。"} for n in range(270)]

    folder = converted(tmp_path, rows, domain="patent", **{"dev": 0.2, "test": 0.2, **options})

    assert all(len(splits) == 1 for splits in split_of(folder).values())


def test_all_answers_of_a_dialogue_stay_together(tmp_path: Path) -> None:
    folder = converted(tmp_path, [dialogue(n, 3) for n in range(60)], dev=0.2, test=0.2)

    people: dict[str, set[str]] = {}
    for split in SPLITS:
        for record in read_lines(folder / f"{split}.json"):
            people.setdefault(record["prompt"].partition("人")[0], set()).add(split)
    assert len(people) == 60
    assert all(len(splits) == 1 for splits in people.values())


def test_with_shares_a_record_keeps_its_split_when_the_source_grows(tmp_path: Path) -> None:
    options = {"dev": 0.2, "test": 0.2}

    small = split_of(converted(tmp_path, patents(100), name="small", **options))
    large = split_of(converted(tmp_path, [*patents(150, first=100), *patents(100)], name="large", **options))

    assert {text: large[text] for text in small} == small


def test_reverse_swaps_the_sides_and_keeps_the_splits(tmp_path: Path) -> None:
    rows = list(patents(80))

    forward = converted(tmp_path, rows, name="forward", dev=0.2, test=0.2)
    reverse = converted(tmp_path, rows, name="reverse", dev=0.2, test=0.2, direction="reverse")

    for split in SPLITS:
        swapped = [{"content": r["summary"], "summary": r["content"]} for r in read_lines(forward / f"{split}.json")]
        assert read_lines(reverse / f"{split}.json") == swapped


def test_turns_gives_every_answer_with_its_growing_history_or_only_the_last(tmp_path: Path) -> None:
    everything = records(converted(tmp_path, [dialogue(1, 3)], name="all", dev=0, test=0))
    last = converted(tmp_path, [dialogue(1, 3)], name="last", dev=0, test=0, turns="last")

    history = [["第1人第0问", "第1人第0答"], ["第1人第1问", "第1人第1答"]]
    assert [record["history"] for record in everything] == [[], history[:1], history]
    assert records(last) == [{"prompt": "第1人第2问", "response": "第1人第2答", "history": history}]
    assert manifest_of(last)["turns"] == {"unused_turns": 2}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"max_history_turns": 1}, 1),
        ({"max_history_turns": 0}, 0),
        ({"max_history_chars": 24}, 2),
        ({"max_history_chars": 23}, 1),
        ({"max_history_chars": 0}, 0),
    ],
)
def test_of_a_history_the_oldest_whole_turns_go(tmp_path: Path, options: dict[str, int], kept: int) -> None:
    folder = converted(tmp_path, [dialogue(1, 4)], dev=0, test=0, turns="last", **options)

    [record] = records(folder)
    newest = [[f"第1人第{n}问", f"第1人第{n}答"] for n in range(3)][3 - kept :]
    assert record.get("history", []) == newest
    assert record.get("prompt", record.get("content")) == "第1人第3问"
    assert manifest_of(folder)["turns"]["history_turns_cut"] == 3 - kept


def test_the_shape_follows_the_histories_unless_it_is_given(tmp_path: Path) -> None:
    single = [{**PAIR, "prompt": f"问题{n}"} for n in range(3)]
    options: dict[str, Any] = {"domain": "instruct", "dev": 0, "test": 0}

    pair = converted(tmp_path, single, name="pair", **options)
    chat = converted(tmp_path, single, name="chat", shape="chat", **options)

    assert records(pair)[0] == {"content": "问题0", "summary": "回答"}
    assert records(chat)[0] == {"prompt": "问题0", "response": "回答", "history": []}


def test_a_history_does_not_fit_into_a_pair(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", [dialogue(1, 3)])

    with pytest.raises(OptionError, match="--shape pair: some records have a history"):
        convert_sources([str(source)], ConvertOptions(shape="pair"), out=tmp_path / "data")

    assert list((tmp_path / "data").iterdir()) == []


def test_a_record_that_only_markup_tells_apart_is_a_duplicate(tmp_path: Path) -> None:
    rows = [
        {"title": "装置", "abstract": "本发明公开了 H<sub>2</sub>O。"},
        {"title": "装置", "abstract": "本发明公开了 H2O。"},
    ]

    cleaned = converted(tmp_path, rows, name="a", domain="patent", dev=0, test=0)
    as_it_is = converted(tmp_path, rows, name="b", domain="patent", dev=0, test=0, clean=False)

    assert manifest_of(cleaned)["records"]["duplicates"] == 1
    assert manifest_of(as_it_is)["records"]["duplicates"] == 0


def test_sources_of_different_domains_are_refused(tmp_path: Path) -> None:
    sources = [
        str(json_lines(tmp_path / "a.jsonl", patents(3))),
        str(json_lines(tmp_path / "b.jsonl", [dialogue(n, 1) for n in range(3)])),
    ]

    with pytest.raises(FormatError, match=r"different domains: .*b.jsonl is instruct, .*a.jsonl is patent"):
        convert_sources(sources, ConvertOptions(), out=tmp_path / "data")


def test_what_cannot_be_used_in_a_folder_is_said_and_kept_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    json_lines(tmp_path / "crawl" / "a.jsonl", patents(9))
    table(tmp_path / "crawl" / "b.csv", [{"甲": f"值{n}", "乙": str(n)} for n in range(9)])
    (tmp_path / "crawl" / "c.csv").touch()

    done = convert_sources([str(tmp_path / "crawl")], ConvertOptions(), out=tmp_path / "data")

    passed = {Path(name).name: why for name, why in done.passed_over}
    assert passed["c.csv"] == "an empty file (0 bytes)"
    assert passed["b.csv"].startswith("no converter knows these columns; found 甲, 乙")
    assert {Path(each["name"]).name for each in done.manifest["passed_over"]} == {"b.csv", "c.csv"}
