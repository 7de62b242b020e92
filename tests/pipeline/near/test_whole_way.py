"""``--near-dedup``, ``--against`` and splits that cannot leak, from source to dataset."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ReadOptions
from schemas.errors import OptionError
from tests.pipeline.converting import SPLITS, converted, converted_from, records, split_of
from tests.pipeline.near.texts import jaccard, random_text, varied
from tests.running import Row, contents, json_lines, manifest_of, read_lines
from tests.shared_data import shared


def originals(count: int, seed: int = 1) -> list[Row]:
    numbers = random.Random(seed)
    return [
        {"title": f"一种{random_text(numbers, 8)}装置", "abstract": f"本发明公开了{random_text(numbers, 200)}。"}
        for _ in range(count)
    ]


def with_near(rows: list[Row], every: int = 3) -> list[Row]:
    """Behind them each third once more, with two characters changed."""
    numbers = random.Random(2)
    return [*rows, *({**row, "abstract": varied(row["abstract"], numbers, 2)} for row in rows[::every])]


def both(row: Row) -> str:
    return f"{row['title']}\x1f{row['abstract']}"


def test_planted_near_duplicates_are_left_out_and_name_what_was_kept(tmp_path: Path) -> None:
    rows = with_near(originals(90))

    folder = converted(tmp_path, rows, near_dedup=0.8)

    entries = read_lines(folder / "duplicates.jsonl")
    assert [(entry["row"], entry["kept"]["row"]) for entry in entries] == [(91 + n, 1 + 3 * n) for n in range(30)]
    true = [jaccard(both(rows[entry["row"] - 1]), both(rows[entry["kept"]["row"] - 1])) for entry in entries]
    assert [entry["similarity"] for entry in entries] == pytest.approx(true, abs=1e-4)
    manifest = manifest_of(folder)
    assert (manifest["records"]["duplicates"], manifest["near"]["duplicates"]) == (30, 30)
    assert len(records(folder)) == 90


def test_exact_duplicates_are_told_from_near_ones(tmp_path: Path) -> None:
    rows = with_near(originals(9))

    folder = converted(tmp_path, [*rows, rows[0]], near_dedup=0.8)

    assert [entry["similarity"] for entry in read_lines(folder / "duplicates.jsonl")][-1] == 1.0
    manifest = manifest_of(folder)
    assert (manifest["records"]["duplicates"], manifest["near"]["duplicates"]) == (4, 3)


def test_without_the_option_nothing_near_is_left_out(tmp_path: Path) -> None:
    folder = converted(tmp_path, with_near(originals(9)))

    assert len(records(folder)) == 12
    assert "near" not in manifest_of(folder)


@pytest.mark.parametrize(("on", "lost"), [("both", [4]), ("prompt", [3]), ("response", [4, 5])])
def test_either_side_may_be_compared_alone(tmp_path: Path, on: str, lost: list[int]) -> None:
    one, two, three = originals(3)
    rows = [
        one,
        two,
        {"title": one["title"], "abstract": three["abstract"]},
        {"title": three["title"], "abstract": three["abstract"]},
        {"title": three["title"] + two["abstract"][:90], "abstract": three["abstract"]},
    ]

    folder = converted(tmp_path, rows, near_dedup=0.8, near_dedup_on=on)

    assert [entry["row"] for entry in read_lines(folder / "duplicates.jsonl")] == lost


def test_candidates_may_go_unverified(tmp_path: Path) -> None:
    folder = converted(tmp_path, with_near(originals(30)), near_dedup=0.8, verify=False)

    assert {entry["similarity"] for entry in read_lines(folder / "duplicates.jsonl")} == {None}
    assert len(records(folder)) == 30


def test_a_dry_run_counts_the_same(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", with_near(originals(30)))
    options = ConvertOptions(near_dedup=0.8)

    dry = convert_sources([str(source)], options, out=tmp_path, dry_run=True).manifest
    wet = convert_sources([str(source)], options, out=tmp_path).manifest

    assert {**dry, "files": wet["files"]} == wet


def test_the_outcome_depends_on_neither_block_size_nor_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = json_lines(tmp_path / "x.jsonl", with_near(originals(300)))
    whole = contents(converted_from([source], tmp_path / "a", near_dedup=0.8, dev=0.2, test=0.2))
    monkeypatch.setattr("pipeline.find._reading", lambda _: ReadOptions(chunk_bytes=9_000))
    monkeypatch.setattr("pipeline.engine.local._WORKERS", 5)

    in_parts = contents(converted_from([source], tmp_path / "b", near_dedup=0.8, dev=0.2, test=0.2))

    assert in_parts == whole


def chains(count: int, length: int) -> Iterator[list[Row]]:
    """Rows of which each is like the next, but not like the one behind that."""
    for number in range(count):
        text = random_text(random.Random(number), 600)
        yield [
            {"title": f"第{number}种{step}", "abstract": text[40 * step : 40 * step + 300]} for step in range(length)
        ]


def test_a_cluster_is_never_torn_by_the_splits(tmp_path: Path) -> None:
    families = list(chains(40, 6))
    rows = [row for family in families for row in family]

    folder = converted(tmp_path, rows, near_dedup=0.7, dev=0.3, test=0.3)

    where = split_of(folder)
    splits = [set().union(*(where.get(row["title"], set()) for row in family)) for family in families]
    assert sum(len(where[row["title"]]) for row in rows if row["title"] in where) > 80, "several of each are kept"
    assert {len(split) for split in splits} == {1}
    assert set().union(*splits) == set(SPLITS)


def test_equal_prompts_of_several_groups_stand_in_one_split(tmp_path: Path) -> None:
    rows = [{"q": f"问题第{n % 50}号怎么办", "a": f"第{n}种回答", "g": f"组{n}"} for n in range(200)]
    mapped = {"content": "q", "summary": "a", "group": "g"}

    folder = converted(tmp_path, rows, map=mapped, domain="legal", dev=0.3, test=0.3)

    assert {len(splits) for splits in split_of(folder).values()} == {1}
    assert all(each["identical_prompts"] == 0 for each in manifest_of(folder)["leakage"].values())


def test_the_certificate_says_what_is_shared_and_how_near_the_nearest_is(tmp_path: Path) -> None:
    rows = originals(60)
    rows += [
        {"title": f"{row['title']}之二", "abstract": row["abstract"][:150] + rows[0]["abstract"][150:]} for row in rows
    ]

    folder = converted(tmp_path, rows, near_dedup=0.95, dev=0.2, test=0.2)

    certificate = manifest_of(folder)["leakage"]
    texts = {
        split: [f"{r['content']}\x1f{r['summary']}" for r in read_lines(folder / f"{split}.json")] for split in SPLITS
    }
    true = max(jaccard(one, other) for one in texts["dev"] for other in texts["train"])
    found = certificate["dev"]["largest_similarity"]
    assert found is None or found <= round(true, 4) < 0.95
    assert certificate["test"]["records"] == len(texts["test"])
    assert certificate["dev"]["identical_prompts"] == certificate["dev"]["near_duplicates"] == 0


def test_what_another_dataset_holds_out_is_rejected_with_its_place(tmp_path: Path) -> None:
    rows = originals(40)
    numbers = random.Random(3)
    held = [
        {"content": rows[0]["title"], "summary": "别的回答"},
        {"content": rows[1]["title"] + "。", "summary": varied(rows[1]["abstract"], numbers, 2)},
        {"content": "全然无关的问题", "summary": "全然无关的回答"},
    ]
    against = json_lines(tmp_path / "held.json", held)

    folder = converted(tmp_path, rows, near_dedup=0.8, against=(str(against),), dev=0.1, test=0.1)

    rejected = [entry for entry in read_lines(folder / "rejected.jsonl") if entry["reason"] == "contaminated"]
    assert [entry["row"] for entry in rejected] == [1, 2]
    assert rejected[0]["detail"] == f"{against}:1, same prompt"
    assert rejected[1]["detail"].startswith(f"{against}:2, similarity 0.87")
    assert json.loads(rejected[0]["raw"]) == rows[0]
    manifest = manifest_of(folder)
    assert manifest["records"]["rejected"] == {"contaminated": 2}
    assert [each["name"] for each in manifest["against"]] == [str(against)]


def test_against_a_dataset_means_against_its_dev_and_test(tmp_path: Path) -> None:
    rows = originals(60)
    other = converted(tmp_path, rows, name="other", dev=0.3, test=0.3)

    folder = converted(tmp_path, rows, name="new", against=(str(other),), dev=0, test=0)

    held = manifest_of(other)["records"]
    assert held["dev"] > 0 < held["test"]
    assert len(records(folder)) == held["train"]


def test_other_files_of_against_make_another_dataset(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", originals(40))
    against = json_lines(tmp_path / "held.json", [{"content": "甲问", "summary": "乙答"}])
    options = ConvertOptions(against=(str(against),), domain="patent")
    convert_sources([str(source)], options, out=tmp_path)
    json_lines(against, [{"content": "丙问", "summary": "丁答"}])

    with pytest.raises(Exception, match="already there, made with other files of --against"):
        convert_sources([str(source)], options, out=tmp_path)


def dated(count: int, dates: list[Any]) -> list[Row]:
    return [{**row, "date": dates[n % len(dates)]} for n, row in enumerate(originals(count))]


DAYS = [
    "2019-01-05",
    "2019/3/7",
    "20200202",
    "2020年11月3日",
    "2021-06-30",
    "2022",
    "2022-07-01",
    "2023-01-01T08:00:00",
]


def test_by_time_the_newest_are_held_out(tmp_path: Path) -> None:
    rows = dated(80, DAYS)

    folder = converted(tmp_path, rows, split_by="time:date", dev=0.12, test=0.25)

    dates = {row["title"]: row["date"] for row in rows}
    stand = {split: {dates[r["content"]] for r in read_lines(folder / f"{split}.json")} for split in SPLITS}
    assert stand == {"train": set(DAYS[:5]), "dev": {DAYS[5]}, "test": set(DAYS[6:])}
    assert manifest_of(folder)["splits"] == {
        "seed": 42,
        "by": "time",
        "thresholds": {"test": "20220701000000", "dev": "20220000000000"},
        "undated": 0,
    }


def test_a_group_stands_where_its_newest_record_does(tmp_path: Path) -> None:
    rows = dated(80, DAYS)
    newest = next(row for row in rows if row["date"] == DAYS[-1])
    rows.append({**newest, "abstract": "早年的另一种说法。", "date": "2001-01-01"})

    folder = converted(tmp_path, rows, split_by="time:date", dev=0.1, test=0.2)

    assert split_of(folder)[newest["title"]] == {"test"}


def test_rows_without_a_time_are_trained_on_and_counted(tmp_path: Path) -> None:
    folder = converted(tmp_path, dated(90, [*DAYS, None]), split_by="time:date", dev=0.1, test=0.1)

    assert manifest_of(folder)["splits"]["undated"] == 10


@pytest.mark.parametrize(
    ("dates", "options", "expected"),
    [
        (["03/01/2021"], {}, "no time in this column that can be read"),
        (["2021"], {"test": 0}, "nothing would be left to train on: there are only 1 times"),
        (["2021"], {}, "too few different times"),
    ],
)
def test_times_that_cannot_be_cut_are_refused(
    tmp_path: Path, dates: list[str], options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(OptionError, match=expected):
        converted(tmp_path, dated(20, dates), split_by="time:date", **options)


def test_a_column_of_times_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--split-by time:公开日: no such column; found title, abstract"):
        converted(tmp_path, originals(3), split_by="time:公开日")


def test_dialogues_of_the_legal_files_are_found_in_the_single_turn_file(tmp_path: Path) -> None:
    single = shared("legal/lawyer_llama_legal_counsel_with_article_v2.json")
    several = shared("legal/lawyer_llama_multi_turn_with_article_v2.json")

    folder = converted_from([several], tmp_path, near_dedup=0.8, against=(str(single),), max_reject_rate=1)

    contaminated = manifest_of(folder)["records"]["rejected"]["contaminated"]
    assert contaminated > 476
