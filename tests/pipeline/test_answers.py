"""Several answers to one prompt: kept, chosen, dropped, rated; each loss in the ledger."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from schemas.errors import OutcomeError
from tests.pipeline.converting import converted, records
from tests.running import json_lines, manifest_of, read_lines


def _answers(*answers: str) -> list[dict[str, str]]:
    return [{"title": "装置", "abstract": answer} for answer in answers]


@pytest.mark.parametrize(
    ("options", "kept", "rejected"),
    [
        ({}, ["甲", "乙", "丙", "丁"], {}),
        ({"conflicts": "first"}, ["甲", "丁"], {"conflict": 2}),
        ({"conflicts": "drop"}, ["丁"], {"conflict": 3}),
        ({"max_per_prompt": 2}, ["甲", "乙", "丁"], {"over_max_per_prompt": 1}),
    ],
)
def test_several_answers_to_one_prompt(
    tmp_path: Path, options: dict[str, Any], kept: list[str], rejected: dict[str, int]
) -> None:
    rows = [*_answers("甲", "乙", "甲", "丙"), {"title": "方法", "abstract": "丁"}]

    folder = converted(tmp_path, rows, domain="patent", dev=0, test=0, max_reject_rate=1, **options)

    made = manifest_of(folder)["records"]
    assert [record["summary"] for record in records(folder)] == kept
    assert (made["rejected"], made["duplicates"]) == (rejected, 1)
    ledger = read_lines(folder / "rejected.jsonl")
    assert [entry["stage"] for entry in ledger] == ["deduplicate"] * sum(rejected.values())
    assert all('"title":"装置"' in entry["raw"].replace('": "', '":"') for entry in ledger)


def test_of_several_answers_the_one_with_the_most_stars_stays(tmp_path: Path) -> None:
    def answer(qid: int, star: int, text: str) -> dict[str, Any]:
        return {"qid": qid, "title": f"第{qid}问？", "desc": "", "topic": "", "star": star, "content": text}

    rows = [
        *(answer(1, 2, "甲"), answer(1, 9, "乙"), answer(1, 9, "丙"), answer(2, 0, "丁")),
        *(answer(3, 1, "戊"), answer(3, 5, "己"), answer(3, 7, "戊")),  # the same answer twice counts with its best
    ]

    folder = converted(tmp_path, rows, dev=0, test=0, max_reject_rate=1)

    made = manifest_of(folder)["records"]
    assert [record["summary"] for record in records(folder)] == ["乙", "丁", "戊"]
    assert (made["rejected"], made["duplicates"]) == ({"lower_rank": 3}, 1)


def test_nothing_left_by_conflicts_is_an_outcome_and_not_a_dataset(tmp_path: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", _answers("甲", "乙"))

    with pytest.raises(OutcomeError, match="nothing came out: 2 rows read, conflict 2"):
        convert_sources([str(source)], ConvertOptions(domain="patent", conflicts="drop"), out=tmp_path / "data")
