"""Pre-training is repeatable, leaves torch as it was, and learns answers only."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from train.encoding.examples import HIDDEN
from train.models.tiny.pretraining import TINY, Settings, batches, pretrain
from train.models.tiny.samples import sample_texts
from train.models.tokenizer import ChatGLMTokenizer

SHORT = replace(TINY, layers=2, hidden=32, heads=2, steps=4, tokens=256, threads=1)
SAMPLES = sample_texts()[:80]


def weights(tokenizer: ChatGLMTokenizer, settings: Settings) -> dict[str, torch.Tensor]:
    return dict(pretrain(tokenizer, SAMPLES, settings).state_dict())


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_settings_make_the_same_model(tokenizer: ChatGLMTokenizer, threads: int) -> None:
    settings = replace(SHORT, threads=threads)

    once, again = weights(tokenizer, settings), weights(tokenizer, settings)

    assert all(torch.equal(again[name], tensor) for name, tensor in once.items())


def test_another_seed_makes_another_model(tokenizer: ChatGLMTokenizer) -> None:
    once, other = weights(tokenizer, SHORT), weights(tokenizer, replace(SHORT, seed=1))

    assert not torch.equal(other["lm_head.weight"], once["lm_head.weight"])


def test_torch_is_left_as_it_was(tokenizer: ChatGLMTokenizer) -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()

    pretrain(tokenizer, SAMPLES, replace(SHORT, steps=1, threads=threads + 1))

    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)


def test_batches_keep_to_their_size_and_teach_answers_only(tokenizer: ChatGLMTokenizer) -> None:
    for batch in islice(batches(tokenizer, SAMPLES, SHORT), 60):
        ids, labels = batch["input_ids"], batch["labels"]

        assert ids.numel() <= SHORT.tokens or len(ids) == 1
        assert torch.equal(ids[labels != HIDDEN], labels[labels != HIDDEN])
        given = (ids == tokenizer.bos_token_id).int().argmax(1)
        for row, start in enumerate(given):
            assert (labels[row, : start + 1] == HIDDEN).all()
            assert labels[row, start + 1] != HIDDEN


def test_tasks_that_are_too_long_are_left_out(tokenizer: ChatGLMTokenizer) -> None:
    settings = replace(SHORT, longest=20)

    longest = max(batch["input_ids"].shape[1] for batch in islice(batches(tokenizer, SAMPLES, settings), 60))

    assert longest == 20
