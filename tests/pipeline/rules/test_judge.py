import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.rules.chinese import chinese_share
from pipeline.rules.judge import judge
from pipeline.rules.registry import RULES
from pipeline.rules.rule import Rule, RuleOptions
from schemas.limits import LengthLimits
from schemas.reasons import REASONS
from tests.pipeline.rules.records import frame, judged, measured, reason, record

EVERYTHING = RuleOptions(
    content=LengthLimits(minimum=2, maximum=30),
    summary=LengthLimits(minimum=1, maximum=60),
    min_chinese=0.3,
    drop_refusals=True,
    drop_counter_questions=True,
    drop_front_matter=True,
    pii="drop",
)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_has_a_declared_reason_and_can_be_asked(rule: Rule) -> None:
    assert REASONS[rule.reason].kind == "record"
    assert REASONS[rule.reason].stage in {"validate", "filter"}
    assert rule.asked(EVERYTHING)
    assert rule.about


def test_only_the_schema_is_checked_unless_more_is_asked() -> None:
    asked = [rule.reason for rule in RULES.values() if rule.asked(RuleOptions())]

    assert asked == ["empty_prompt", "empty_response", "bad_history", "same_sides"]


def test_the_first_rule_in_order_gives_the_reason() -> None:
    assert reason(record("无", "无", [["x"]])) == "empty_prompt"
    assert reason(record("x", "电话13812345678"), EVERYTHING) == "prompt_too_short"


def test_records_keep_their_order_and_get_one_reason_each() -> None:
    records = measured(frame(record(), record(None), record("好", "好"), record("甲", "乙")))

    result = judge(records, RuleOptions())

    assert result["reason"].to_list() == [None, "empty_prompt", "same_sides", None]
    assert result["detail"].to_list() == [None, "null", None, None]
    assert result.drop("reason", "detail").equals(records)


def test_no_records_give_no_reasons() -> None:
    result = judge(measured(frame()), EVERYTHING)

    assert result.height == 0
    assert result.schema["reason"] == pl.String


@pytest.mark.parametrize(
    ("prompt", "response", "found", "detail"),
    [
        ("一二", "一", None, None),
        ("一", "一二", "prompt_too_short", "1 chars, at least 2"),
        ("一" * 30, "一", None, None),
        ("一" * 31, "一", "prompt_too_long", "31 chars, at most 30"),
        ("一二", "三" * 60, None, None),
        ("一二", "三" * 61, "response_too_long", "61 chars, at most 60"),
    ],
)
def test_both_ends_of_a_limit_are_included(prompt: str, response: str, found: str | None, detail: str | None) -> None:
    result = judged(record(prompt, response), EVERYTHING)

    assert result["reason"][0] == found
    assert result["detail"][0] == detail


@pytest.mark.parametrize(
    ("prompt", "response", "is_chinese"),
    [
        ("中文题目", "An abstract in English only, of many words", False),
        ("PID 控制", "采用 PID 算法控制水温", True),
        ("12", "34.5%", True),
        ("ひらがなばかり", "カタカナ", False),
        ("한국어", "조선말", False),
        ("𠮷野家", "丼", True),
    ],
)
def test_chinese_is_measured_among_the_letters_of_both_sides(prompt: str, response: str, is_chinese: bool) -> None:
    found = reason(record(prompt, response), RuleOptions(min_chinese=0.3))

    assert (found != "not_chinese") == is_chinese


def test_the_share_stands_in_the_detail() -> None:
    result = judged(record("甲b", "cd"), RuleOptions(min_chinese=0.3))

    assert result["detail"][0] == "0.25 of the letters"


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ("作为一个AI语言模型，我不能提供法律意见", "refusal"),
        ("很抱歉，我作为一款大型人工智能语言模型并没有实时的信息", "refusal"),
        ("您好，我是AI语言模型，无法提供实际的保险服务", "refusal"),
        ("很抱歉，作为一个虚拟AI助手，我无法查询", "refusal"),
        ("很抱歉，作為一個語言模型AI，我不能", "refusal"),
        ("As an AI language model, I cannot", "refusal"),
        ("GPT-3 是一种强大的语言模型，它使自然语言生成", None),
        ("作为人工智能领域的专家，我认为", None),
        ("作为律师，我建议您咨询", None),
        ("请咨询律师。" * 20 + "作为一个AI语言模型，我不能", None),
    ],
)
def test_refusals_speak_of_themselves_in_their_opening(response: str, found: str | None) -> None:
    assert reason(record(response=response), RuleOptions(drop_refusals=True)) == found


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ("请问您有什么需要咨询的问题吗？", "counter_question"),
        ("好的，那么您需要咨询什么问题呢？", "counter_question"),
        ("很抱歉，我无法理解您的问题。请提供更多上下文或信息。", "counter_question"),
        ("您最喜欢的颜色是什么？", None),
        ("可以起诉。请问您有什么需要咨询的问题吗？" + "根据法律规定。" * 6, None),
    ],
)
def test_a_counter_question_is_short_and_asks_for_the_question(response: str, found: str | None) -> None:
    assert reason(record(response=response), RuleOptions(drop_counter_questions=True)) == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("《某学报》征稿启事", "front_matter"),
        ("2020年总目录", "front_matter"),
        ("欢迎订阅《化学通报》", "front_matter"),
        ("全国农业年会在京召开", "front_matter"),
        ("目录学研究的新进展", None),
        ("基于会议文本的摘要方法", None),
        ("征稿" + "很长的题目" * 10, None),
    ],
)
def test_front_matter_is_named_in_a_short_title(prompt: str, found: str | None) -> None:
    options = RuleOptions(drop_front_matter=True)
    abstract = "一段很长的摘要" * 10

    assert reason(record(prompt, abstract), options) == found
    assert reason(record(abstract, prompt), options) == found


def test_the_share_is_that_of_counting_letter_by_letter() -> None:
    texts = ["中文abc", "中，。！", "abc", "あ漢", "12", "", "漢" * 9 + "é"]

    shares = chinese_share(pl.Series(texts)).to_list()

    assert shares == [0.4, 1.0, 0.0, 0.5, None, None, 0.9]


def test_the_page_on_rules_has_the_reasons_in_their_order() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")

    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert [reason for reason in named if reason in RULES] == list(RULES)
