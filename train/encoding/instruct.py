"""The preprocessing of the early ``Instruction: … Input: … Answer:`` trainer, exactly (27182812's for ChatGLM)."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from schemas.prompts import apply_prompt
from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN, Example, Examples
from train.models.tokenizer import ChatGLMTokenizer


def context(record: Mapping[str, str]) -> str:
    """What stands before the answer of a record ``{instruction, input?, output}``."""
    given = f"\nInput: {record['input']}" if record.get("input") else ""
    return apply_prompt("instruction", record["instruction"] + given)


def encode_instructions(
    contexts: Sequence[str],
    answers: Sequence[str],
    tokenizer: ChatGLMTokenizer,
    max_length: int,
    *,
    skip_overlength: bool = False,
) -> Examples:
    """Examples cut on the right, ``<eop>`` included; or left out, those that are longer.

    ``<sop>`` carries loss. A context that fills ``max_length`` leaves nothing but it to learn.
    """
    options = {"max_length": max_length, "truncation": True, "split_special_tokens": False}
    sources = tokenizer(list(contexts), **options)["input_ids"]
    learnt = tokenizer(list(answers), add_special_tokens=False, **options)["input_ids"]
    rows = [
        _example(source, [*answer, int(tokenizer.eos_token_id)], max_length)
        for source, answer in zip(sources, learnt, strict=True)
        if not skip_overlength or len(source) + len(answer) + 1 <= max_length
    ]
    return Examples.of(rows)


def collate_instructions(examples: Examples, pad: int) -> dict[str, Tensor]:
    """All examples as one batch, the longest first."""
    batch = sorted(examples, key=lambda example: len(example["input_ids"]), reverse=True)
    return PadRight(pad=pad)(batch)


def _example(source: list[int], learnt: list[int], max_length: int) -> Example:
    ids = (source + learnt)[:max_length]
    start = len(source) - 1
    return Example(ids, [HIDDEN] * start + ids[start:], len(source))
