from converters.converter import Options
from converters.instruct.alpaca import ALPACA
from tests.converters.converting import converted

BELLE = {"instruction": "Human:一\nAssistant: 二\nHuman：三\nAssistant：", "input": "", "output": "四"}


def test_instruction_and_input_lead_to_the_output() -> None:
    rows = [
        {"instruction": "翻译", "input": "你好", "output": "hi"},
        {"instruction": "写诗", "input": "无输入", "output": "诗"},
    ]

    records = converted(ALPACA, rows)

    assert records.select("prompt", "response").rows() == [("翻译\n你好", "hi"), ("写诗", "诗")]


def test_input_is_optional() -> None:
    records = converted(ALPACA, [{"instruction": "写诗", "output": "诗"}])

    assert records.select("prompt", "response").rows() == [("写诗", "诗")]


def test_a_dialogue_in_the_instruction_is_answered_by_the_output() -> None:
    records = converted(ALPACA, [BELLE])

    assert records.select("prompt", "response", "history", "group").rows() == [
        ("一", "二", [], "一"),
        ("三", "四", [["一", "二"]], "一"),
    ]


def test_only_the_last_answer_of_such_a_dialogue_when_asked() -> None:
    records = converted(ALPACA, [BELLE], Options(turns="last"))

    assert records.select("prompt", "response", "unused_turns").rows() == [("三", "四", 1)]


def test_dialogues_and_single_turns_of_one_file_keep_their_order() -> None:
    plain = {"instruction": "写诗", "input": "", "output": "诗"}

    records = converted(ALPACA, [plain, BELLE, plain])

    assert records.select("__row__", "prompt").rows() == [(1, "写诗"), (2, "一"), (2, "三"), (3, "写诗")]
    assert records.null_count().select("system_turns", "merged_turns", "unused_turns").row(0) == (0, 0, 0)


def test_an_input_beside_a_dialogue_belongs_to_its_last_question() -> None:
    records = converted(ALPACA, [{**BELLE, "input": "补充"}])

    assert records["prompt"].to_list() == ["一", "三\n补充"]


def test_human_in_the_middle_of_an_instruction_is_no_dialogue() -> None:
    records = converted(ALPACA, [{"instruction": "解释\nHuman: 是什么意思", "input": "", "output": "人"}])

    assert records.select("prompt", "response").rows() == [("解释\nHuman: 是什么意思", "人")]


def test_an_output_that_looks_like_a_dialogue_stays_whole() -> None:
    records = converted(ALPACA, [{**BELLE, "output": "四\nHuman: 五"}])

    assert records["response"].to_list() == ["二", "四\nHuman: 五"]


def test_a_given_history_is_context_and_its_first_question_the_group() -> None:
    rows = [{"instruction": "三", "input": "", "output": "四", "system": "你是助手", "history": [["一", "二"]]}]

    records = converted(ALPACA, rows)

    assert records.select("prompt", "response", "history", "group").rows() == [("三", "四", [["一", "二"]], "一")]
    assert records["system_turns"].to_list() == [1]


def test_a_system_text_beside_a_dialogue_is_counted_once() -> None:
    records = converted(ALPACA, [{**BELLE, "system": "你是助手"}])

    assert records["system_turns"].to_list() == [1, 0]
