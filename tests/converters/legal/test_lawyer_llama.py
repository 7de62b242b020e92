import pytest

from converters.converter import Options
from converters.legal.lawyer_llama import LAWYER_LLAMA
from converters.legal.lawyer_llama_dialogue import LAWYER_LLAMA_DIALOGUE
from tests.converters.converting import converted

LAWS = ["《某法》第一条：甲。", "《某法》第二条：乙。"]
CITED = "相关法条：\n《某法》第一条：甲。\n《某法》第二条：乙。\n\n问题："


def test_a_question_leads_to_its_answer() -> None:
    records = converted(LAWYER_LLAMA, [{"query": "怎么办？", "laws": LAWS, "response": "起诉。"}])

    assert records.select("prompt", "response", "group").rows() == [("怎么办？", "起诉。", "怎么办？")]


def test_statutes_stand_before_the_question_when_asked_and_the_group_stays_the_question() -> None:
    rows = [{"query": "怎么办？", "laws": laws, "response": "起诉。"} for laws in (LAWS, [], None)]

    records = converted(LAWYER_LLAMA, rows, Options(statutes=True))

    assert records["prompt"].to_list() == [f"{CITED}怎么办？", "怎么办？", "怎么办？"]
    assert records["group"].to_list() == ["怎么办？"] * 3


HISTORY = ["[客户] 怎么办？", "[律师] 起诉。", "[客户] 然后呢？", "[律师] 等待。", "[律师] 再上诉。", "[客户] 谢谢"]


def test_a_consultation_gives_one_record_for_every_answer_of_the_lawyer() -> None:
    records = converted(LAWYER_LLAMA_DIALOGUE, [{"query": "怎么办？", "laws": LAWS, "history": HISTORY}])

    assert records.select("prompt", "response", "history").rows() == [
        ("怎么办？", "起诉。", []),
        ("然后呢？", "等待。\n再上诉。", [["怎么办？", "起诉。"]]),
    ]
    assert records.select("merged_turns", "trailing_questions").rows() == [(1, 1), (0, 0)]


def test_a_consultation_is_in_the_group_of_its_single_question() -> None:
    history = ["[客户] 怎么办？", "[客户] 在吗？", "[律师] 起诉。"]

    dialogue = converted(LAWYER_LLAMA_DIALOGUE, [{"query": "怎么办？", "laws": LAWS, "history": history}])
    single = converted(LAWYER_LLAMA, [{"query": "怎么办？", "laws": LAWS, "response": "起诉。"}])

    assert dialogue["prompt"].to_list() == ["怎么办？\n在吗？"]
    assert dialogue["group"].to_list() == single["group"].to_list()


@pytest.mark.parametrize("turns", ["all", "last"])
def test_statutes_stand_once_in_a_consultation_before_its_first_question(turns: str) -> None:
    rows = [{"query": "怎么办？", "laws": LAWS, "history": HISTORY}]

    records = converted(LAWYER_LLAMA_DIALOGUE, rows, Options(statutes=True, turns=turns))  # type: ignore[arg-type]

    assert records.select("prompt", "history").rows()[-1] == ("然后呢？", [[f"{CITED}怎么办？", "起诉。"]])
    assert set(records["group"]) == {"怎么办？"}
