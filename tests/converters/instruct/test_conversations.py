from typing import Any

import pytest

from converters.converter import Converter
from converters.detect import matches
from converters.instruct.conversations import CONVERSATIONS
from converters.instruct.message_parts import MESSAGE_PARTS
from converters.instruct.messages import MESSAGES
from converters.instruct.moss_002 import MOSS_002
from converters.instruct.moss_003 import MAX_TURNS, MOSS_003
from converters.instruct.registry import CONVERTERS
from tests.converters.converting import converted

PAIRS = [("一", "二"), ("三", "四")]


def listed(name: str, speaker: str, said: str, names: tuple[str, str]) -> dict[str, Any]:
    return {name: [{speaker: who, said: text} for pair in PAIRS for who, text in zip(names, pair, strict=True)]}


@pytest.mark.parametrize(
    ("converter", "row"),
    [
        (CONVERSATIONS, listed("conversations", "from", "value", ("human", "gpt"))),
        (CONVERSATIONS, listed("conversations", "from", "value", ("user", "assistant"))),
        (CONVERSATIONS, listed("conversations", "role", "content", ("user", "assistant"))),
        (CONVERSATIONS, {"conversation": [dict(zip(("human", "assistant"), pair, strict=True)) for pair in PAIRS]}),
        (MESSAGES, listed("messages", "role", "content", ("user", "assistant"))),
        (MOSS_002, {"plain_text": "[Human]: 一<eoh> [MOSS]: 二<eoa> [Human]: 三 <eoh>\n[MOSS]: 四 <eoa>\n"}),
        (
            MOSS_003,
            {
                "chat": {
                    f"turn_{number}": {"Human": f"<|Human|>: {question}<eoh>\n", "MOSS": f"<|MOSS|>: {answer}<eom>\n"}
                    for number, (question, answer) in enumerate(PAIRS, start=1)
                }
            },
        ),
    ],
)
def test_one_dialogue_in_many_forms_gives_the_same_records(converter: Converter, row: dict[str, Any]) -> None:
    records = converted(converter, [row])

    assert records.select("prompt", "response", "history").rows() == [("一", "二", []), ("三", "四", [["一", "二"]])]


def test_pairs_of_firefly_and_turns_may_stand_in_one_file_and_a_missing_side_is_empty() -> None:
    rows = [
        {"conversation": [{"human": "一"}, {"human": "三", "assistant": "四"}], "system": "x"},
        {"conversation": [{"role": "user", "content": "五"}, {"role": "assistant", "content": "六"}]},
        {"conversation": []},
    ]

    records = converted(CONVERSATIONS, rows)

    assert records.select("prompt", "response", "reason").rows() == [
        ("一", "", None),
        ("三", "四", None),
        ("五", "六", None),
        (None, None, "no_turns"),
    ]


def test_the_prefix_of_moss_is_a_system_turn() -> None:
    records = converted(MOSS_002, [{"prefix": "MOSS is …", "plain_text": "[Human]: 一<eoh> [MOSS]: 二<eoa>"}])

    assert records.select("prompt", "response", "system_turns").rows() == [("一", "二", 1)]


def test_tools_of_moss_are_left_out_and_counted_when_they_were_used() -> None:
    turn = {
        "Human": "<|Human|>: 一<eoh>\n",
        "Inner Thoughts": "<|Inner Thoughts|>: None<eot>\n",
        "Commands": '<|Commands|>: Search("一")<eoc>\n',
        "Tool Responses": "<|Results|>: 结果<eor>\n",
        "MOSS": "<|MOSS|>: 二<eom>\n",
    }

    records = converted(MOSS_003, [{"chat": {"turn_1": turn}}])

    assert records.select("prompt", "response", "system_turns").rows() == [("一", "二", 2)]


def test_turns_beyond_those_that_can_be_read_are_counted() -> None:
    turn = {"Human": "一", "MOSS": "二"}

    records = converted(MOSS_003, [{"num_turns": MAX_TURNS + 3, "chat": {"turn_1": turn}}])

    assert records.select("prompt", "unknown_turns").rows() == [("一", 3)]


def text(said: str) -> dict[str, str]:
    return {"type": "text", "text": said}


def test_text_parts_are_joined_and_other_parts_counted() -> None:
    messages = [
        {"role": "user", "content": [text("看图"), {"type": "image_url", "text": None}, text("是什么")]},
        {"role": "assistant", "content": [text("猫")]},
    ]

    records = converted(MESSAGE_PARTS, [{"messages": messages}])

    assert records.select("prompt", "response", "other_parts").rows() == [("看图\n是什么", "猫", 1)]


def test_messages_without_parts_are_empty_turns() -> None:
    messages = [
        {"role": "user", "content": [text("一")]},
        {"role": "assistant", "content": []},
        {"role": "user", "content": [text("三")]},
        {"role": "assistant", "content": None},
    ]

    records = converted(MESSAGE_PARTS, [{"messages": messages}, {"messages": []}])

    assert records.select("prompt", "response", "reason").rows() == [
        ("一", "", None),
        ("三", "", None),
        (None, None, "no_turns"),
    ]


def test_a_call_of_a_tool_between_two_answers_joins_them() -> None:
    messages = [
        {"role": "user", "content": "一"},
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "结果"},
        {"role": "assistant", "content": "二"},
    ]

    records = converted(MESSAGES, [{"messages": messages}])

    assert records.select("prompt", "response", "system_turns", "merged_turns").rows() == [("一", "二", 1, 1)]


def test_messages_of_parts_are_told_from_messages_of_text_by_the_types_of_their_parts() -> None:
    parts = [{"messages": [{"role": "user", "content": [text("一")]}]}]
    texts = [{"messages": [{"role": "user", "content": "一 text"}]}]

    assert matches(("messages",), parts, CONVERTERS)[0].converter is MESSAGE_PARTS
    assert [match.converter for match in matches(("messages",), texts, CONVERTERS)] == [MESSAGES]
