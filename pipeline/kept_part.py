"""What the second pass needs of a part: a frame that is still in memory, or the Arrow file that it was written to."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa

from schemas.places import OFFSET, ROW
from schemas.records import has_history

KeptPart = Path | pl.DataFrame
_SIDES = ("prompt", "response", "history")
_TEXTS = (*_SIDES, ROW, OFFSET, "record", "raw")


def part_of(records: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Texts and keys; the history only where there is one."""
    texts = _only(records, _TEXTS)
    texts = texts if has_history(records) else texts.drop("history")
    return texts.hstack(keys.drop(_TEXTS, strict=False))


def read_part(part: KeptPart) -> pl.DataFrame:
    """The texts of a part; those of a file are mapped into memory."""
    return _only(_whole(part), _TEXTS)


def keys_of_part(part: KeptPart) -> pl.DataFrame:
    """What is remembered of the records of a part."""
    return _whole(part).drop(*_SIDES, "raw", strict=False)


def _only(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    return frame.select(name for name in names if name in frame.columns)


def _whole(part: KeptPart) -> pl.DataFrame:
    if isinstance(part, pl.DataFrame):
        return part
    with pa.memory_map(str(part)) as mapped:
        return pl.DataFrame(pl.from_arrow(pa.ipc.open_file(mapped).read_all()))
