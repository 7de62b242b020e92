"""The second pass: parts and fates become the files of the dataset folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from pipeline.card import card
from pipeline.engine.local import read_ahead
from pipeline.funnel import Funnel
from pipeline.ledger import settled_records
from pipeline.readers.chunk import OFFSET, ROW
from pipeline.settle import FATE, REJECTING
from pipeline.spool import Spool
from schemas.dataset import CARD, DUPLICATES, MANIFEST, ORIGINS, REJECTED, SPLITS
from schemas.records import HISTORY, Shape, on_disk


def write_splits(folder: Path, spool: Spool, keys: pl.DataFrame, files: pl.Series, shape: Shape) -> None:
    """Write every record to the file of its fate, in source order.

    ``keys`` has the columns ``part``, ``file`` (index into ``files``), ``fate`` and ``kept``.
    """
    names = [*(f"{split}.json" for split in SPLITS), DUPLICATES]
    streams = {name: (folder / name).open("wb") for name in names}
    with (folder / REJECTED).open("ab") as ledger:
        for part, fates in read_ahead(_parts_with_fates(spool, keys)):
            frame = pl.concat((part, fates), how="horizontal")
            for split in SPLITS:
                _write(on_disk(frame.filter(pl.col(FATE) == split), shape), streams[f"{split}.json"])
            _write(_duplicates(frame, keys, files), streams[DUPLICATES])
            _write(_late_rejects(frame, files), ledger)
    for stream in streams.values():
        stream.close()


def write_origins(folder: Path, keys: pl.DataFrame) -> None:
    """Keep the place of every record, so that each line of the dataset can be followed to its source."""
    kept = keys.filter(pl.col(FATE).is_in(SPLITS))
    kept.select(split=FATE, file="file", row=ROW, offset=OFFSET, record="record").write_parquet(folder / ORIGINS)


def _parts_with_fates(spool: Spool, keys: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    position = 0
    for part in spool.parts():
        whole = part if "history" in part.columns else part.with_columns(history=pl.lit([], dtype=HISTORY))
        yield whole, keys.slice(position, part.height).select("file", FATE, "kept")
        position += part.height


def _write(frame: pl.DataFrame, stream: BinaryIO) -> None:
    if frame.height:
        frame.write_ndjson(stream)


def _duplicates(frame: pl.DataFrame, keys: pl.DataFrame, files: pl.Series) -> pl.DataFrame:
    lost = frame.filter(pl.col(FATE) == "duplicate")
    kept = keys.select("file", ROW, OFFSET, "record")[lost["kept"].to_list()] if lost.height else keys.clear()
    return lost.select(
        file=files.gather(lost["file"]),
        row=ROW,
        offset=OFFSET,
        record="record",
        prompt="prompt",
        kept=pl.struct(file=files.gather(kept["file"]), row=kept[ROW], offset=kept[OFFSET], record=kept["record"]),
    )


def _late_rejects(frame: pl.DataFrame, files: pl.Series) -> pl.DataFrame:
    lost = frame.filter(pl.col(FATE).is_in(REJECTING))
    if lost.is_empty():
        return lost
    named = lost.with_columns(
        reason=pl.col(FATE).cast(pl.String), detail=pl.lit(None, dtype=pl.String), file_name=files.gather(lost["file"])
    )
    return settled_records(named, pl.col("file_name")) if named.height else named


def write_card_and_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """The manifest is the last file: its presence means that the folder is complete."""
    (folder / CARD).write_text(card(manifest), encoding="utf-8")
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def lengths(keys: pl.DataFrame) -> dict[str, Any]:
    """Characters of both sides and turns of the history, over all records that were kept."""
    kept = keys.filter(pl.col(FATE).is_in(SPLITS))
    names = {"content": "prompt_chars", "summary": "response_chars", "history_turns": "turns"}
    return {name: _summary(kept[column]) for name, column in names.items()} if kept.height else {}


def _summary(values: pl.Series) -> dict[str, float]:
    shares = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
    ordered = values.sort()
    at = {name: int(ordered[max(-(-int(share * 100) * len(ordered) // 100) - 1, 0)]) for name, share in shares.items()}
    return {"min": int(ordered[0]), **at, "max": int(ordered[-1]), "mean": round(float(values.mean()), 2)}  # type: ignore[arg-type]


def count_fates(keys: pl.DataFrame, funnel: Funnel) -> None:
    """Add what ``settle`` decided to the funnel."""
    for fate, count in keys[FATE].cast(pl.String).value_counts().iter_rows():
        if fate in SPLITS:
            funnel.splits[fate] += count
        elif fate == "duplicate":
            funnel.duplicates += count
        elif fate == "not_sampled":
            funnel.not_sampled += count
        else:
            funnel.rejected_records[fate] += count
