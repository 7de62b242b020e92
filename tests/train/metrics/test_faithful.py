"""Whether an answer carries its input, and whether it invents: with hallucinations that were planted."""

import random

import pytest

from tests.train.metrics.answering import answers
from train.metrics.input_coverage import INPUT_COVERAGE, attribute_values
from train.metrics.metric import score
from train.metrics.unsupported import UNSUPPORTED, invented

PROMPT = "我在公司工作了三年，月薪8000元，公司拖欠两个月工资，怎么办？"
REFERENCE = (
    "根据《中华人民共和国劳动法》第五十条，工资应当按月支付；"
    "依照《劳动合同法》第八十五条，可以要求加付50%以上的赔偿金。"
)


def _coverage(prompt: str, prediction: str) -> float:
    return score(INPUT_COVERAGE, answers([prediction], [""], [prompt])).value


def test_attributes_are_covered_by_their_values_not_their_names() -> None:
    prompt = "类型#上衣*版型#宽松*风格#简约*衣款式#衬衫"

    assert attribute_values(prompt) == ["上衣", "宽松", "简约", "衬衫"]
    assert _coverage(prompt, "这件宽松的衬衫，类型和风格都好") == 50
    assert _coverage(prompt, "上衣宽松，简约的衬衫") == 100


def test_text_with_a_star_and_a_hash_is_no_list_of_attributes() -> None:
    assert attribute_values("请解释 C# 与 a*b") == []
    assert attribute_values("") == []


def test_numbers_and_citations_are_covered_however_they_are_written() -> None:
    prompt = "《民法典》第一百二十条，三百元"

    assert _coverage(prompt, "民法典第120条规定，300元") == 100
    assert _coverage(prompt, "民法典第121条规定，300元") < 100
    assert _coverage(prompt, "民法典第120条规定，301元") < 100


def test_key_terms_are_covered_by_the_same_words() -> None:
    prompt = "一种基于深度学习的图像识别方法"

    assert _coverage(prompt, "本发明公开了一种图像识别方法，它基于深度学习") == 100
    assert _coverage(prompt, "本发明公开了一种水泵") == 0


def test_a_prompt_without_facts_is_not_judged() -> None:
    given = answers(["上衣很好", "随便"], ["", ""], ["类型#上衣", "？"])

    assert score(INPUT_COVERAGE, given).value == 100


def test_an_answer_that_repeats_its_sources_invents_nothing() -> None:
    answer = (
        "1. 工作3年、月薪八千元、拖欠2个月：依据劳动法第50条。\n"
        "2. 《中华人民共和国劳动合同法》第八十五条规定加付百分之五十的赔偿金，这一点十分重要。"
    )

    unknown, stated = invented(PROMPT, REFERENCE, answer)

    assert unknown == []
    assert stated == 6


def test_a_citation_that_names_no_law_is_known_by_its_article() -> None:
    assert invented("", "依照《劳动合同法》第八十五条处理", "根据第85条")[0] == []
    assert invented("", "依照《劳动合同法》第八十五条处理", "根据第86条")[0] == ["第86条"]


def test_the_article_of_another_law_is_invented() -> None:
    assert invented("", "依照《劳动合同法》第八十五条处理", "根据《刑法》第八十五条")[0] == ["《刑法》第85条"]


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ("，并赔偿12000元", ["12000"]),
        ("，并赔偿一万二千元", ["12000"]),
        ("，参照《民法典》第一千零七十九条", ["《民法典》第1079条"]),
        ("，参照民法典第1079条第二款", ["《民法典》第1079条"]),
        ("，最多百分之九十", ["90"]),
        ("，自二〇二一年起", ["2021"]),
    ],
)
def test_a_planted_hallucination_is_found(planted: str, expected: list[str]) -> None:
    assert invented(PROMPT, REFERENCE, REFERENCE + planted)[0] == expected


def test_the_share_grows_with_what_is_planted() -> None:
    chance = random.Random(8)
    prompts, references, predictions, planted = [], [], [], 0
    for number in range(200):
        true, false = chance.randint(1000, 4999), chance.randint(5000, 9999)
        lies = number % 4 == 0
        planted += lies
        prompts.append(f"总价{true}元")
        references.append("好的")
        predictions.append(f"共{true}元" + (f"，另加{false}元" if lies else ""))

    found = score(UNSUPPORTED, answers(predictions, references, prompts))

    assert found.value == pytest.approx(100 * planted / (200 + planted))
