"""The files of the dataset that grows, as they begin in the grown one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from pipeline.append.base import Base
from pipeline.append.kept import ends_of_lines
from pipeline.append.state import LEFT_OUT, WITH_TEXTS
from pipeline.append.stay import LEAK
from pipeline.arrays import Numbers
from pipeline.card import card
from pipeline.fates import FATE, REJECTING
from pipeline.readers.chunk import OFFSET, ROW
from schemas.dataset import CARD, DUPLICATES, MANIFEST, ORIGINS, REJECTED, SPLITS, STATE
from schemas.records import Shape, on_disk

OLD_CARD = "README.before.md"
_OURS = {*(f"{split}.json" for split in SPLITS), REJECTED, DUPLICATES, ORIGINS, CARD, MANIFEST, STATE}
_BATCH = 20_000


def grow_ledger(folder: Path, base: Base) -> None:
    """Put the old ledger around the new one: what was rejected when all records were known stands behind."""
    old, ledger = base.folder / REJECTED, folder / REJECTED
    ends = ends_of_lines(old)
    late = int(base.fates.is_in(REJECTING).sum())
    whole = ledger.with_name(f"{REJECTED}.grown")
    with old.open("rb") as before, ledger.open("rb") as new, whole.open("wb") as sink:
        _copy(before, sink, int(ends[-1 - late]))
        shutil.copyfileobj(new, sink)
        shutil.copyfileobj(before, sink)
    whole.replace(ledger)


def begin_files(folder: Path, base: Base, keys: pl.DataFrame, names: pl.Series, shape: Shape) -> None:
    """Write what the dataset has already, as it is with the fates in ``keys``; ``names`` are those of the tables."""
    now = keys.head(len(base.fates))
    leaks = np.flatnonzero(((now[FATE] == LEAK) & (base.fates != LEAK)).to_numpy())
    for split in SPLITS:
        if shape == base.manifest["shape"] and (split != "train" or not len(leaks)):
            shutil.copyfile(base.folder / f"{split}.json", folder / f"{split}.json")
        else:
            _write(folder / f"{split}.json", base, np.flatnonzero((now[FATE] == split).to_numpy()), shape)
    shutil.copyfile(base.folder / DUPLICATES, folder / DUPLICATES)
    with (folder / DUPLICATES).open("ab") as stream:
        for batch in _batches(leaks):
            _leaks(base.records.rows(batch), keys, batch, names).write_ndjson(stream)
    if (base.folder / LEFT_OUT).exists():
        (folder / LEFT_OUT).parent.mkdir(exist_ok=True)
        if len(leaks):
            _write(folder / LEFT_OUT, base, np.flatnonzero(now[FATE].is_in(WITH_TEXTS).to_numpy()), "chat")
        else:
            shutil.copyfile(base.folder / LEFT_OUT, folder / LEFT_OUT)
    _carry(folder, base)


def _write(path: Path, base: Base, lines: Numbers, shape: Shape) -> None:
    with path.open("wb") as stream:
        for batch in _batches(lines):
            on_disk(base.records.rows(batch), shape).write_ndjson(stream)


def _batches(lines: Numbers) -> Iterator[Numbers]:
    for begin in range(0, len(lines), _BATCH):
        yield lines[begin : begin + _BATCH]


def _leaks(records: pl.DataFrame, keys: pl.DataFrame, lines: Numbers, names: pl.Series) -> pl.DataFrame:
    """Entries of ``duplicates.jsonl``: ``kept`` is a record of the cluster that is held out."""
    lost = keys[pl.Series(lines)]
    kept = keys.select("file", ROW, OFFSET, "record")[lost["kept"].to_list()]
    return lost.select(
        file=names.gather(lost["file"]),
        row=ROW,
        offset=OFFSET,
        record="record",
        prompt=records["prompt"],
        kept=pl.struct(file=names.gather(kept["file"]), row=kept[ROW], offset=kept[OFFSET], record=kept["record"]),
        **({"similarity": pl.lit(None, dtype=pl.Float64)} if "similarity" in lost.columns else {}),
        reason=pl.lit(LEAK),
    )


def _carry(folder: Path, base: Base) -> None:
    """What the user put into the folder stays there; a card that was edited stays beside the new one."""
    for path in base.folder.iterdir():
        if path.is_dir() and path.name not in _OURS:
            shutil.copytree(path, folder / path.name, symlinks=True)
        elif path.name not in _OURS:
            shutil.copy2(path, folder / path.name, follow_symlinks=False)
    written = base.folder / CARD
    if written.is_file() and written.read_text(encoding="utf-8") != card(dict(base.manifest)):
        shutil.copy2(written, folder / OLD_CARD)


def _copy(source: BinaryIO, sink: BinaryIO, size: int) -> None:
    while size and (block := source.read(min(size, 4 << 20))):
        sink.write(block)
        size -= len(block)
