"""Examples: records as token ids, with the labels that the loss sees."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.errors import OptionError
from schemas.statistics import TruncationLosses
from train.prompts import Turns

HIDDEN = -100
"""Label of a position that carries no loss."""

SLICE = 8192
"""Records that are encoded at once."""

Ids = list[int]
Array = npt.NDArray[np.int32]
Loss = Literal["last", "all"]
"""Which answers of a dialogue carry loss."""


class Dialogue(NamedTuple):
    """Everything that stands before an answer."""

    question: str
    history: Turns = ()
    prefix: str = ""
    """The official ``--source_prefix``: before the prompt as a whole, rounds included."""


class Example(NamedTuple):
    input_ids: Ids
    labels: Ids
    answer_start: int
    """Position of the answer's first token; whatever stands before it is given, not learnt."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Examples of any length, end to end in flat arrays; a map-style dataset for a torch loader."""

    input_ids: Array
    labels: Array
    ends: npt.NDArray[np.int64]
    """Where each example ends in the flat arrays."""
    answer_starts: Array
    """Counted from the start of each example."""

    @classmethod
    def of(cls, rows: Sequence[Example]) -> "Examples":
        lengths = np.fromiter((len(row.input_ids) for row in rows), dtype=np.int64, count=len(rows))
        total = int(lengths.sum())
        return cls(
            input_ids=np.fromiter(chain.from_iterable(row.input_ids for row in rows), dtype=np.int32, count=total),
            labels=np.fromiter(chain.from_iterable(row.labels for row in rows), dtype=np.int32, count=total),
            ends=np.cumsum(lengths),
            answer_starts=np.fromiter((row.answer_start for row in rows), dtype=np.int32, count=len(rows)),
        )

    @classmethod
    def joined(cls, parts: Sequence["Examples"]) -> "Examples":
        offsets = np.cumsum([0, *(len(part.input_ids) for part in parts)])
        return cls(
            input_ids=np.concatenate([part.input_ids for part in parts]),
            labels=np.concatenate([part.labels for part in parts]),
            ends=np.concatenate([part.ends + offset for part, offset in zip(parts, offsets[:-1], strict=True)]),
            answer_starts=np.concatenate([part.answer_starts for part in parts]),
        )

    def chosen(self, rows: npt.NDArray[np.bool_]) -> "Examples":
        """Those of the examples for which ``rows`` is true, in their order."""
        places = np.repeat(rows, self.lengths)
        return Examples(
            input_ids=self.input_ids[places],
            labels=self.labels[places],
            ends=np.cumsum(self.lengths[rows]),
            answer_starts=self.answer_starts[rows],
        )

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        return np.diff(self.ends, prepend=0)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: int) -> Mapping[str, Array]:
        if not 0 <= row < len(self):
            raise IndexError(row)
        part = slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))
        return {"input_ids": self.input_ids[part], "labels": self.labels[part]}

    def __iter__(self) -> Iterator[Mapping[str, Array]]:
        return (self[row] for row in range(len(self)))

    def labels_seen(self) -> npt.NDArray[np.int64]:
        """Of each example, how many labels carry loss. Its first label never does: no position foretells it."""
        seen = self.labels != HIDDEN
        seen[(self.ends - self.lengths)[self.lengths > 0]] = False
        totals = np.concatenate([[0], np.cumsum(seen)])
        return np.asarray(totals[self.ends] - totals[self.ends - self.lengths], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A split, ready for training, and what the limits cut off it."""

    examples: Examples
    losses: TruncationLosses
    empty: int = 0
    """Records without a prompt or without an answer, left out."""

    @classmethod
    def joined(cls, parts: Sequence["Encoded"]) -> "Encoded":
        return cls(
            examples=Examples.joined([part.examples for part in parts]),
            losses=summed([part.losses for part in parts]),
            empty=sum(part.empty for part in parts),
        )

    @property
    def without_labels(self) -> int:
        """Examples that teach nothing."""
        return int((self.examples.labels_seen() == 0).sum())


def summed(parts: Sequence[TruncationLosses]) -> TruncationLosses:
    """Losses of several parts at the same limits."""
    counts = [field.name for field in fields(TruncationLosses) if field.name != "limits"]
    return replace(parts[0], **{name: sum(getattr(part, name) for part in parts) for name in counts})


def slices(records: pl.DataFrame) -> list[pl.DataFrame]:
    """Parts of which the Python lists of ids fit into memory; at least one."""
    return list(records.iter_slices(SLICE)) or [records]


def require_labels(encoded: Encoded) -> None:
    """Raise OptionError where no example carries any loss: training would show a loss of 0 or NaN."""
    if encoded.without_labels == len(encoded.examples):
        limits = encoded.losses.limits
        raise OptionError(
            f"every label of {len(encoded.examples)} examples is hidden: there is no answer to learn; expected at "
            f"least one answer within max_source_length {limits.source} and max_target_length {limits.target}; "
            "look at the records and raise the limits"
        )
