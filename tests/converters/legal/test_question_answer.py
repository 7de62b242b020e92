from converters.converter import Options
from converters.legal.crime_kg import CRIME_KG
from converters.legal.disc_law import DISC_LAW
from converters.legal.lawgpt_zh import LAWGPT_ZH
from converters.legal.legal_advice import LEGAL_ADVICE
from converters.legal.question_answer import LEGAL_QUESTION_ANSWER
from tests.converters.converting import converted


def test_every_answer_to_a_question_is_a_record() -> None:
    rows = [{"question": "问一", "answers": ["甲", "乙"]}, {"question": "问二", "answers": ["丙"]}]

    records = converted(CRIME_KG, rows)

    assert records.rows() == [(1, "问一", "甲"), (1, "问一", "乙"), (2, "问二", "丙")]


def test_a_question_without_answers_does_not_vanish() -> None:
    records = converted(CRIME_KG, [{"question": "问一", "answers": []}, {"question": "问二", "answers": None}])

    assert records.rows() == [(1, "问一", None), (2, "问二", None)]


def test_the_answer_of_the_legal_model_is_taken() -> None:
    records = converted(LAWGPT_ZH, [{"问题": "问", "ChatGLM": "甲", "LawGPT_zh": "乙"}])

    assert records.rows() == [("问", "乙")]


def test_legal_advice_joins_instruction_and_input() -> None:
    rows = [
        {"instruction": "请回答", "input": "怎么办？", "output": "答"},
        {"instruction": "怎么办？", "input": "", "output": "答"},
    ]

    records = converted(LEGAL_ADVICE, rows)

    assert records.rows() == [("请回答\n怎么办？", "答"), ("怎么办？", "答")]


def test_references_of_a_triplet_stand_before_the_question_only_when_asked() -> None:
    rows = [{"id": 1, "input": "问", "output": "答", "reference": ["《某法》第一条"]}]

    plain, with_statutes = converted(DISC_LAW, rows), converted(DISC_LAW, rows, Options(statutes=True))

    assert plain["prompt"].to_list() == ["问"]
    assert with_statutes["prompt"].to_list() == ["相关法条：\n《某法》第一条\n\n问题：问"]
    assert with_statutes["group"].to_list() == ["问"]


def test_a_pair_without_references_is_read_too() -> None:
    records = converted(DISC_LAW, [{"id": 1, "input": "问", "output": "答"}], Options(statutes=True))

    assert records.rows() == [("问", "答", "问")]


def test_an_instruction_stands_before_its_question() -> None:
    rows = [
        {"instruction": "请选择", "question": "问", "answer": "A"},
        {"instruction": "", "question": "问", "answer": "A"},
    ]

    records = converted(LEGAL_QUESTION_ANSWER, rows)

    assert records["prompt"].to_list() == ["请选择\n问", "问"]
