"""The files of a mixture: the same ones that ``prep convert`` writes."""

import io
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from pipeline.fates import FATE
from pipeline.mixing.lines import PLACE, blocks
from pipeline.mixing.portions import Portion
from schemas.dataset import DUPLICATES, ORIGINS, REJECTED, SPLITS
from schemas.reasons import REASONS
from schemas.records import Shape, on_disk


def write_mixture(
    folder: Path, portions: Sequence[Portion], lines: pl.DataFrame, files: pl.DataFrame, shape: Shape
) -> None:
    """Each record to the file of its fate, in the order of the datasets; ``files``: ``name`` and ``converter``."""
    names = [*(f"{split}.json" for split in SPLITS), DUPLICATES, REJECTED]
    start = 0
    with ExitStack() as opened:
        streams = {name: opened.enter_context((folder / name).open("ab")) for name in names}
        for _, _, block in blocks(portions):
            fates = lines.slice(start, block.height)
            start += block.height
            for name, part in _parts(block.hstack(fates.select(FATE, "kept", *PLACE)), lines, files, shape).items():
                if part.height:
                    streams[name].write(_ndjson(part))


def write_mixed_origins(folder: Path, lines: pl.DataFrame) -> None:
    """Beside the place in the source, the dataset (its number) and the line there that a record was taken from."""
    kept = lines.filter(pl.col(FATE).is_in(SPLITS))
    kept.select("split", *PLACE, "dataset", line="number").write_parquet(folder / ORIGINS)


def _parts(frame: pl.DataFrame, lines: pl.DataFrame, files: pl.DataFrame, shape: Shape) -> Mapping[str, pl.DataFrame]:
    found = {f"{split}.json": on_disk(frame.filter(pl.col(FATE) == split), shape) for split in SPLITS}
    found[DUPLICATES] = _duplicates(frame.filter(pl.col(FATE) == "duplicate"), lines, files["name"])
    found[REJECTED] = _leaks(frame.filter(pl.col(FATE) == "leak"), files)
    return found


def _duplicates(lost: pl.DataFrame, lines: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    kept = lines.select(PLACE)[lost["kept"].to_list()] if lost.height else lines.select(PLACE).clear()
    of = kept.with_columns(file=names.gather(kept["file"]))
    return lost.select(names.gather(lost["file"]).alias("file"), *PLACE[1:], "prompt", of.to_struct("kept"))


def _leaks(lost: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """As the ledger of a conversion, with the record itself as its text: its source row may have made others too."""
    sources = files[lost["file"].to_list()] if lost.height else files.clear()
    return lost.select(
        sources["name"].alias("file"),
        sources["converter"],
        *PLACE[1:],
        stage=pl.lit(REASONS["leak"].stage),
        reason=pl.lit("leak"),
        detail=pl.lit(None, dtype=pl.String),
        raw=pl.struct("prompt", "response", "history").struct.json_encode(),
    )


def _ndjson(frame: pl.DataFrame) -> memoryview:
    buffer = io.BytesIO()
    frame.write_ndjson(buffer)
    return buffer.getbuffer()
