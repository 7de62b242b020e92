"""Examples become a batch: padded on the right to the longest of them, labels of the padding hidden."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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

    def __call__(self, batch: Sequence[Mapping[str, Array]]) -> dict[str, Tensor]:
        longest = max(len(example["input_ids"]) for example in batch)
        width = -(-longest // self.multiple_of) * self.multiple_of
        ids = _padded([example["input_ids"] for example in batch], width, self.pad)
        labels = _padded([example["labels"] for example in batch], width, HIDDEN)
        return {"input_ids": ids, "labels": labels, **(self.layout(ids) if self.layout else {})}


def _padded(rows: Sequence[Array], width: int, value: int) -> Tensor:
    padded = pad_sequence([torch.as_tensor(row, dtype=torch.long) for row in rows], True, value)
    return torch.nn.functional.pad(padded, (0, width - padded.shape[1]), value=value)
