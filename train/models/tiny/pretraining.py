"""Pre-training of the tiny model: tasks in the model's own prompt form, about a minute of them.

What makes a minute enough: the residual branches are scaled for the depth it has (the official code takes 28 layers for
any model); the weights begin where attention already looks for equal tokens and says what it sees (mimetic
initialisation, arXiv 2305.09828), with embeddings wide enough to be told apart; and only answers cost a softmax.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import sqrt
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import get_cosine_schedule_with_warmup

from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN, Array
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.tiny.tasks import TASKS, MakeTask, Task, Texts, next_task
from train.models.tiny.writing import configuration
from train.models.tokenizer import ChatGLMTokenizer

Row = dict[str, Array]
Batch = dict[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A fixed number of steps and of threads, so that the same machine always makes the same model."""

    layers: int = 5
    hidden: int = 160
    heads: int = 5
    residual_layers: int = 2
    steps: int = 1500
    tokens: int = 640
    """Of a batch, padding counted in."""
    longest: int = 160
    """Tokens of an example; longer ones are left out."""
    learning_rate: float = 2.5e-3
    seed: int = 42
    threads: int = 2


TINY = Settings()


def pretrain(
    tokenizer: ChatGLMTokenizer, samples: Sequence[str], settings: Settings, tasks: Sequence[MakeTask] = TASKS
) -> ChatGLMForCausalLM:
    """Make a model from nothing; torch's generator and number of threads are afterwards what they were."""
    threads = torch.get_num_threads()
    config = configuration(
        layers=settings.layers,
        hidden=settings.hidden,
        heads=settings.heads,
        residual_layers=settings.residual_layers,
    )
    torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            model: ChatGLMForCausalLM = ChatGLMForCausalLM(config)
            model.train()
            _initialise(model)
            _train(model, islice(batches(tokenizer, samples, settings, tasks), settings.steps), settings)
    finally:
        torch.set_num_threads(threads)
    return model


def _train(model: ChatGLMForCausalLM, batches: Iterator[Batch], settings: Settings) -> None:
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    schedule = get_cosine_schedule_with_warmup(optimizer, settings.steps // 20, settings.steps)
    for batch in batches:
        _loss(model, batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def _loss(model: ChatGLMForCausalLM, batch: Batch) -> Tensor:
    labels = batch["labels"][:, 1:]
    hidden = model.transformer(batch["input_ids"]).last_hidden_state[:, :-1]
    learnt = labels != HIDDEN
    return nn.functional.cross_entropy(model.lm_head(hidden[learnt]), labels[learnt])


def _initialise(model: Any) -> None:
    width = model.config.hidden_size
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                module.weight.normal_(0, 1 / sqrt(module.weight.shape[1]))
        model.transformer.word_embeddings.weight.mul_(0.7)
        for layer in model.transformer.layers:
            mixed, dense = layer.attention.query_key_value.weight, layer.attention.dense.weight
            queries, keys, values = mixed.view(layer.attention.heads, 3, -1, width).unbind(1)
            keys.copy_(_alike(queries, keys))
            dense.copy_(_alike(values.reshape(width, width).T, dense))


def _alike(one: Tensor, other: Tensor) -> Tensor:
    """As wide as both, and half of it ``one``."""
    return (one + other) / sqrt(2)


def batches(
    tokenizer: ChatGLMTokenizer, samples: Sequence[str], settings: Settings, tasks: Sequence[MakeTask] = TASKS
) -> Iterator[Batch]:
    """Batches without end, of examples of about one length each, in random order."""
    random = Random(settings.seed)  # noqa: S311 (repeatable, not secret)
    texts, collate = Texts(samples, random), PadRight(pad=int(tokenizer.pad_token_id))
    while True:
        rows = _rows(tokenizer, [next_task(texts, tasks) for _ in range(1000)], settings.longest)
        made = list(_of_one_length(rows, settings.tokens))
        random.shuffle(made)
        yield from map(collate, made)


def _rows(tokenizer: ChatGLMTokenizer, tasks: Sequence[Task], longest: int) -> list[Row]:
    questions = tokenizer.encode_texts([task.question for task in tasks])
    answers = tokenizer.encode_texts([task.answer for task in tasks])
    rows = [_row(tokenizer, *both) for both in zip(questions, answers, strict=True)]
    return [row for row in rows if len(row["input_ids"]) <= longest]


def _row(tokenizer: ChatGLMTokenizer, question: list[int], answer: list[int]) -> Row:
    ids = tokenizer.build_inputs_with_special_tokens(question, answer)
    start = ids.index(tokenizer.bos_token_id) + 1
    labels = [HIDDEN] * start + ids[start:]
    return {"input_ids": np.array(ids, np.int32), "labels": np.array(labels, np.int32)}


def _of_one_length(rows: list[Row], tokens: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: len(row["input_ids"])):
        if batch and (len(batch) + 1) * len(row["input_ids"]) > tokens:
            yield batch
            batch = []
        batch.append(row)
    yield batch
