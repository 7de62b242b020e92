"""Lengths of a split's records, counted by value as the blocks go by: exact percentiles without keeping a text."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil

import polars as pl

from pipeline.stats.tally import Tally
from schemas.limits import TokenCounter, Unit
from schemas.records import Shape
from schemas.statistics import PERCENTILES, Distribution, LengthUnit, Text
from schemas.words import count_words

Measure = Callable[[pl.Series], pl.Series]
"""Texts to their lengths in one unit."""
Measures = dict[Unit, tuple[Measure, Measure]]
"""For each unit: how contents and summaries are measured; how earlier turns are, whose words are no new occurrences."""
Counts = dict[tuple[Text, LengthUnit], Counter[int]]

_REMEMBERED_TEXTS = 1 << 18


def in_chars(texts: pl.Series) -> pl.Series:
    return texts.str.len_chars()


def in_words(texts: pl.Series) -> pl.Series:
    return pl.Series(count_words(texts.to_list()), dtype=pl.UInt32)


def in_tokens(counter: TokenCounter) -> Measure:
    """Remembers lengths: a dialogue repeats its history in every record, and the audit asks for the texts again."""
    known: dict[str, int] = {}

    def lengths(texts: pl.Series) -> pl.Series:
        if len(known) > _REMEMBERED_TEXTS:
            known.clear()
        missing = [text for text in texts.unique(maintain_order=True) if text not in known]
        known.update(zip(missing, counter.count(missing), strict=True))
        return pl.Series([known[text] for text in texts], dtype=pl.UInt32)

    return lengths


def tallied_words(tally: Tally) -> Measure:
    """Lengths in words; ``tally`` remembers how often each word occurs."""

    def lengths(texts: pl.Series) -> pl.Series:
        return pl.Series(tally.add(texts), dtype=pl.UInt32)

    return lengths


def add_lengths(counts: Counts, records: pl.DataFrame, shape: Shape, measures: Measures) -> None:
    """Count the lengths of these records in every unit, and the earlier turns of dialogues."""
    for unit, (measure, measure_history) in measures.items():
        _add(counts, "content", unit, measure(records["prompt"]))
        _add(counts, "summary", unit, measure(records["response"]))
        if shape == "chat":
            _add(counts, "history", unit, history_lengths(records["history"], measure_history))
    if shape == "chat":
        _add(counts, "turns", "turns", records["history"].list.len())


def history_lengths(history: pl.Series, measure: Measure) -> pl.Series:
    """The length of all texts of each history together; a text that occurs twice is measured once."""
    texts = history.to_frame("text").with_row_index("row").explode("text").explode("text").drop_nulls("text")
    unique = texts["text"].unique()
    lengths = pl.DataFrame({"text": unique, "length": measure(unique).cast(pl.UInt32)})
    summed = texts.join(lengths, on="text").group_by("row").agg(pl.col("length").sum())
    rows = pl.DataFrame({"row": pl.int_range(len(history), dtype=pl.get_index_type(), eager=True)})
    return rows.join(summed, on="row", how="left", maintain_order="left")["length"].fill_null(0)


def distributions(counts: Mapping[tuple[Text, LengthUnit], Mapping[int, int]]) -> tuple[Distribution, ...]:
    return tuple(distribution(text, unit, lengths) for (text, unit), lengths in counts.items() if lengths)


def distribution(text: Text, unit: LengthUnit, counts: Mapping[int, int]) -> Distribution:
    ordered = dict(sorted(counts.items()))
    total = sum(ordered.values())
    values = percentiles(ordered, PERCENTILES)
    return Distribution(
        text=text,
        unit=unit,
        count=total,
        minimum=min(ordered),
        maximum=max(ordered),
        mean=sum(length * number for length, number in ordered.items()) / total,
        counts=ordered,
        **{f"p{percent}": value for percent, value in zip(PERCENTILES, values, strict=True)},
    )


def percentiles(ordered: Mapping[int, int], percents: Sequence[int]) -> list[int]:
    """For each per cent (ascending) the smallest value that at least so many of the counted do not exceed."""
    total = sum(ordered.values())
    found: list[int] = []
    seen = 0
    for value, number in ordered.items():
        seen += number
        while len(found) < len(percents) and seen >= max(1, ceil(percents[len(found)] * total / 100)):
            found.append(value)
    return found


def merged(parts: Iterable[Distribution]) -> Distribution:
    """One distribution over several splits."""
    parts = list(parts)
    counts: Counter[int] = Counter()
    for part in parts:
        counts.update(part.counts)
    return distribution(parts[0].text, parts[0].unit, counts)


def _add(counts: Counts, text: Text, unit: LengthUnit, lengths: pl.Series) -> None:
    table = lengths.alias("length").value_counts(name="number")
    counts.setdefault((text, unit), Counter()).update(dict(table.select("length", "number").iter_rows()))
