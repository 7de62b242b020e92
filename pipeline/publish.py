"""The second pass: parts and fates become the files of the dataset folder."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.card import card
from pipeline.engine.local import in_order
from pipeline.fates import DUPLICATE, FATE, REJECTING
from pipeline.funnel import Funnel
from pipeline.ledger import settled_records
from pipeline.readers.chunk import OFFSET, ROW
from pipeline.spool import Spool
from pipeline.written import LineFiles
from schemas.dataset import CARD, DUPLICATES, MANIFEST, ORIGINS, REJECTED, SPLITS
from schemas.records import HISTORY, Shape, on_disk

LENGTH_NAMES = {"content": "prompt_chars", "summary": "response_chars", "history_turns": "turns"}
SHARES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}


def write_splits(
    folder: Path, spool: Spool, keys: pl.DataFrame, tables: pl.DataFrame, shape: Shape
) -> Mapping[str, str]:
    """Write every record to the file of its fate, in source order; gives the hashes of the files.

    ``keys``: columns ``file`` (line of ``tables``), ``fate``, ``kept``; ``tables``: columns ``file``, ``converter``.
    """
    work = partial(lines_of, keys=keys, tables=tables, shape=shape)
    with LineFiles(folder, (*(f"{split}.json" for split in SPLITS), DUPLICATES, REJECTED)) as files:
        for frames in in_order(work, _parts_with_fates(spool, keys)):
            for name, lines in frames.items():
                files.add(name, lines)
    return files.hashes


def lines_of(frame: pl.DataFrame, keys: pl.DataFrame, tables: pl.DataFrame, shape: Shape) -> dict[str, pl.DataFrame]:
    """The lines of one part for each of the files; ``keys`` as far as ``kept`` points at them."""
    frames = {f"{split}.json": on_disk(frame.filter(pl.col(FATE) == split), shape) for split in SPLITS}
    frames[DUPLICATES] = _duplicates(frame, keys, tables["file"])
    frames[REJECTED] = _late_rejects(frame, tables)
    return {name: lines for name, lines in frames.items() if lines.height}


def write_origins(folder: Path, keys: pl.DataFrame) -> None:
    """Keep the place of every record, so that each line of the dataset can be followed to its source."""
    kept = keys.filter(pl.col(FATE).is_in(SPLITS))
    places = kept.select(split=FATE, file="file", row=ROW, offset=OFFSET, record="record")
    places.rechunk().write_parquet(folder / ORIGINS)  # or the parts that were read in would show in its bytes


def _parts_with_fates(spool: Spool, keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    position = keys.height - spool.records()  # those of a dataset that grows stand in front
    names = [name for name in ("file", FATE, "kept", "similarity", "detail") if name in keys.columns]
    for part in spool.parts():
        whole = part if "history" in part.columns else part.with_columns(history=pl.lit([], dtype=HISTORY))
        fates = keys.slice(position, part.height).select(names)
        yield pl.concat((whole, fates), how="horizontal")
        position += part.height


def _duplicates(frame: pl.DataFrame, keys: pl.DataFrame, files: pl.Series) -> pl.DataFrame:
    lost, is_leak = frame.filter(pl.col(FATE).is_in(DUPLICATE)), pl.col(FATE) == "leak"
    kept = keys.select("file", ROW, OFFSET, "record")[lost["kept"].to_list()] if lost.height else keys.clear()
    return lost.select(
        file=files.gather(lost["file"]),
        row=ROW,
        offset=OFFSET,
        record="record",
        prompt="prompt",
        kept=pl.struct(file=files.gather(kept["file"]), row=kept[ROW], offset=kept[OFFSET], record=kept["record"]),
        **({"similarity": pl.col("similarity")} if "similarity" in lost.columns else {}),
        **({"reason": pl.when(is_leak).then(pl.lit("leak"))} if lost.select(is_leak.any()).item() else {}),
    )


def _late_rejects(frame: pl.DataFrame, tables: pl.DataFrame) -> pl.DataFrame:
    lost = frame.filter(pl.col(FATE).is_in(REJECTING))
    if lost.is_empty():
        return lost
    reasoned = lost.with_columns(reason=pl.col(FATE).cast(pl.String))
    if "detail" not in lost.columns:
        reasoned = reasoned.with_columns(detail=pl.lit(None, dtype=pl.String))
    return settled_records(reasoned, tables[lost["file"]])


def write_card_and_manifest(folder: Path, manifest: dict[str, Any], *, in_parts: bool = False) -> None:
    """The manifest is the last file: its presence means that the folder is complete."""
    (folder / CARD).write_text(card(manifest, in_parts=in_parts), encoding="utf-8")
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def lengths(keys: pl.DataFrame) -> dict[str, Any]:
    """Characters of both sides and turns of the history, over all records that were kept."""
    kept = keys.filter(pl.col(FATE).is_in(SPLITS))
    return {name: _summary(kept[column]) for name, column in LENGTH_NAMES.items()} if kept.height else {}


def _summary(values: pl.Series) -> dict[str, float]:
    ordered = values.sort()
    at = {name: int(ordered[max(-(-int(share * 100) * len(ordered) // 100) - 1, 0)]) for name, share in SHARES.items()}
    return {"min": int(ordered[0]), **at, "max": int(ordered[-1]), "mean": round(float(values.mean()), 2)}  # type: ignore[arg-type]


def count_fates(keys: pl.DataFrame, funnel: Funnel) -> None:
    """Add what ``settle`` decided to the funnel."""
    for fate, count in keys.group_by(FATE).len().iter_rows():
        if fate in SPLITS:
            funnel.splits[fate] += count
        elif fate in DUPLICATE:
            funnel.duplicates += count
        elif fate == "not_sampled":
            funnel.not_sampled += count
        else:
            funnel.rejected_records[fate] += count
