"""Data sets of a hub (``hf::owner/name:config@split``) and local data set folders, read through ``datasets``.

The library itself heeds HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE. No code of a data set is ever run.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import polars as pl
import pyarrow as pa

from pipeline.readers.chunk import Chunk, Columns, ReadOptions, Table
from pipeline.sources.hub_columns import typed_chunk
from schemas.errors import SourceError
from schemas.places import OFFSET, PLACE, ROW

_PREFIX = "hf::"
_SPEC = re.compile(r"(?P<name>[^:@]+)(?::(?P<config>[^:@]+))?(?:@(?P<split>[^:@]+))?")
_CARD_WITH_FILES = re.compile(r"\A---\s*\n(?:(?!---).*\n)*?configs\s*:", re.MULTILINE)
_BATCH_ROWS = 5000


class _Data(Protocol):
    """One split, streaming or on disk, in Arrow format."""

    def iter(self, batch_size: int) -> Iterator[pa.Table]: ...


class _Spec(NamedTuple):
    text: str
    name: str
    config: str | None
    split: str | None


def is_hub(source: str) -> bool:
    """Whether ``datasets`` must read it: ``hf::…``, a folder that it saved, or one whose card names its files."""
    if source.startswith(_PREFIX):
        return True
    card = Path(source) / "README.md"
    if _is_saved(Path(source)):
        return True
    return card.is_file() and _CARD_WITH_FILES.match(card.read_text("utf-8", "replace")) is not None


def hub_tables(spec: str, options: ReadOptions) -> list[Table]:
    """A table for every split, or for the one that is named. Raises SourceError for what cannot be found or read."""
    parsed = _parse(spec)
    splits = _load(parsed)
    if parsed.split is not None:
        if parsed.split not in splits:
            raise SourceError(f"{spec}: no split {parsed.split!r}; choose one of: {', '.join(splits)}")
        splits = {parsed.split: splits[parsed.split]}
    if len(splits) == 1:
        return [_table(spec, data, options) for data in splits.values()]
    return [_table(f"{spec}@{split}", data, options) for split, data in splits.items()]


def _parse(spec: str) -> _Spec:
    if not spec.startswith(_PREFIX):
        return _Spec(spec, spec, None, None)
    match = _SPEC.fullmatch(spec.removeprefix(_PREFIX))
    if match is None:
        raise SourceError(f"{spec}: no name of a data set; expected hf::owner/name, hf::owner/name:config@split")
    return _Spec(spec, match["name"], match["config"], match["split"])


def _is_saved(path: Path) -> bool:
    return (path / "dataset_dict.json").is_file() or all(
        (path / n).is_file() for n in ("dataset_info.json", "state.json")
    )


def _load(spec: _Spec) -> Mapping[str, _Data]:
    import datasets

    datasets.logging.set_verbosity_error()  # what goes wrong is said once, in our words
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        if _is_saved(Path(spec.name)):
            loaded = datasets.load_from_disk(spec.name)
        else:
            loaded = datasets.load_dataset(spec.name, name=spec.config, streaming=True)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise SourceError(_not_found(spec, error, str(datasets.config.HF_ENDPOINT))) from None
    splits = loaded if isinstance(loaded, dict) else {str(loaded.split or "train"): loaded}
    return {str(name): data.with_format("arrow") for name, data in splits.items()}


def _not_found(spec: _Spec, error: Exception, endpoint: str) -> str:
    found = str(error).strip().partition("\n")[0] or type(error).__name__
    if Path(spec.name).exists() or "Available" in found:
        return f"{spec.text}: {found}"
    return (
        f"{spec.text}: not to be had from {endpoint}: {found}; check the name, set HF_ENDPOINT to a mirror, "
        "or HF_HUB_OFFLINE=1 to use what is in the cache"
    )


def _table(name: str, data: _Data, options: ReadOptions) -> Table:
    first = next(_frames(name, data, options.sample_rows), pl.DataFrame())
    return Table(
        name=name,
        reader="datasets",
        columns=tuple(first.columns),
        sample=first.to_dicts(),
        chunks=partial(_chunks, name, data),
    )


def _frames(name: str, data: _Data, rows: int) -> Iterator[pl.DataFrame]:
    try:
        for batch in data.iter(batch_size=rows):
            frame = pl.from_arrow(batch.replace_schema_metadata(None))
            if isinstance(frame, pl.DataFrame):
                yield frame
    except (OSError, ValueError, pa.ArrowException) as error:
        found = str(error).strip().partition("\n")[0]
        raise SourceError(f"{name}: cannot be read to its end: {found}") from None


def _chunks(name: str, data: _Data, columns: Columns | None) -> Iterator[Chunk]:
    rows = 0
    for frame in _frames(name, data, _BATCH_ROWS):
        offsets = pl.lit(None, dtype=PLACE[OFFSET]).alias(OFFSET)
        placed = frame.with_row_index(ROW, offset=rows + 1).select(
            pl.col(ROW).cast(PLACE[ROW]), offsets, pl.exclude(ROW)
        )
        rows += frame.height
        yield typed_chunk(placed, columns)
