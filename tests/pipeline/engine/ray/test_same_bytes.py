"""A cluster makes what one machine makes, byte for byte: texts, order, places, ledger, duplicates, manifest."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.rules.rule import RuleOptions
from schemas.limits import LengthLimits
from tests.pipeline.engine.ray.clusters import RAY_WARNS, by_ray, on_this_machine, whole
from tests.running import json_lines, manifest_of
from tests.shared_data import shared

pytestmark = RAY_WARNS

LEGAL = (
    "legal/lawgpt_zh_statutes_9k.json",
    "legal/lawyer_llama_legal_advice_nested.json",
    "legal/lawyer_llama_legal_counsel_with_article_v2.json",
    "legal/lawyer_llama_multi_turn_with_article_v2.json",
)
PAPER = ("paper/csl_ts_dev.tsv", "paper/csl_ts_test.tsv", "paper/cnki_endnote_demo.txt", "paper/cnki_refman_demo.ris")
LONG = RuleOptions(summary=LengthLimits(minimum=40))


def real(names: Sequence[str]) -> list[Path]:
    return [shared(name) for name in names]


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (LEGAL, {"near_dedup": 0.6, "rules": LONG}),
        (PAPER, {"near_dedup": 0.6, "near_dedup_on": "prompt"}),
        pytest.param(LEGAL, {"near_dedup": 0.8, "sample": 3000, "dev": 100, "test": 50}, marks=pytest.mark.slow),
    ],
    ids=["legal", "paper", "legal, counts and a sample"],
)
def test_real_files_give_the_same_dataset(
    names: Sequence[str], options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = real(names)

    here = on_this_machine(sources, tmp_path / "here", **options)
    there = by_ray(sources, tmp_path / "there", monkeypatch, **options)

    assert whole(there) == whole(here)


def test_what_another_dataset_holds_out_is_left_out_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    *sources, held = real(LEGAL)
    options: dict[str, Any] = {"near_dedup": 0.5, "against": (str(held),), "conflicts": "drop"}

    here = on_this_machine(sources, tmp_path / "here", **options)
    there = by_ray(sources, tmp_path / "there", monkeypatch, one_file=True, **options)

    assert manifest_of(there)["records"]["rejected"]["contaminated"] > 100
    assert whole(there) == whole(here)
    assert (there / "README.md").read_bytes() == (here / "README.md").read_bytes()


def dialogues(numbers: random.Random, count: int, questions: int) -> list[dict[str, Any]]:
    """With questions that are asked again, answers that are given again, and texts that differ in one character."""
    topics = ["离婚", "借款", "工伤", "租房", "继承"]
    rows = []
    for _ in range(count):
        topic = numbers.choice(topics)
        turns = []
        for _ in range(numbers.choice([1, 1, 2, 3])):
            question, article = numbers.randrange(questions), numbers.randrange(questions * 2)
            own = "".join(chr(0x4E00 + (question * 37 + n * n * 11) % 5000) for n in range(20))
            asked = f"关于{topic}的第{question}个问题{own}，请问应当怎样办理？"
            answer = f"您好，{own}应当先协商，协商不成的可以起诉，第{article}条有规定，建议委托律师。"
            turns += [{"from": "human", "value": asked}, {"from": "gpt", "value": answer}]
        rows.append({"conversations": turns})
    return rows


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_clusters_of_near_duplicates_that_touch_everything_are_settled_alike(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = random.Random(seed)
    sources = [json_lines(tmp_path / f"{n}.jsonl", dialogues(numbers, 700, 60)) for n in range(3)]
    broken = sources[1].read_text(encoding="utf-8").splitlines()
    sources[1].write_text(
        "\n".join(line if numbers.random() < 0.95 else line[:20] for line in broken), encoding="utf-8"
    )
    options: dict[str, Any] = {"domain": "legal", "near_dedup": 0.7, "max_per_prompt": 2, "dev": 0.1, "test": 0.1}

    here = on_this_machine(sources, tmp_path / "here", **options)
    there = by_ray(sources, tmp_path / "there", monkeypatch, **options)

    assert manifest_of(here)["rows"]["rejected"]
    assert manifest_of(here)["near"]["duplicates"] > 100
    assert whole(there) == whole(here)


def test_records_that_share_nothing_are_settled_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"title": f"一种{json.dumps(n * 7919)}型装置", "abstract": f"第{n * 104729}号方案。"} for n in range(5000)]
    source = json_lines(tmp_path / "patents.jsonl", rows)

    here = on_this_machine([source], tmp_path / "here", domain="patent")
    there = by_ray([source], tmp_path / "there", monkeypatch, domain="patent")

    assert manifest_of(here)["records"]["duplicates"] == 0
    assert whole(there) == whole(here)
