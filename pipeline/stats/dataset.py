"""Everything about one dataset in one pass over its files, block by block."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import polars as pl

from pipeline.engine.local import in_order
from pipeline.stats.audit import DEFAULT_LIMITS, official_truncation, summed
from pipeline.stats.lengths import (
    Counts,
    Measures,
    add_lengths,
    distributions,
    in_chars,
    in_tokens,
    in_words,
    tallied_words,
)
from pipeline.stats.reading import find_shape, read_records
from pipeline.stats.tally import Tally, tallying
from pipeline.stats.vocabulary import vocabulary
from schemas.errors import DatasetError, FormatError, OptionError
from schemas.limits import TokenCounter, Unit
from schemas.parts import split_file
from schemas.records import Shape
from schemas.statistics import DatasetStatistics, SequenceLimits, SplitStatistics, TruncationLosses, TruncationRule

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class _Measured:
    """One block of a split."""

    split: str
    records: int
    counts: Counts
    losses: Sequence[TruncationLosses]


def dataset_statistics(
    path: Path | str,
    *,
    units: Sequence[Unit] = ("chars", "words"),
    counter: TokenCounter | None = None,
    rule: TruncationRule | None = None,
    limits: Sequence[SequenceLimits] = DEFAULT_LIMITS,
    top: int = 30,
) -> DatasetStatistics:
    """Lengths, losses by truncation and words of a dataset folder or of a file of records in either shape.

    ``rule`` is the official one by default, in tokens of ``counter`` or in characters. Raises PrepError.
    """
    path = Path(path)
    files = split_files(path)
    shape = _common_shape(path, files)
    rule = rule or official_truncation(counter)
    size = sum(file.stat().st_size for file in files.values()) if "words" in units else 0
    with tallying(size) as tally:
        measures = _measures(units, counter, tally)
        measured = partial(_measured, shape=shape, measures=measures, rule=rule, limits=limits)
        each = in_order if counter is None else map  # tokenizers are not made for several threads
        splits = _splits(files, each(measured, _blocks(files, shape)))
    return DatasetStatistics(
        name=path.resolve().name,
        path=str(path),
        shape=shape,
        splits=tuple(splits),
        truncation_rule=rule.name,
        vocabulary=vocabulary(tally.frequencies, top) if "words" in units else None,
    )


def split_files(path: Path) -> dict[str, Path]:
    """The files of a dataset folder by split, or the file itself under its own name."""
    if not path.exists():
        raise DatasetError(f"{path}: no such dataset; expected a folder with {_file_names()}, or a file of records")
    if not path.is_dir():
        return {path.name: path}
    files = {name: file for name in SPLITS if (file := split_file(path, name)).is_file()}
    if not files:
        found = ", ".join(sorted(entry.name for entry in path.iterdir())[:5]) or "nothing"
        raise DatasetError(f"{path}: no dataset: found {found}; expected {_file_names()}")
    return files


def _file_names() -> str:
    return ", ".join(f"{name}.json" for name in SPLITS)


def _common_shape(path: Path, files: dict[str, Path]) -> Shape:
    shapes = {file: shape for file in files.values() if (shape := find_shape(file))}
    if not shapes:
        raise DatasetError(f"{path}: no record in {', '.join(file.name for file in files.values())}; nothing to count")
    (first, shape), *others = shapes.items()
    for file, other in others:
        if other != shape:
            raise FormatError(f"{file}: {other} records beside {shape} records in {first.name}; expected one shape")
    return shape


def _measures(units: Sequence[Unit], counter: TokenCounter | None, tally: Tally) -> Measures:
    measures: Measures = {}
    for unit in units:
        if unit == "chars":
            measures[unit] = (in_chars, in_chars)
        elif unit == "words":
            measures[unit] = (tallied_words(tally), in_words)
        elif counter is None:
            raise OptionError("lengths in tokens need a tokenizer: add --tokenizer PATH")
        else:
            measures[unit] = (in_tokens(counter),) * 2
    return measures


def _blocks(files: dict[str, Path], shape: Shape) -> Iterator[tuple[str, pl.DataFrame]]:
    """Split and records."""
    for name, file in files.items():
        for block in read_records(file, shape):
            yield name, block


def _measured(
    block: tuple[str, pl.DataFrame],
    shape: Shape,
    measures: Measures,
    rule: TruncationRule,
    limits: Sequence[SequenceLimits],
) -> _Measured:
    split, records = block
    counts: Counts = {}
    add_lengths(counts, records, shape, measures)
    return _Measured(split, records.height, counts, rule.losses(records, shape, limits))


def _splits(names: Iterable[str], blocks: Iterable[_Measured]) -> Sequence[SplitStatistics]:
    """``blocks`` are those of one split after those of another; a split may have none."""
    found = {name: _split(name, its) for name, its in groupby(blocks, attrgetter("split"))}
    return [found.get(name) or _split(name, ()) for name in names]


def _split(name: str, blocks: Iterable[_Measured]) -> SplitStatistics:
    records, losses = 0, []
    counts: Counts = {}
    for block in blocks:
        records += block.records
        losses.append(block.losses)
        for key, lengths in block.counts.items():
            counts.setdefault(key, Counter()).update(lengths)
    return SplitStatistics(name=name, records=records, lengths=distributions(counts), truncation=summed(losses))
