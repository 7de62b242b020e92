"""How citation exports mark their records and fields. What every export is turned into stands in ``COLUMNS``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

COLUMNS = ("title", "abstract", "keywords", "author", "journal", "year", "type", "language", "number")
"""Text columns that every citation has, whatever its format; null where absent. ``number`` is that of the issue."""

SEPARATORS: Mapping[str, str] = {"keywords": "; ", "author": "; ", "abstract": "\n"}
"""Joins a field that is given several times; of all others the first one counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """One tagged format: a field is a line that begins with its tag, and the lines without a tag below it."""

    name: str
    suffixes: tuple[str, ...]
    tag: str
    """Regular expression with two groups, tag and value, for a line without its line end."""
    start: str
    """The tag that begins a record."""
    end: str | None = None
    """The tag that ends a record, where there is one."""
    fields: Mapping[str, tuple[str, ...]]
    """Column -> tags; the first that has a value counts."""


ENDNOTE_TAGS = Grammar(
    name="endnote",
    suffixes=(".enw", ".txt"),
    tag=r"^%(\S)(?:[ \t]+(.*))?$",
    start="0",
    fields={
        "title": ("T",),
        "abstract": ("X",),
        "keywords": ("K",),
        "author": ("A",),
        "journal": ("J", "B"),
        "year": ("D",),
        "type": ("0",),
        "language": ("G",),
        "number": ("N",),
    },
)
RIS_TAGS = Grammar(
    name="ris",
    suffixes=(".ris", ".txt"),
    tag=r"^([A-Z][A-Z0-9]) {1,2}-(?:[ \t]+(.*))?$",  # CNKI writes one space where the standard has two
    start="TY",
    end="ER",
    fields={
        "title": ("T1", "TI", "CT"),
        "abstract": ("AB", "N2"),
        "keywords": ("KW",),
        "author": ("A1", "AU"),
        "journal": ("JO", "JF", "T2", "JA"),
        "year": ("Y1", "PY"),
        "type": ("TY",),
        "language": ("LA",),
        "number": ("IS",),
    },
)
REFWORKS_TAGS = Grammar(
    name="refworks",
    suffixes=(".txt",),
    tag=(  # the known ones only: "AI 技术" may begin a line of text
        r"^(RT|SR|ID|A[1-6D]|T[123]|J[FO]|YR|FD|VO|IS|SP|OP|K1|AB|NO|SN|CN|LA|DS|LK|UL|PB|PP|DO|ED|CL|RD|WT|OL)"
        r"(?: +(.*))?$"
    ),
    start="RT",
    fields={
        "title": ("T1",),
        "abstract": ("AB",),
        "keywords": ("K1",),
        "author": ("A1",),
        "journal": ("JF", "JO", "T2"),
        "year": ("YR",),
        "type": ("RT",),
        "language": ("LA",),
        "number": ("IS",),
    },
)
NOTEEXPRESS_TAGS = Grammar(
    name="noteexpress",
    suffixes=(".net", ".txt"),
    tag=r"^\{([A-Za-z][A-Za-z /]*)\}: ?(.*)$",
    start="Reference Type",
    fields={
        "title": ("Title",),
        "abstract": ("Abstract",),
        "keywords": ("Keywords",),
        "author": ("Author",),
        "journal": ("Journal", "Secondary Title"),
        "year": ("Year", "Date"),
        "type": ("Reference Type",),
        "language": ("Language",),
        "number": ("Issue",),
    },
)
ESTUDY_TAGS = Grammar(
    name="estudy",
    suffixes=(".eln", ".txt"),
    tag=r"^(DataType|[A-Za-z]+-)(?:\p{Han}+|DOI)?: ?(.*)$",  # with a dash only: "Methods: …" is text
    start="DataType",
    fields={
        "title": ("Title-",),
        "abstract": ("Summary-",),
        "keywords": ("Keyword-",),
        "author": ("Author-",),
        "journal": ("Source-",),
        "year": ("Year-", "PubTime-"),
        "type": ("SrcDatabase-", "DataType"),
        "language": ("Language-",),
        "number": ("Period-",),
    },
)
CNKI_CUSTOM_TAGS = replace(ESTUDY_TAGS, name="cnki-custom", suffixes=(".txt",), start="SrcDatabase-")
