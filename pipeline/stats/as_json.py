"""Statistics as one JSON value: the dataclasses, with a histogram of few bars for the counts of every length."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipeline.stats.histogram import bars
from schemas.statistics import DatasetStatistics, Distribution

_BARS = 40


def as_json(datasets: Sequence[DatasetStatistics]) -> dict[str, Any]:
    """``histogram`` holds ``[shortest, longest, records]`` for every bar, both ends included."""
    return {"datasets": [_dataset(dataset) for dataset in datasets]}


def _dataset(dataset: DatasetStatistics) -> dict[str, Any]:
    value = asdict(dataset) | {"records": dataset.records}
    for split, shown in zip(dataset.splits, value["splits"], strict=True):
        shown["lengths"] = [_lengths(lengths) for lengths in split.lengths]
    return value


def _lengths(lengths: Distribution) -> dict[str, Any]:
    value = asdict(lengths)
    del value["counts"]
    return value | {"histogram": [[bar.low, bar.high, bar.records] for bar in bars(lengths, _BARS)]}
