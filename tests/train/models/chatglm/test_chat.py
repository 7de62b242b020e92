"""Conversation: prompts, answers, streams."""

from typing import Any

import pytest
import torch

from tests.golden_data import golden
from tests.train.models.chatglm.tiny import cases, model
from train.models.chat import InvalidScores
from train.models.chatglm.chat import chat, stream_chat
from train.models.chatglm.tokenization import ChatGLM1Tokenizer
from train.models.streaming import stream_ids
from train.models.tokenizer import ChatGLMTokenizer

GREEDY = {"do_sample": False, "max_length": 60}


def tokenizer() -> ChatGLMTokenizer:
    return ChatGLM1Tokenizer.from_pretrained(golden("tok/v1"))


def test_an_answer_joins_the_history_that_was_given() -> None:
    tiny, words = model("v1_base"), tokenizer()
    before = [("你好", "你好。")]

    answer, history = chat(tiny, words, "什么是专利?", before, **GREEDY)

    assert history == [("你好", "你好。"), ("什么是专利?", answer)]
    assert before == [("你好", "你好。")]
    assert tiny.chat(words, "什么是专利?", before, **GREEDY) == (answer, history)


def test_the_dialogue_so_far_is_asked_in_the_form_of_the_model() -> None:
    asked: list[torch.Tensor] = []
    tiny, words = model("v1_base"), tokenizer()
    tiny.register_forward_pre_hook(lambda _, args, kwargs: asked.append(kwargs["input_ids"]), with_kwargs=True)

    chat(tiny, words, "问", [("一", "二")], **GREEDY)

    assert asked[0].tolist() == words(["[Round 0]\n问：一\n答：二\n[Round 1]\n问：问\n答："])["input_ids"]


def test_a_stream_ends_with_the_answer_of_chat() -> None:
    tiny, words = model("v1_base"), tokenizer()
    answer, history = chat(tiny, words, "你好", **GREEDY)

    parts = list(stream_chat(tiny, words, "你好", **GREEDY))

    whole = [part for part in parts if not part[0].endswith("\ufffd")]
    assert parts == whole
    assert answer.startswith(parts[-1][0])
    assert history[:-1] == parts[-1][1][:-1] == []
    assert list(tiny.stream_chat(words, "你好", **GREEDY)) == parts


def test_what_the_tokenizer_makes_of_a_batch_goes_straight_into_generation() -> None:
    tiny, words = model("v1_base"), tokenizer()
    texts = ["你好", "请写出专利的摘要：一种装置"]

    batch = tiny.generate(**words(texts, padding=True, return_tensors="pt"), max_new_tokens=6, do_sample=False)

    for row, text in enumerate(texts):
        alone = tiny.generate(**words([text], return_tensors="pt"), max_new_tokens=6, do_sample=False)
        assert batch[row, -6:].tolist() == alone[0, -6:].tolist()


def test_sampling_is_the_official_one_and_hangs_on_the_seed() -> None:
    tiny, words = model("v1_base"), tokenizer()
    options: dict[str, Any] = {}
    generate = tiny.generate
    tiny.generate = lambda ids, **given: options.update(given) or generate(ids, **given)

    torch.manual_seed(1)
    first, _ = chat(tiny, words, "你好", max_length=40)
    torch.manual_seed(1)
    second, _ = chat(tiny, words, "你好", max_length=40)

    assert first == second
    assert {name: options[name] for name in ("do_sample", "top_p", "temperature", "num_beams")} == {
        "do_sample": True,
        "top_p": 0.7,
        "temperature": 0.95,
        "num_beams": 1,
    }


def test_scores_that_overflowed_become_a_blank_in_their_row_only() -> None:
    scores = torch.zeros(3, 8)
    scores[0, 2], scores[1, 2] = float("nan"), float("inf")

    mended = InvalidScores()(torch.zeros(3, 1), scores)

    assert mended.argmax(-1)[:2].tolist() == [5, 5]
    assert torch.equal(mended[2], scores[2])


def test_a_stream_that_is_left_early_stops_generating() -> None:
    tiny = model("v1_base")
    steps: list[int] = []
    tiny.register_forward_hook(lambda *_: steps.append(1))

    stream = stream_ids(tiny, cases("v1_base")["gen_single/input_ids"], max_new_tokens=5000, do_sample=False)
    next(stream)
    stream.close()

    assert len(steps) < 2500


def test_an_error_while_streaming_reaches_the_listener() -> None:
    with pytest.raises(ValueError, match="has no <sop>"):
        list(stream_ids(model("v1_base"), torch.tensor([[5, 6]]), max_new_tokens=2))
