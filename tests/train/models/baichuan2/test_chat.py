"""Conversation: what the model is asked, and the answer as text."""

from pathlib import Path
from typing import Any

import pytest
import torch

from train.models.baichuan2.tokenization import BaichuanTokenizer
from train.models.tiny.baichuan2 import two_layers


@pytest.fixture
def pair(vocabulary: Path) -> tuple[Any, BaichuanTokenizer]:
    return two_layers(vocabulary).eval(), BaichuanTokenizer.from_pretrained(vocabulary)


def test_an_answer_and_its_stream_are_those_of_generate(pair: tuple[Any, BaichuanTokenizer]) -> None:
    model, tokenizer = pair
    history = [("你好", "<reserved_106>您好")]
    options: dict[str, Any] = {"do_sample": False, "max_new_tokens": 8}

    answer, turns = model.chat(tokenizer, "什么是法律？", history, **options)
    *_, (streamed, _) = model.stream_chat(tokenizer, "什么是法律？", history, **options)

    prompt = tokenizer.prompt_ids("什么是法律？", history)
    found = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), **options)
    assert answer == tokenizer.decode(found[0, len(prompt) :].tolist())
    assert answer.startswith(streamed)
    assert turns == [*history, ("什么是法律？", answer)]
    assert prompt.count(195) == 2
