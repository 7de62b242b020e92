"""Examples become a batch: padded on the right to the longest of them, labels of the padding hidden."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from train.encoding.examples import HIDDEN, Array

Layout = Callable[[Tensor], Mapping[str, Tensor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PadRight:
    """A collator for training. Padding stands after every answer, so a batch needs no mask."""

    pad: int
    multiple_of: int = 1
    """Lengths that graphics cards like: 8, 64."""
    layout: Layout | None = None
    """What a model makes of the ids before its first layer (``Family.layout``): made here it is made once, on the
    loader's side, and methods that hand the model embeddings instead of ids still know where every token stands."""
    label_columns: bool = False
    """Says where labels carry loss, so that nothing else goes through the vocabulary."""

    def __call__(self, batch: Sequence[Mapping[str, Array]]) -> dict[str, Tensor]:
        longest = max(len(example["input_ids"]) for example in batch)
        width = -(-longest // self.multiple_of) * self.multiple_of
        ids = padded([as_tensor(example["input_ids"]) for example in batch], width, self.pad)
        labels = padded([as_tensor(example["labels"]) for example in batch], width, HIDDEN)
        made = {"input_ids": ids, "labels": labels, **(self.layout(ids) if self.layout else {})}
        return made | {"label_columns": columns_before_labels(labels)} if self.label_columns else made


def columns_before_labels(labels: Tensor) -> Tensor:
    """Flat columns after which a label carries loss; the first label of a row never does."""
    return torch.nn.functional.pad(labels[:, 1:] != HIDDEN, (0, 1)).flatten().nonzero()[:, 0]


def as_tensor(ids: Array) -> Tensor:
    """A copy, which may be written to: what is mapped into memory may not."""
    return torch.from_numpy(np.asarray(ids).astype(np.int64))


def padded(rows: Sequence[Tensor], width: int, value: int) -> Tensor:
    """Rows of one width, (rows, width)."""
    filled = pad_sequence(list(rows), True, value)
    return torch.nn.functional.pad(filled, (0, width - filled.shape[1]), value=value)
