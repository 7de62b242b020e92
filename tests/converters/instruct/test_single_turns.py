import pytest

from converters.instruct.advertise_gen import ADVERTISE_GEN
from converters.instruct.belle_eval import BELLE_EVAL
from converters.instruct.belle_seed import BELLE_SEED
from converters.instruct.chat import CHAT
from converters.instruct.context_target import CONTEXT_TARGET
from converters.instruct.firefly import FIREFLY
from converters.instruct.history import HISTORY_ONLY
from tests.converters.converting import converted


def test_every_instance_of_a_seed_task_is_a_record_of_the_group_of_its_instruction() -> None:
    instances = [{"input": "夏天", "output": "诗一"}, {"input": "", "output": "诗二"}]

    records = converted(BELLE_SEED, [{"instruction": "写诗", "instances": instances}])

    assert records.rows() == [(1, "写诗\n夏天", "诗一", "写诗"), (1, "写诗", "诗二", "写诗")]


def test_a_seed_task_without_instances_does_not_vanish() -> None:
    records = converted(BELLE_SEED, [{"instruction": "写诗", "instances": []}])

    assert records.rows() == [(1, "写诗", None, "写诗")]


@pytest.mark.parametrize(
    ("context", "prompt"),
    [
        ("Instruction: 翻译\nInput: 你好\nAnswer: ", "翻译\n你好"),
        ("Instruction：翻译\nInput：你好\nAnswer：", "翻译\n你好"),
        ("Instruction: 写诗\n两行\nAnswer: ", "写诗\n两行"),
        ("Instruction: 写诗\nInput: 无\nAnswer: ", "写诗"),
        ("写诗", "写诗"),
        ("写诗\nInput: 夏天", "写诗\nInput: 夏天"),
    ],
)
def test_the_words_of_the_template_are_taken_off(context: str, prompt: str) -> None:
    records = converted(CONTEXT_TARGET, [{"context": context, "target": "答"}])

    assert records.rows() == [(prompt, "答")]


def test_pairs_keep_their_text_as_it_is() -> None:
    assert converted(ADVERTISE_GEN, [{"content": " 类型#裤", "summary": "<UNK>"}]).rows() == [(" 类型#裤", "<UNK>")]
    assert converted(FIREFLY, [{"kind": "NLI", "input": "问", "target": "答"}]).rows() == [("问", "答")]
    assert converted(BELLE_EVAL, [{"question": "问", "std_answer": "", "class": "qa"}]).rows() == [("问", "")]


def test_a_chat_record_stays_one_record_with_its_history() -> None:
    rows: list[dict[str, object]] = [
        {"prompt": "三", "response": "四", "history": [["一", "二"]]},
        {"prompt": "一", "response": "二", "history": None},
    ]

    records = converted(CHAT, rows)

    assert records.rows() == [("三", "四", [["一", "二"]], "一"), ("一", "二", [], "一")]


def test_history_is_optional_in_chat_records() -> None:
    records = converted(CHAT, [{"prompt": "一", "response": "二"}])

    assert records.rows() == [("一", "二", [], "一")]


def test_the_last_pair_of_a_history_is_the_sample() -> None:
    records = converted(HISTORY_ONLY, [{"history": [["一", "二"], ["三", "四"], ["五", "六"]]}])

    assert records.select("prompt", "response", "history", "group", "unused_turns").rows() == [
        ("五", "六", [["一", "二"], ["三", "四"]], "一", 2)
    ]


@pytest.mark.parametrize(
    ("history", "reason"),
    [([], "no_turns"), (None, "no_turns"), ([["一"]], "no_answer"), ([["一", "二", "三"]], "wrong_type")],
)
def test_a_history_without_a_last_pair_is_a_line_with_a_reason(history: list[list[str]] | None, reason: str) -> None:
    rows: list[dict[str, object]] = [{"history": [["一", "二"]]}, {"history": history}]

    records = converted(HISTORY_ONLY, rows)

    assert records["reason"].to_list() == [None, reason]
