"""A target: the format of one trainer, how a record is written in it, and what it cannot say."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from schemas.dataset import Split

HAS_HISTORY = pl.col("history").list.len() > 0
_MEDIA = r"<(?:image|video|audio)>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What a registration file has to know."""

    name: str
    place: Path
    """The folder of the export, as it was typed."""
    files: Mapping[Split, str]
    """Of the splits that hold a record; their names inside the folder."""
    records: Mapping[Split, int]
    is_chat: bool
    manifest: Mapping[str, Any]
    """Of the dataset."""
    license: str | None = None
    sources: Sequence[str] = ()

    def path(self, split: Split) -> str | None:
        """Where a split lies, seen from the folder in which the command was called."""
        return str(self.place / self.files[split]) if split in self.files else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """Something of a record that a format cannot say, or that its trainer takes for something else."""

    name: str
    counts: pl.Expr
    """Of canonical records: whether it concerns one."""
    says: str
    """What becomes of it, and what to do; follows a number of records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How a trainer wants its files."""

    name: str
    about: str
    container: Literal["lines", "array", "parquet"]
    suffix: str
    record: Callable[[bool], pl.Expr] | None = None
    """JSON text of a canonical record, given whether records may have a history; None for a file of columns."""
    register: Callable[[Exported], Mapping[str, str]] = field(default=lambda _: {})
    """Files beside those of the records: their names and texts."""
    use: Callable[[Exported], str]
    """The lines with which the trainer is told of the files."""
    unsaid: tuple[Unsaid, ...] = ()
    back: Callable[[bool], tuple[str, ...]]
    """Options with which ``prep convert`` reads the files again as the dataset that they were, given its shape."""


def every_answer(setting: str) -> Unsaid:
    """For trainers whose files cannot say which answers carry loss."""
    return Unsaid(
        name="earlier_answers",
        counts=HAS_HISTORY,
        says=f"with earlier turns, whose answers are trained on again: {setting}",
    )


MEDIA_TAGS = Unsaid(
    name="media_tags",
    counts=pl.any_horizontal(
        pl.col("prompt", "response").str.contains(_MEDIA),
        pl.col("history").list.eval(pl.element().list.join("").str.contains(_MEDIA)).list.any(),
    ),
    says="with <image>, <video> or <audio> in a text, which this trainer takes for a file that is not there",
)


def ndjson(frame: pl.DataFrame, terminator: str = "\n") -> memoryview:
    """Lines of JSON text as they stand in a file."""
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, quote_style="never", line_terminator=terminator)
    return buffer.getbuffer()
