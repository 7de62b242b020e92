"""Which converters understand a table, judged by its columns and its first rows."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from converters.converter import Column, Converter

_BLANKS = re.compile(r"[\s\ufeff\u200b]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A converter that understands a table."""

    converter: Converter
    mapping: Mapping[str, str]
    """The converter's name of a column -> the source's name of it."""
    share: float
    """Share of the sampled rows that contain the hint; 1 for a converter without one."""

    @property
    def score(self) -> tuple[int, int, int, bool]:
        """The more columns are explained the better: required ones first, then optional ones, then by the content."""
        required = sum(column.required for name, column in self.converter.columns.items() if name in self.mapping)
        return required, len(self.mapping), self.converter.hints is not None, self.converter.verified

    @property
    def unverified(self) -> tuple[str, ...]:
        """Source columns that are known from documentation only."""
        columns = self.converter.columns
        return tuple(
            source
            for name, source in self.mapping.items()
            if normal(source) in {normal(alias) for alias in columns[name].unverified}
        )


def matches(
    columns: Sequence[str], sample: Sequence[Mapping[str, object]], converters: Iterable[Converter]
) -> list[Match]:
    """All converters that understand the table, the best first; those of equal score in the order given."""
    found = [match for converter in converters if (match := _match(columns, sample, converter)) is not None]
    return sorted(found, key=lambda match: match.score, reverse=True)


def normal(name: str) -> str:
    """A column name without what exports add to it: case, blanks, full-width brackets, a BOM."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def find_columns(columns: Sequence[str], wanted: Mapping[str, Column]) -> dict[str, str]:
    """For every wanted column the source column that bears one of its names, earlier aliases first."""
    present = {normal(column): column for column in reversed(columns)}
    mapping: dict[str, str] = {}
    for name, column in wanted.items():
        for alias in (*column.aliases, *column.unverified):
            if normal(alias) in present:
                mapping[name] = present[normal(alias)]
                break
    return mapping


def _match(columns: Sequence[str], sample: Sequence[Mapping[str, object]], converter: Converter) -> Match | None:
    mapping = find_columns(columns, converter.columns)
    if any(column.required and name not in mapping for name, column in converter.columns.items()):
        return None
    share = 1.0 if converter.hints is None else _share(sample, mapping, converter.hints)
    if converter.hints is not None and share < converter.hint_share:
        return None
    return Match(converter=converter, mapping=mapping, share=share)


def _share(sample: Sequence[Mapping[str, object]], mapping: Mapping[str, str], hints: str) -> float:
    pattern = re.compile(hints)
    texts = ["\n".join(_texts([row.get(column) for column in mapping.values()])) for row in sample]
    filled = [text for text in texts if text.strip()]
    return sum(bool(pattern.search(text)) for text in filled) / len(filled) if filled else 0.0


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
