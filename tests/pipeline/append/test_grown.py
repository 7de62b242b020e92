"""A dataset that grew has the bytes of one made of everything at once, and no old source is read for it."""

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import prep
from pipeline.append.base import APPENDED
from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from pipeline.publish import write_origins
from pipeline.readers.chunk import OFFSET, ROW, ReadOptions
from pipeline.rules.rule import RuleOptions
from schemas.limits import LengthLimits
from tests.pipeline.append.growing import at_once, corpus, cut, grown_from, whole
from tests.pipeline.converting import records
from tests.pipeline.near.test_whole_way import originals, with_near
from tests.running import contents, json_lines, manifest_of, patents, read_lines, run
from tests.shared_data import shared

SINGLE = "legal/lawyer_llama_legal_counsel_with_article_v2.json"
SEVERAL = "legal/lawyer_llama_multi_turn_with_article_v2.json"


@pytest.mark.parametrize("options", [{}, {"near_dedup": 0.8}], ids=["exact", "near"])
def test_dialogues_added_to_single_turns_are_as_both_at_once(tmp_path: Path, options: dict[str, Any]) -> None:
    sources = [shared(SINGLE), shared(SEVERAL)]

    grown = grown_from(sources, tmp_path, **options)

    assert manifest_of(grown)["shape"] == "chat"
    assert manifest_of(grown)["bridges"] == 0
    assert whole(grown) == whole(at_once(sources, tmp_path, **options))


@pytest.mark.parametrize("options", [{"near_dedup": 0.7}, {"near_dedup": 0.5, "near_dedup_on": "prompt"}], ids=str)
def test_a_real_file_in_cuts_grows_to_what_it_is_whole(tmp_path: Path, options: dict[str, Any]) -> None:
    rows = json.loads(shared(SINGLE).read_text(encoding="utf-8"))
    sources = cut(rows, tmp_path, random.Random(3), 4)
    limited = RuleOptions(content=LengthLimits(maximum=60))

    grown = grown_from(sources, tmp_path, rules=limited, conflicts="first", **options)

    expected = at_once(sources, tmp_path, rules=limited, conflicts="first", **options)
    assert manifest_of(expected)["records"]["rejected"]["prompt_too_long"] > 10
    assert manifest_of(grown)["bridges"] == 0
    assert len(manifest_of(grown)[APPENDED]) == 3
    assert whole(grown) == whole(expected)


def test_every_kind_of_late_reject_stands_where_it_would(tmp_path: Path) -> None:
    rows = [*originals(40), *({**row, "abstract": f"{row['abstract']}另一种说法"} for row in originals(40)[:9])]
    held = json_lines(tmp_path / "held.json", [{"content": row["title"], "summary": "别的"} for row in rows[3:6]])
    sources = [
        json_lines(tmp_path / "a.jsonl", [*rows[:30], *rows[40:44], {"title": "空", "abstract": ""}]),
        json_lines(tmp_path / "b.jsonl", [{"title": "无", "abstract": ""}, *rows[30:40], *rows[44:], *rows[:5]]),
    ]
    options: dict[str, Any] = {"conflicts": "first", "against": (str(held),), "near_dedup": 0.95}

    grown = grown_from(sources, tmp_path, **options)

    rejected = manifest_of(grown)["records"]["rejected"]
    assert set(rejected) == {"conflict", "contaminated", "empty_response", "empty_prompt"}
    assert whole(grown) == whole(at_once(sources, tmp_path, **options))


def test_an_answer_that_is_rated_lower_is_rejected_behind_the_old_one(tmp_path: Path) -> None:
    def answers(stars: list[int]) -> list[dict[str, Any]]:
        return [
            {
                "qid": n,
                "title": f"问题{n}怎么办",
                "desc": "",
                "topic": "法",
                "star": star,
                "content": f"回答{n}有{star}颗星",
                "answer_id": star,
                "answerer_tags": "",
            }
            for n in range(40)
            for star in stars
        ]

    sources = [json_lines(tmp_path / "a.json", answers([7, 3])), json_lines(tmp_path / "b.json", answers([5]))]

    grown = grown_from(sources, tmp_path, format="encyclopedia/webtext2019zh")

    assert manifest_of(grown)["records"]["rejected"] == {"lower_rank": 80}
    assert whole(grown) == whole(at_once(sources, tmp_path, format="encyclopedia/webtext2019zh"))


def test_old_sources_may_be_gone(tmp_path: Path) -> None:
    rows = with_near(originals(60))
    sources = [json_lines(tmp_path / "a.jsonl", rows[:50]), json_lines(tmp_path / "b.jsonl", rows[50:])]
    expected = whole(at_once(sources, tmp_path, near_dedup=0.8, dev=0.2, test=0.2))
    convert_sources([str(sources[0])], ConvertOptions(near_dedup=0.8, dev=0.2, test=0.2), out=tmp_path, name="grown")
    sources[0].unlink()

    outcome = run("convert", sources[1], "--out", tmp_path, "--name", "grown", "--append")

    assert outcome.code == 0
    assert whole(tmp_path / "grown") == expected


def test_the_parts_that_were_read_in_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = cut(with_near(originals(200)), tmp_path, random.Random(1), 3)
    monkeypatch.setattr("pipeline.find._reading", lambda _: ReadOptions(chunk_bytes=9_000))

    grown = grown_from(sources, tmp_path, near_dedup=0.8)

    assert whole(grown) == whole(at_once(sources, tmp_path, near_dedup=0.8))


@pytest.mark.parametrize("seed", range(12))
def test_in_any_cuts_it_grows_to_the_same_or_says_that_a_bridge_is_in_it(tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed)
    sources = cut(corpus(numbers, 60), tmp_path, numbers, numbers.randrange(2, 4))
    options: dict[str, Any] = {
        "map": {"content": "q", "summary": "a", "group": "g"},
        "domain": "legal",
        "dev": 0.2,
        "test": 0.2,
        "near_dedup": numbers.choice([None, 0.5, 0.7]),
        "near_dedup_on": numbers.choice(["both", "response"]),
        "conflicts": numbers.choice(["keep", "first"]),
        "max_reject_rate": 1,
    }

    grown = grown_from(sources, tmp_path, **options)

    is_same = whole(grown) == whole(at_once(sources, tmp_path, **options))
    assert is_same == (manifest_of(grown)["bridges"] == 0)


def test_what_is_added_again_changes_nothing(tmp_path: Path) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", patents(30)), json_lines(tmp_path / "b.jsonl", patents(30, first=20))]
    grown = grown_from(sources, tmp_path)
    before = contents(grown)

    outcome = run("convert", sources[1], "--out", tmp_path, "--name", "grown", "--append")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.endswith(f"{grown}: unchanged, these sources were added last\n")
    assert contents(grown) == before


def test_a_source_without_a_new_record_adds_duplicates_only(tmp_path: Path) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", patents(30)), json_lines(tmp_path / "b.jsonl", patents(3))]

    grown = grown_from(sources, tmp_path)

    manifest = manifest_of(grown)
    assert len(records(grown)) == 30
    assert manifest["records"]["duplicates"] == len(read_lines(grown / "duplicates.jsonl")) == 3
    assert [len(manifest["sources"]), manifest[APPENDED][0]["made"]] == [2, 3]


def test_a_dry_run_counts_the_grown_dataset_and_writes_nothing(tmp_path: Path) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", with_near(originals(30))), json_lines(tmp_path / "b.jsonl", patents(9))]
    grown = grown_from(sources[:1], tmp_path, near_dedup=0.8)
    before = contents(grown)
    order: list[str | Path] = ["convert", sources[1], "--out", tmp_path, "--name", "grown", "--append", "--json"]

    dry = json.loads(run(*order, "--dry-run").out)

    assert contents(grown) == before
    assert {**dry, "files": {}} == {**json.loads(run(*order).out), "files": {}}


def test_python_callers_append_too(tmp_path: Path) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", patents(30)), json_lines(tmp_path / "b.jsonl", patents(30, first=30))]
    prep.convert(sources[0], out=tmp_path, dev=0.2)

    dataset = prep.convert(sources[1], out=tmp_path, append=True)

    assert (dataset.name, dataset.manifest["options"]["dev"]) == ("patent", 0.2)
    assert sum(dataset.count(split) for split in ("train", "dev", "test")) == 60


def test_it_goes_on_growing_after_it_was_moved(tmp_path: Path) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", patents(30)), json_lines(tmp_path / "b.jsonl", patents(30, first=30))]
    prep.convert(sources[0], out=tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")

    grown = prep.convert(sources[1], out=tmp_path / "new", append=True)

    assert len(records(grown.path)) == 60


def test_what_the_user_put_into_the_folder_stays(tmp_path: Path) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", patents(30)), json_lines(tmp_path / "b.jsonl", patents(30, first=30))]
    grown = grown_from(sources[:1], tmp_path)
    (grown / "notes").mkdir()
    (grown / "notes" / "one.txt").write_text("甲")
    (grown / "README.md").write_text((grown / "README.md").read_text() + "\nCC BY 4.0\n")

    run("convert", sources[1], "--out", tmp_path, "--name", "grown", "--append")

    assert (grown / "notes" / "one.txt").read_text() == "甲"
    assert (grown / "README.before.md").read_text().endswith("\nCC BY 4.0\n")
    assert f"\n| {manifest_of(grown)['records']['train']} | " in (grown / "README.md").read_text()


@pytest.mark.parametrize("command", ["validate", "stats", "validate --leakage", "explain"])
def test_other_commands_take_it_for_a_dataset(tmp_path: Path, command: str) -> None:
    sources = [json_lines(tmp_path / "a.jsonl", patents(40)), json_lines(tmp_path / "b.jsonl", originals(40))]
    grown = grown_from(sources, tmp_path, dev=0.2, test=0.2)
    id_ = ["train:40"] if command == "explain" else []

    outcome = run(*command.split(), grown, *id_)

    assert (outcome.code, outcome.err) == (0, "")
    assert not id_ or f"place    {sources[1]}, row " in outcome.out


def test_origins_do_not_show_in_which_parts_the_records_came(tmp_path: Path) -> None:
    numbers = pl.int_range(84_000, eager=True)
    keys = pl.DataFrame({ROW: numbers, OFFSET: numbers * 700, "file": 0, "record": 1, "fate": "train"})
    whole_frame = pl.concat([keys, keys.head(6_000)], rechunk=True)
    for name, frame in (("parts", pl.concat([keys, keys.head(6_000)], rechunk=False)), ("whole", whole_frame)):
        (tmp_path / name).mkdir()
        write_origins(tmp_path / name, frame)

    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
