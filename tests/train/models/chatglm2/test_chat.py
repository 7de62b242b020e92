"""Conversation: prompts, streaming, the turns so far."""

import pytest
import torch

from tests.golden_data import golden
from tests.train.models.chatglm2.tiny import model
from train.models.chatglm2.chat import chat, stream_chat
from train.models.tokenizer import ChatGLMTokenizer

HISTORY = [["你好", "你好，我是助手。"]]


@pytest.fixture(scope="module")
def tokenizer() -> ChatGLMTokenizer:
    return ChatGLMTokenizer.from_pretrained(golden("tok/v2"))


@pytest.mark.parametrize("history", [None, HISTORY])
def test_an_answer_is_what_greedy_generation_says_after_the_official_prompt(
    tokenizer: ChatGLMTokenizer, history: list[list[str]] | None
) -> None:
    tiny = model("v2_base")
    first = "[Round 1]\n\n问：你好\n\n答：你好，我是助手。\n\n[Round 2]" if history else "[Round 1]"
    ids = torch.tensor([tokenizer(f"{first}\n\n问：今天天气如何？\n\n答：")["input_ids"]])

    answer, turns = chat(tiny, tokenizer, "今天天气如何？", history, do_sample=False, max_new_tokens=12)

    output = tiny.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12)
    assert ids[0, :2].tolist() == [1201, 1203]
    assert answer == tokenizer.decode(output[0, ids.shape[1] :].tolist()).strip()
    assert turns == [*(tuple(turn) for turn in history or ()), ("今天天气如何？", answer)]


def test_a_stream_grows_to_the_whole_answer_and_shows_no_broken_character(tokenizer: ChatGLMTokenizer) -> None:
    tiny = model("v2_prefix")
    options = {"do_sample": False, "max_new_tokens": 40}

    parts = [part for part, _ in stream_chat(tiny, tokenizer, "今天天气如何？", **options)]

    assert len(parts) > 3
    assert not any(part.endswith("\ufffd") for part in parts)
    assert chat(tiny, tokenizer, "今天天气如何？", **options)[0].startswith(parts[-1].rstrip("\ufffd"))


def test_sampling_is_the_default_and_follows_the_seed(tokenizer: ChatGLMTokenizer) -> None:
    tiny, answers = model("v2_base"), []

    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        answers.append(chat(tiny, tokenizer, "今天天气如何？", max_new_tokens=12)[0])

    assert answers[0] == answers[1] != answers[2]


def test_unk_within_a_question_is_no_padding(tokenizer: ChatGLMTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, seen = model("v2_base"), []
    ids = [1201, 1203, 500, 0, 515, 573]
    monkeypatch.setattr(tokenizer, "encode_texts", lambda texts, **_: [ids[2:] for _ in texts])
    monkeypatch.setattr(tiny, "generate", lambda ids, **given: seen.append(given["attention_mask"]) or ids)

    chat(tiny, tokenizer, "?", do_sample=False)

    assert seen[0].tolist() == [[1] * len(ids)]


def test_a_model_converses_by_itself(tokenizer: ChatGLMTokenizer) -> None:
    tiny, words = model("v2_base"), tokenizer
    greedy = {"do_sample": False, "max_new_tokens": 6}
    answered = chat(tiny, words, "你好", **greedy)

    assert tiny.chat(words, "你好", **greedy) == answered
    assert list(tiny.stream_chat(words, "你好", **greedy)) == list(stream_chat(tiny, words, "你好", **greedy))
