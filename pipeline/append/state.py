"""What is kept beside a dataset so that it can grow, in ``.state``: hashes, place and fate of every record that passed
the rules, in source order, and the texts of those that near duplicates are looked for in but no split holds."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa

from pipeline.fates import FATE, FATES
from pipeline.kept_part import keys_of_part
from pipeline.near.banding import BANDS
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import OFFSET, ROW
from pipeline.spool import Spool
from pipeline.written import hash_of
from schemas.dataset import DUPLICATES, ORIGINS, REJECTED, SPLITS, STATE
from schemas.records import HISTORY, on_disk

KEYS = f"{STATE}/keys.arrow"
SIGNATURES = f"{STATE}/signatures.arrow"
"""Of near duplicates; no compression makes them smaller."""
LEFT_OUT = f"{STATE}/left_out.jsonl"
WITH_TEXTS = ("near_duplicate", "contaminated", "leak")
"""Fates of records that others are compared with although no split holds them."""
_FILES = (*(f"{split}.json" for split in SPLITS), REJECTED, DUPLICATES, ORIGINS, KEYS, SIGNATURES, LEFT_OUT)
_PLACED = (ROW, OFFSET, "record", "prompt_chars", "response_chars", "turns")
_BATCH = 1 << 16


def why_not(options: ConvertOptions) -> str:
    """Which option keeps a dataset from growing, and why; empty if none does."""
    if options.dev >= 1 or options.test >= 1:
        return "--dev and --test were counts: of more records others would be held out; use shares, such as 0.05"
    if options.stratify is not None:
        return "--stratify spreads the values over the splits anew when there are more of them"
    if options.split_by is not None:
        return "--split-by decides anew when there are newer records or other files"
    if options.sample is not None:
        return "--sample draws others from more records"
    return ""


def write_state(folder: Path, spool: Spool, keys: pl.DataFrame, before: Path | None) -> None:
    """Keep what must be known of the parts, behind that of the dataset ``before``; ``keys`` are those of all records,
    with their fates."""
    (folder / STATE).mkdir(exist_ok=True)
    _write(folder / KEYS, _keys(spool, keys, before), "zstd")
    if "similarity" in keys.columns:
        _write(folder / SIGNATURES, _signatures(spool, before), None)
        _add_left_out(folder, spool, keys)


def _write(path: Path, frames: Iterable[pl.DataFrame], compression: Literal["zstd"] | None) -> None:
    writer = None
    with path.open("wb") as sink:
        for table in _batches(frames):
            writer = writer or pa.ipc.new_file(
                sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)
            )
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _batches(frames: Iterable[pl.DataFrame]) -> Iterator[pa.Table]:
    """Of one length, whatever that of the parts is."""
    kept: list[pl.DataFrame] = []
    for frame in frames:
        kept.append(frame)
        while sum(each.height for each in kept) >= _BATCH:
            whole = pl.concat(kept)
            yield whole.head(_BATCH).to_arrow().combine_chunks()
            kept = [whole.slice(_BATCH)]
    if rest := [frame for frame in kept if frame.height]:
        yield pl.concat(rest).to_arrow().combine_chunks()


def _keys(spool: Spool, keys: pl.DataFrame, before: Path | None) -> Iterator[pl.DataFrame]:
    position = 0
    rank = pl.col("rank") if "rank" in keys.columns else None
    for frame in _frames(spool, before, KEYS):
        settled = keys.slice(position, frame.height).select("file", FATE)
        whole = frame.drop("file", FATE, BANDS, strict=False).hstack(settled)
        if rank is not None and "rank" not in whole.columns:
            whole = whole.with_columns(rank=pl.lit(None, dtype=pl.Int64))
        own = pl.when(pl.col("group_hash") != pl.col("prompt_hash")).then("group_hash").alias("group_hash")
        hashed = pl.col("prompt_hash"), pl.col("answer_hash"), own
        yield whole.select(*hashed, *_PLACED, "file", FATE, *([] if rank is None else [rank]))
        position += frame.height


def _signatures(spool: Spool, before: Path | None) -> Iterator[pl.DataFrame]:
    return (frame.select(BANDS) for frame in _frames(spool, before, SIGNATURES))


def _frames(spool: Spool, before: Path | None, name: str) -> Iterator[pl.DataFrame]:
    if before is not None:
        with pa.memory_map(str(before / name)) as mapped:
            reader = pa.ipc.open_file(mapped)
            for number in range(reader.num_record_batches):
                yield pl.DataFrame(pl.from_arrow(reader.get_batch(number)))
    for part in spool.kept():
        yield keys_of_part(part)


def _add_left_out(folder: Path, spool: Spool, keys: pl.DataFrame) -> None:
    position = keys.height - spool.records()
    with (folder / LEFT_OUT).open("ab") as stream:
        for part in spool.parts():
            lost = part.filter(keys[FATE].slice(position, part.height).is_in(WITH_TEXTS))
            whole = lost if "history" in lost.columns else lost.with_columns(history=pl.lit([], dtype=HISTORY))
            if whole.height:
                on_disk(whole, "chat").write_ndjson(stream)
            position += part.height


def read_keys(folder: Path) -> pl.DataFrame:
    """The keys of every record with its fate, as the first pass had them; signatures are mapped into memory."""
    keys = pl.read_ipc(folder / KEYS)
    keys = keys.with_columns(pl.col(FATE).cast(FATES), group_hash=pl.coalesce("group_hash", "prompt_hash"))
    if not (folder / SIGNATURES).exists():
        return keys
    with pa.memory_map(str(folder / SIGNATURES)) as mapped:
        return keys.hstack(pl.DataFrame(pl.from_arrow(pa.ipc.open_file(mapped).read_all())))


def hashes_of_files(folder: Path, known: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Name of each file that a dataset consists of -> what it is known by (xxHash3 of 128 bits)."""
    known = known or {}
    return {name: known.get(name) or hash_of(folder / name) for name in _FILES if (folder / name).is_file()}
