"""Rules on real files, with the counts that they must give."""

import json

import polars as pl
import pytest

from pipeline.cleaning.clean import clean
from pipeline.cleaning.registry import steps_for
from pipeline.rules.judge import judge
from pipeline.rules.rule import RuleOptions
from schemas.limits import LengthLimits
from tests.pipeline.rules.records import frame, measured, record
from tests.shared_data import shared


def patents() -> pl.DataFrame:
    names = ("patent/bdci2022_patents_train.json", "patent/bdci2022_patents_testA_subset.jsonl")
    lines = [line for name in names for line in shared(name).read_text("utf-8").splitlines() if line]
    rows = [json.loads(line) for line in lines]
    return frame(*(record(row["title"], row["abstract"]) for row in rows))


def legal_advice() -> pl.DataFrame:
    rows = json.loads(shared("legal/lawyer_llama_legal_advice_nested.json").read_text("utf-8"))
    return frame(*(record(row["instruction"], row["output"]) for (row,) in rows))


def alpaca() -> pl.DataFrame:
    rows = json.loads(shared("instruct/alpaca_chinese_part01.json").read_text("utf-8"))
    return frame(*(record(row["instruction"], row["output"]) for row in rows))


def passed(records: pl.DataFrame, options: RuleOptions) -> int:
    return judge(measured(records), options)["reason"].null_count()


@pytest.mark.parametrize(("minimum", "kept"), [(None, 4043), (128, 3939)])
def test_limits_keep_exactly_these_patents_without_cleaning(minimum: int | None, kept: int) -> None:
    options = RuleOptions(content=LengthLimits(maximum=32), summary=LengthLimits(minimum=minimum, maximum=512))

    assert passed(patents(), options) == kept


def test_cleaning_changes_ten_patents_and_none_crosses_a_limit() -> None:
    raw = patents()
    cleaned = raw.with_columns(clean(raw[side], steps_for("patent"))[0].alias(side) for side in ("prompt", "response"))
    options = RuleOptions(content=LengthLimits(maximum=32), summary=LengthLimits(minimum=128, maximum=512))

    verdicts = [judge(measured(records), options)["reason"] for records in (raw, cleaned)]

    assert (raw["response"] != cleaned["response"]).sum() == 10
    assert (raw["prompt"] != cleaned["prompt"]).sum() == 0
    assert verdicts[0].to_list() == verdicts[1].to_list()


def test_refusals_of_lawyer_llama_and_none_in_alpaca() -> None:
    options = RuleOptions(drop_refusals=True)

    legal = judge(legal_advice(), options).filter(pl.col("reason") == "refusal")
    model = legal["response"].str.contains("语言模型", literal=True)

    assert model.sum() == 40
    assert legal.height == 57
    assert "refusal" not in judge(alpaca(), options)["reason"]


def test_counter_questions_are_short_answers() -> None:
    options = RuleOptions(drop_counter_questions=True)

    legal = judge(legal_advice(), options)["reason"].eq("counter_question").sum()
    instruct = judge(alpaca(), options)["reason"].eq("counter_question").sum()

    assert legal == 31
    assert instruct == 0


def test_five_empty_outputs_of_alpaca_and_nine_placeholders_are_rejected() -> None:
    empty = judge(alpaca(), RuleOptions()).filter(pl.col("reason") == "empty_response")

    assert dict(empty["detail"].value_counts().iter_rows()) == {"blank": 5, "&lt;无输入&gt;": 9}
