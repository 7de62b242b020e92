"""Examples become one row, end to end: nothing is padded but the end of the row, and none sees another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from train.encoding.collate import Layout, as_tensor, columns_before_labels, padded
from train.encoding.examples import HIDDEN, Array
from train.models.packing import Packing


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A collator for training; what it makes trains as the same examples would in rows of their own."""

    pad: int
    layout: Layout
    multiple_of: int = 64
    """Of the length of a row; the padding that this takes is an example of its own, which carries no loss."""
    alike: int | None = None
    """Examples that every row has, empty ones if need be. Then the number of its labels is a multiple, too, so that few
    shapes occur: ``label_columns`` are filled up with -1, the column before the first token, which is no label."""

    def __call__(self, batch: Sequence[Mapping[str, Array]]) -> dict[str, Any]:
        """One row of ids, labels and positions, ``packing`` and ``label_columns``."""
        ids = [as_tensor(example["input_ids"]) for example in batch]
        labels = [as_tensor(example["labels"]) for example in batch]
        for each in labels:
            each[:1] = HIDDEN  # no position of its own example foretells it
        rest = -sum(len(each) for each in ids) % self.multiple_of
        fillers = [rest] if rest or self.alike else []
        fillers += [0] * ((self.alike or 0) - len(batch))
        ids += [torch.full((length,), self.pad) for length in fillers]
        labels += [torch.full((length,), HIDDEN) for length in fillers]
        row = torch.cat(labels)[None]
        columns = columns_before_labels(row)
        if self.alike:
            columns = torch.nn.functional.pad(columns, (0, -len(columns) % self.multiple_of), value=-1)
        return {
            "input_ids": torch.cat(ids)[None],
            "labels": row,
            "label_columns": columns,
            **self._laid_out(ids, fillers=len(fillers)),
        }

    def _laid_out(self, ids: Sequence[Tensor], *, fillers: int) -> dict[str, Any]:
        """Positions of each example as in a row of its own."""
        lengths = torch.tensor([len(each) for each in ids])
        rows = padded(ids, int(lengths.max()), self.pad)
        filled = torch.arange(rows.shape[1]) < lengths[:, None]
        places = dict(self.layout(rows))
        contexts = places.pop("context_lengths", torch.zeros(len(ids))).to(torch.int32)
        contexts[len(ids) - fillers :] = 0
        ends = lengths.cumsum(0).to(torch.int32)
        segments = torch.arange(len(ids)).repeat_interleave(lengths)
        packing: Packing = {
            "starts": torch.nn.functional.pad(ends, (1, 0)),
            "contexts": contexts,
            "segments": segments,
            "longest": self._longest(int(lengths.max())),
        }
        return {"packing": packing, **{name: _in_a_row(each, filled) for name, each in places.items()}}

    def _longest(self, length: int) -> int:
        """Where rows are to be alike, a bound of few values."""
        return 1 << (length - 1).bit_length() if self.alike else length


def _in_a_row(places: Tensor, filled: Tensor) -> Tensor:
    """(examples, …, length) -> (1, …, tokens)."""
    return places.movedim(-1, 1)[filled].movedim(0, -1)[None]
