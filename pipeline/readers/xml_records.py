"""Parses the records that ``xml_split`` cuts out: many at once, one by one where that fails, repaired where that helps.

No DTD is ever shown to the parser, neither an internal nor an external one, so there is no entity that could expand.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.readers.xml_layout import Layout
from pipeline.readers.xml_split import Fragment, split_at_starts

if TYPE_CHECKING:
    from lxml.etree import _Element

BATCH_BYTES = 1 << 20
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!#\d+;|#x[0-9A-Fa-f]+;|[A-Za-z][\w.-]*;)")
_BARE_LESS = re.compile(r"<(?![^\W\d]|[/!?])")
_ILLEGAL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));"
)
_PREFIX = re.compile(r"[\s</]([^\W\d][\w.\-]*):[^\W\d]")
_WHERE = re.compile(r",? line \d+, column \d+.*|(?<=\w) line \d+", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A fragment and the element that it holds; no element where it is none, for the reason in ``fragment.detail``."""

    fragment: Fragment
    element: "_Element | None" = None
    reason: str = "damaged"
    notes: tuple[str, ...] = field(default=())
    """What was repaired: ``mixed_encoding``, ``repaired_markup``, ``illegal_characters``."""


def records(found: Iterable[Fragment], layout: Layout) -> Iterator[Record]:
    """Parse fragments in their order. An element lives until the next one is asked for."""
    batch: list[Fragment] = []
    size = 0
    for fragment in found:
        if fragment.kind == "record":
            batch.append(fragment)
            size += len(fragment.data)
        if fragment.kind != "record" or size > BATCH_BYTES:
            yield from _parsed(batch, layout)
            batch, size = [], 0
        if fragment.kind != "record":
            yield from _not_whole(fragment, layout)
    yield from _parsed(batch, layout)


def as_text(data: bytes, encoding: str) -> tuple[str, str | None]:
    """The text and the encoding that it really is in; the latter null where it is in none."""
    own = "utf-8" if encoding.startswith("utf") else encoding
    for candidate in (own, "gb18030" if own == "utf-8" else "utf-8"):
        try:
            return data.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    return data.decode(own, errors="replace"), None


def _parsed(batch: list[Fragment], layout: Layout) -> Iterator[Record]:
    if not batch:
        return
    data = b"".join(fragment.data for fragment in batch)
    try:
        text = data if layout.encoding.startswith("utf") else data.decode(layout.encoding).encode()
        elements = list(_parse(text, layout.prefixes))
    except (UnicodeDecodeError, SyntaxError):
        elements = []
    if len(elements) != len(batch):
        for fragment in batch:
            yield from _parsed_alone(fragment, layout)
        return
    for fragment, element in zip(batch, elements, strict=True):
        yield Record(fragment=fragment, element=element)


def _parsed_alone(fragment: Fragment, layout: Layout) -> Iterator[Record]:
    text, encoding = as_text(fragment.data, layout.encoding)
    if encoding is None:
        detail = f"neither {layout.encoding} nor another encoding that is known"
        yield Record(fragment=replace(fragment, detail=detail), reason="undecodable")
        return
    notes = ["mixed_encoding"] if (encoding == "utf-8") != layout.encoding.startswith("utf") else []
    mended, repairs = _mend(text)
    try:
        element, *others = _parse(mended.encode(), layout.prefixes | set(_PREFIX.findall(mended)))
    except SyntaxError as error:
        detail = _WHERE.sub("", error.msg or "not well-formed")
        yield from _not_whole(replace(fragment, kind="damaged", detail=detail), layout)
        return
    if others:
        yield from _not_whole(replace(fragment, kind="damaged", detail="text after the end of the record"), layout)
        return
    yield Record(fragment=fragment, element=element, notes=(*notes, *repairs))


def _not_whole(fragment: Fragment, layout: Layout) -> Iterator[Record]:
    """Whole records may hide in a damaged one: behind an end tag that is missing, or in a comment that never ends."""
    pieces = split_at_starts(fragment.data, layout) if fragment.kind == "damaged" and not layout.is_nested else []
    if len(pieces) < 2:
        yield Record(fragment=fragment, reason="too_large" if fragment.kind == "too_large" else "damaged")
        return
    position = fragment.data.index(pieces[0])
    if fragment.data[:position].strip():
        yield Record(fragment=replace(fragment, data=fragment.data[:position]))
    for data in pieces:
        offset = None if fragment.offset is None else fragment.offset + position
        yield from _parsed_alone(replace(fragment, data=data, offset=offset, kind="record"), layout)
        position += len(data)


def _parse(data: bytes, prefixes: Iterable[str]) -> "_Element":
    """One element around all records in ``data``. Raises SyntaxError (lxml's is one) where it is not well-formed."""
    from lxml import etree

    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    spaces = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in sorted(prefixes) if prefix not in ("xml", "xmlns"))
    head = f'<!DOCTYPE records SYSTEM "none"><records{spaces}>'.encode()  # lets undeclared entities pass, unexpanded
    return etree.fromstring(head + data + b"</records>", parser)


def _mend(text: str) -> tuple[str, list[str]]:
    """Escape bare ``&`` and ``<``, and drop what XML cannot hold, outside of CDATA sections."""
    repairs = ["illegal_characters"] if _ILLEGAL.search(text) else []
    parts = _CDATA.split(_ILLEGAL.sub("", text))
    mended = [_BARE_LESS.sub("&lt;", _BARE_AMPERSAND.sub("&amp;", part)) for part in parts[::2]]
    if mended != parts[::2]:
        repairs.append("repaired_markup")
    parts[::2] = mended
    return "".join(parts), repairs
