"""Statistics as text for a terminal: tables and bars, aligned by columns although a Chinese character takes two."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from pipeline.stats.histogram import bars, needs_log_scale
from pipeline.stats.lengths import merged
from schemas.statistics import DatasetStatistics, Distribution, TruncationLosses

Paint = Callable[[str], str]
"""Makes a heading stand out; does nothing where there is no colour."""

_HEAD = ("dataset", "split", "text", "unit", "count", "min", "p5", "p25", "p50", "p75", "p95", "p99", "max", "mean")
_AUDIT_HEAD = (
    "dataset",
    "split",
    "source/target",
    "records",
    "answer cut",
    "question cut",
    "question gone",
    "turns cut",
)
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"
_SPARKS = 12
_BARS = 16


def report(datasets: Sequence[DatasetStatistics], width: int, paint: Paint = str) -> str:
    """All that is shown: lengths, losses, and for a single dataset its histograms; words where they were counted."""
    parts = [paint("Lengths"), _table((*_HEAD, "shape"), _length_rows(datasets), paint, left=4)]
    if len(datasets) == 1:
        parts += histograms(datasets[0], width, paint)
    parts += [paint("Truncation audit") + f": {datasets[0].truncation_rule}"]
    parts += [_table(_AUDIT_HEAD, _audit_rows(datasets), paint, left=3)]
    parts += [_words(dataset, width, paint) for dataset in datasets if dataset.vocabulary]
    return "\n\n".join(parts)


def histograms(dataset: DatasetStatistics, width: int, paint: Paint = str) -> list[str]:
    """One histogram for each text in the first unit that was asked for, all splits together."""
    unit = next((split.lengths[0].unit for split in dataset.splits if split.lengths), "chars")
    same: dict[str, list[Distribution]] = {}
    for split in dataset.splits:
        for lengths in split.lengths:
            if lengths.unit in (unit, "turns") and lengths.text != "history":
                same.setdefault(lengths.text, []).append(lengths)
    return [_histogram(merged(parts), width, paint) for parts in same.values()]


def display_width(text: str) -> int:
    """Columns on a terminal: Chinese characters are two wide, combining marks none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def pad(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - display_width(text))
    return text + space if left else space + text


def fit(text: str, width: int) -> str:
    """Cut to so many columns, with an ellipsis where something was cut."""
    if display_width(text) <= width:
        return text
    while display_width(text) > width - 1:
        text = text[:-1]
    return text + "…"


def _histogram(lengths: Distribution, width: int, paint: Paint) -> str:
    drawn = bars(lengths, _BARS)
    labels = [f"{bar.low}–{bar.high}" if bar.high > bar.low else str(bar.low) for bar in drawn]
    label_width, most = max(map(len, labels)), max(bar.records for bar in drawn)
    number_width = len(f"{most:,}")
    room = max(10, min(width, 100) - label_width - number_width - 3)
    scale = ", each bar wider than the one before" if needs_log_scale(lengths) else ""
    unit = "" if lengths.unit == "turns" else f" in {lengths.unit}"
    lines = [f"{paint(lengths.text + unit)}: {lengths.count:,} records{scale}"]
    for label, bar in zip(labels, drawn, strict=True):
        lines.append(f"{label:>{label_width}} {bar.records:>{number_width},} {_bar(bar.records / most, room)}".rstrip())
    return "\n".join(lines)


def _bar(share: float, room: int) -> str:
    eighths = max(round(share * room * 8), 1) if share else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _spark(lengths: Distribution) -> str:
    drawn = bars(lengths, _SPARKS)
    most = max(bar.records for bar in drawn)
    levels = (-(-bar.records * len(_LEVELS) // most) for bar in drawn)
    return "".join(_LEVELS[level - 1] if level else " " for level in levels)


def _length_rows(datasets: Iterable[DatasetStatistics]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    for dataset in datasets:
        for split in dataset.splits:
            if not split.lengths:
                rows.append((dataset.name, split.name, "", "", "0", *[""] * 10))
            rows += [(dataset.name, split.name, *_length_cells(lengths)) for lengths in split.lengths]
    return rows


def _length_cells(lengths: Distribution) -> list[str]:
    of = lengths
    numbers = (of.count, of.minimum, of.p5, of.p25, of.p50, of.p75, of.p95, of.p99, of.maximum)
    unit = "" if of.unit == "turns" else of.unit
    return [of.text, unit, *(f"{number:,}" for number in numbers), f"{of.mean:,.1f}", _spark(of)]


def _audit_rows(datasets: Iterable[DatasetStatistics]) -> list[Sequence[str]]:
    return [
        (dataset.name, split.name, *_audit_cells(losses, dataset))
        for dataset in datasets
        for split in dataset.splits
        for losses in split.truncation
    ]


def _audit_cells(losses: TruncationLosses, dataset: DatasetStatistics) -> list[str]:
    cells = [f"{losses.limits.source}/{losses.limits.target}", f"{losses.records:,}"]
    for lost in (losses.answers_cut, losses.questions_cut, losses.questions_gone, losses.turns_cut):
        cells.append(with_share(lost, losses.records))
    return cells if dataset.shape == "chat" else [*cells[:-1], ""]


def with_share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if part else "0"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint, *, left: int) -> str:
    """The first ``left`` columns and ``shape`` are aligned to the left; dataset and split stand where they change."""
    columns = [column for column in range(len(head)) if any(row[column] for row in rows)]
    widths = {column: max(display_width(row[column]) for row in [head, *rows]) for column in columns}

    def line(row: Sequence[str]) -> str:
        cells = (pad(row[column], widths[column], left=column < left or head[column] == "shape") for column in columns)
        return "  ".join(cells).rstrip()

    lines = [paint(line(head))]
    before: Sequence[str] = ("", "")
    for row in rows:
        shown = list(row)
        if row[0] == before[0]:
            shown[:2] = ["", "" if row[1] == before[1] else row[1]]
        lines.append(line(shown))
        before = row
    return "\n".join(lines)


def _words(dataset: DatasetStatistics, width: int, paint: Paint) -> str:
    words = dataset.vocabulary
    if words is None:
        return ""
    top = "  ".join(f"{word} {number:,}" for word, number in words.top.items())
    head = f"{paint('Words of ' + dataset.name)}: {words.size:,} different ones, {words.occurrences:,} in all"
    return head + (f"\n{fit(top, max(width, 40) * 2)}" if top else "")
