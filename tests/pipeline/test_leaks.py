"""``prep validate --leakage``: what held-out records have in common with those that are trained on."""

import json
from pathlib import Path

import pytest

from pipeline.leaks import leaks_of
from schemas.errors import OptionError, SourceError
from tests.pipeline.converting import converted
from tests.running import json_lines, patents, run, table
from tests.shared_data import shared

LONG = "甲乙双方签订合同后，乙方应当在三十日内交付货物，逾期每日按货款的千分之五支付违约金，并赔偿甲方由此遭受的损失。"


def test_all_questions_of_the_legal_dialogues_stand_in_the_single_turn_file() -> None:
    single = shared("legal/lawyer_llama_legal_counsel_with_article_v2.json")
    several = shared("legal/lawyer_llama_multi_turn_with_article_v2.json")

    leaks = leaks_of([single, several])

    found = leaks.held[str(several)]
    assert not leaks.are_none
    assert (leaks.records, found["records"]) == (1000, 1042)
    assert (found["shared_first_questions"], found["identical_responses"]) == (476, 476)


def test_a_dataset_of_ours_has_none(tmp_path: Path) -> None:
    folder = converted(tmp_path, patents(300), near_dedup=0.8, dev=0.2, test=0.2)

    leaks = leaks_of([folder])

    assert leaks.are_none
    assert [Path(name).name for name in leaks.held] == ["dev.json", "test.json"]


def test_each_kind_of_leak_is_counted_by_itself(tmp_path: Path) -> None:
    train = json_lines(
        tmp_path / "train.json",
        [
            {"content": "甲问", "summary": "甲答"},
            {"content": "乙问", "summary": "乙答"},
            {"content": "合同如何履行", "summary": LONG},
        ],
    )
    held = json_lines(
        tmp_path / "test.json",
        [
            {"content": "甲问", "summary": "另一种答"},
            {"content": "丙问", "summary": "乙答"},
            {"content": "合同如何履行？", "summary": LONG},
            {"content": "丁问", "summary": "丁答"},
        ],
    )

    found = leaks_of([train, held]).held[str(held)]

    place = {"row": 3, "record": 1}
    assert found == {
        "records": 4,
        "identical_prompts": 1,
        "identical_first_questions": 1,
        "identical_responses": 2,
        "shared_first_questions": 1,
        "near_duplicates": 1,
        "largest_similarity": pytest.approx(0.9, abs=0.1),
        "between": [{"file": str(held), **place}, {"file": str(train), **place}],
    }


def test_files_of_any_format_may_be_compared(tmp_path: Path) -> None:
    rows = list(patents(20))
    train = json_lines(tmp_path / "train.jsonl", rows)
    held = table(tmp_path / "held.csv", [{**rows[3], "abstract": "别的摘要"}])

    assert leaks_of([train, held]).held[str(held)]["identical_prompts"] == 1


def test_nothing_held_out_is_refused(tmp_path: Path) -> None:
    train = json_lines(tmp_path / "train.json", [{"content": "甲问", "summary": "甲答"}])

    with pytest.raises(OptionError, match="nothing is held out; expected a dataset folder with dev or test"):
        leaks_of([train])


def test_a_file_whose_rows_are_no_records_is_refused(tmp_path: Path) -> None:
    train = json_lines(tmp_path / "train.json", [{"content": "甲问", "summary": "甲答"}])
    held = json_lines(tmp_path / "test.json", [{"content": "", "summary": "甲答"}])

    with pytest.raises(SourceError, match=r"test.json: no records in it"):
        leaks_of([train, held])


def test_the_command_shows_what_leaks_and_ends_with_two(tmp_path: Path) -> None:
    train = json_lines(tmp_path / "train.json", [{"content": "甲问", "summary": "甲答"}])
    held = json_lines(tmp_path / "test.json", [{"content": "甲问", "summary": "乙答"}])

    shown, as_json = run("validate", "--leakage", train, held), run("validate", "--leakage", train, held, "--json")

    assert (shown.code, as_json.code) == (2, 2)
    assert "1  prompts, with their history, are trained on" in shown.out
    assert shown.error.startswith(f"prep: {train}: leaks: held-out records stand in it too")
    assert json.loads(as_json.out)["held"][str(held)]["identical_prompts"] == 1


def test_the_command_is_content_with_a_dataset_of_ours(tmp_path: Path) -> None:
    folder = converted(tmp_path, patents(100), dev=0.2, test=0.2)

    shown = run("validate", "--leakage", folder)

    assert (shown.code, shown.err) == (0, "")


def test_several_datasets_without_leakage_are_refused(tmp_path: Path) -> None:
    assert run("validate", tmp_path, tmp_path).error.endswith(
        "expected one, or a training file and others with --leakage"
    )
