"""How well a model foresees given answers: bits of each, teacher-forced, its end token counted in."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

import torch
from torch import Tensor

from schemas.errors import ModelError
from train.answer.answerer import Answerer
from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN, Example, Ids
from train.methods.method import Model

_SCORES = 1 << 28
"""Scores of a batch at once, positions times vocabulary: half a gigabyte in half precision."""
_FLOATS = 1 << 26
"""Scores that are turned into float32 at once."""


@dataclass(frozen=True, slots=True)
class Bits:
    """What a model lacks to write one reference."""

    record: int
    bits: float
    characters: int
    """Of the reference, as far as its tokens fit."""
    cut: bool
    """Whether the limit cut the reference, or its end token."""


class Share(NamedTuple):
    """Of all batches those of one process."""

    place: int
    processes: int


WHOLE = Share(0, 1)


@dataclass(frozen=True, slots=True)
class _Item:
    record: int
    source: Ids
    answer: Ids
    characters: int
    cut: bool

    @property
    def order(self) -> tuple[int, int, int]:
        """The longest first, so that memory that does not suffice shows at once."""
        return -len(self.source) - len(self.answer), len(self.answer), self.record


def reference_bits(
    answerer: Answerer,
    prompts: Mapping[int, Ids],
    references: Mapping[int, str],
    *,
    batch_size: int = 8,
    share: Share = WHOLE,
) -> Iterator[list[Bits]]:
    """Yield the bits of one batch after the other; prompts and references by the number of their record.

    A batch for which the memory does not suffice is halved, and so are all after it.
    """
    items = sorted(_items(answerer, prompts, references), key=lambda item: item.order)
    batches = _batches(items, batch_size, int(answerer.model.config.vocab_size))
    waiting = deque(batches[share.place :: share.processes])
    while waiting:
        batch = waiting.popleft()
        if len(batch) > batch_size:
            waiting.extendleft([batch[batch_size:], batch[:batch_size]])
            continue
        found = _measured(answerer, batch)
        if found is None:
            batch_size = _halved(batch)
            waiting.appendleft(batch)
            continue
        yield [Bits(item.record, bits, item.characters, item.cut) for item, bits in zip(batch, found, strict=True)]


def _batches(items: Sequence[_Item], batch_size: int, vocabulary: int) -> list[Sequence[_Item]]:
    batches: list[Sequence[_Item]] = []
    while items:
        batches.append(_batch(items, batch_size, vocabulary))
        items = items[len(batches[-1]) :]
    return batches


def _items(answerer: Answerer, prompts: Mapping[int, Ids], references: Mapping[int, str]) -> Iterator[_Item]:
    form, room = answerer.form, answerer.asking.limits.target
    texts = [references[record] for record in prompts]
    for (record, source), text, ids in zip(prompts.items(), texts, form.answers(texts), strict=True):
        kept = [*ids, form.end][:room]
        whole = len(ids) <= room
        characters = len(text) if whole else min(len(answerer.text(kept)), len(text))
        yield _Item(record, source, kept, max(characters, 1), cut=len(ids) >= room)


def _batch(waiting: Sequence[_Item], batch_size: int, vocabulary: int) -> Sequence[_Item]:
    """The next items, as many as there may be scores of."""
    size = 1
    while size < min(batch_size, len(waiting)):
        rows = waiting[: size + 1]
        if len(rows) * _kept(rows) * vocabulary > _SCORES:
            break
        size += 1
    return waiting[:size]


def _kept(batch: Sequence[_Item]) -> int:
    """Columns from the first that foretells an answer to the last."""
    width = max(len(item.source) + len(item.answer) for item in batch)
    return width - min(len(item.source) for item in batch) + 1


def _measured(answerer: Answerer, batch: Sequence[_Item]) -> list[float] | None:
    """Bits of each item; None where the memory does not suffice."""
    examples = [Example(*_labelled(item), len(item.source))._asdict() for item in batch]
    config = answerer.model.config
    collate = PadRight(pad=int(answerer.tokenizer.pad_token_id), layout=lambda ids: answerer.family.layout(ids, config))
    inputs = {name: rows.to(answerer.device) for name, rows in collate(examples).items()}
    labels = inputs.pop("labels")
    try:
        with torch.inference_mode():
            return _bits(answerer.model, inputs, labels, _kept(batch))
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        return None


def _labelled(item: _Item) -> tuple[Ids, Ids]:
    return item.source + item.answer, [HIDDEN] * len(item.source) + item.answer


def _bits(model: Model, inputs: Mapping[str, Tensor], labels: Tensor, kept: int) -> list[float]:
    """Only what foretells an answer becomes float32; counted from the end, where no virtual tokens stand in front."""
    scores = model(**inputs, use_cache=False, logits_to_keep=kept).logits[:, -kept:-1]
    wanted = labels[:, 1 - kept :]
    rows, columns = (wanted != HIDDEN).nonzero(as_tuple=True)
    lacking = torch.zeros(len(labels), dtype=torch.float64, device=labels.device)
    step = max(1, _FLOATS // scores.shape[-1])
    for part in zip(rows.split(step), columns.split(step), strict=True):
        entropy = torch.nn.functional.cross_entropy(scores[part].float(), wanted[part], reduction="none")
        lacking.index_add_(0, part[0], entropy.double() / log(2))
    bits: list[float] = lacking.tolist()
    return bits


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _halved(batch: Sequence[_Item]) -> int:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(batch) == 1:
        raise ModelError(
            f"out of memory with a single item of {len(batch[0].source) + len(batch[0].answer)} tokens; "
            "lower --max-source-length or --max-new-tokens, or use a smaller --dtype"
        )
    return len(batch) // 2
