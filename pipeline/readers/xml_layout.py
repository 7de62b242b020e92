"""What an XML source looks like: its encoding, the elements that are its records, and what stands around them."""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.sources.encoding import canonical, find_encoding
from pipeline.sources.inputs import Input
from schemas.errors import EncodingError, SourceError

if TYPE_CHECKING:
    from lxml.etree import _Element

SAMPLE_BYTES = 1 << 20
PATENTS = (
    "PatentDocumentAndRelated",
    "cn-patent-document",
    "us-patent-grant",
    "us-patent-application",
    "exchange-document",
)
PATENT_PARTS = ("cn-application-body", "application-body")
"""Patents only where they are the root: inside a patent document they are a part of it."""
INLINE = frozenset(
    (
        "a",
        "b",
        "bold",
        "br",
        "em",
        "font",
        "i",
        "italic",
        "li",
        "p",
        "para",
        "paragraph",
        "span",
        "strong",
        "sub",
        "sup",
    )
)
"""Elements that are part of a text, in lower case; they never are columns."""
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_START = re.compile(r"<([^\W\d][\w.\-]*(?::[\w.\-]+)?)(?=[\s/>])")
_PREFIX = re.compile(r"[\s</]([^\W\d][\w.\-]*):[^\W\d]")
_PROLOG = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE(?:[^\[>]*\[.*?\]\s*>|[^\[>]*>)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the records of one source stand in it."""

    encoding: str
    records: tuple[str, ...]
    """Names of the elements that are records, as written (``business:PatentDocumentAndRelated``)."""
    around: tuple[str, ...] = ()
    """Names of the elements around the records, from the root inwards."""
    prefixes: frozenset[str] = frozenset()
    """Namespace prefixes in use. Names are all that a reader looks at, so what they stand for does not matter."""
    is_nested: bool = False
    """Whether a record holds elements of its own name; where not, a second start tag means that an end is missing."""
    is_patent: bool = False


def local_name(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2]


def xml_encoding(source: Input, forced: str | None = None) -> str:
    """The declared encoding, unless it is forced, or a BOM or the bytes say otherwise. GB2312 and GBK mean GB18030."""
    with source.open() as stream:
        found = find_encoding(stream, forced, source.name)
    head = source.head()
    declaration = _DECLARED.match(head)
    if forced is not None or found.startswith(("utf-16", "utf-32", "utf-8-sig")) or declaration is None:
        return found
    try:
        declared = canonical(declaration[1].decode())
    except EncodingError:
        return found
    is_utf8 = not head.isascii() and _is_mostly_utf8(head)
    if declared.startswith(("utf-16", "utf-32")) or is_utf8 != (declared == "utf-8"):
        return "utf-8" if is_utf8 else found if declared == "utf-8" else declared
    return declared


def first_name(text: str) -> str | None:
    """Name of the first element, declarations and comments passed over."""
    match = _START.match(_PROLOG.sub("", text).lstrip("\ufeff \t\r\n"))
    return match[1] if match else None


def head_text(head: bytes) -> str:
    for bom, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith((bom, "<?".encode(encoding))):
            return head.decode(encoding, errors="replace").lstrip("\ufeff")
    return head.decode("utf-8-sig", errors="replace")


def find_layout(source: Input, forced: str | None = None) -> Layout:
    """Read the head of a source. Raises SourceError where no element looks like a record."""
    encoding = xml_encoding(source, forced)
    text = source.head(SAMPLE_BYTES).decode(encoding, errors="replace").lstrip("\ufeff")
    prefixes = frozenset(_PREFIX.findall(text)) - {"xml", "xmlns"}
    names = _START.findall(_PROLOG.sub("", text))
    patents = [name for name in names if local_name(name) in PATENTS] or names[:1]
    if patents and local_name(patents[0]) in PATENTS + PATENT_PARTS:
        return Layout(
            encoding=encoding,
            records=tuple(dict.fromkeys((patents[0], *(PATENTS if patents[0] in PATENTS else ())))),
            around=tuple(dict.fromkeys(names[: names.index(patents[0])])),
            prefixes=prefixes,
            is_patent=True,
        )
    path, is_nested = _record_path(text, source.name)
    return Layout(encoding=encoding, records=path[-1:], around=path[:-1], prefixes=prefixes, is_nested=is_nested)


def _record_path(text: str, name: str) -> tuple[tuple[str, ...], bool]:
    """Names from the root to the record: the first element with repeated, structured children holds the records."""
    from lxml import etree

    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    element = etree.fromstring(_PROLOG.sub("", text).strip().encode(errors="replace"), parser)
    if element is None or (not len(element) and not element.attrib and not (element.text or "").strip()):
        raise SourceError(f"{name}: no records in this XML: its root element is empty")
    starts = Counter(_START.findall(text))
    path = [_written(element)]
    while (child := _record_child(element, starts)) is not None:
        element, starts = child, Counter()
        path.append(_written(element))
    return tuple(path), any(_written(inner) == path[-1] for inner in element.iterdescendants("{*}*"))


def _record_child(element: "_Element", starts: Counter[str]) -> "_Element | None":
    """The child to go down to; null where the element is itself a record."""
    repeated, single = _repeated_child(element, starts), _single_child(element)
    if repeated is not None or single is None or not element.attrib:
        return repeated if repeated is not None else single
    below: _Element | None = single  # an element with attributes may be a record, if none are further down
    while below is not None and _repeated_child(below, starts) is None:
        below = _single_child(below)
    return None if below is None else single


def _repeated_child(element: "_Element", starts: Counter[str]) -> "_Element | None":
    """Below the root, start tags are counted in the text as well: behind damage the tree is no measure."""
    structured = [child for child in element if isinstance(child.tag, str) and _is_structured(child)]
    counts = Counter(map(_written, structured)) | Counter({name: starts[name] for name in map(_written, structured)})
    most = max(counts.values(), default=0)
    return next((child for child in structured if counts[_written(child)] == most > 1), None)


def _single_child(element: "_Element") -> "_Element | None":
    """The first child with columns of its own, where no other child could be a column."""
    children = [child for child in element if isinstance(child.tag, str)]
    structured = [child for child in children if _is_structured(child)]
    has_leaf = any(child not in structured and (child.text or "").strip() for child in children)
    return structured[0] if structured and not has_leaf else None


def _is_structured(element: "_Element") -> bool:
    """Whether it has columns of its own: children that are no part of a text, or attributes and no text."""
    if any(isinstance(child.tag, str) and local_name(child.tag).lower() not in INLINE for child in element):
        return not is_mixed(element)
    return bool(element.attrib) and not len(element) and not (element.text or "").strip()


def is_mixed(element: "_Element") -> bool:
    """Whether text stands beside its children: then they are part of the text."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _written(element: "_Element") -> str:
    name = local_name(str(element.tag))
    return f"{element.prefix}:{name}" if element.prefix else name


def _is_mostly_utf8(head: bytes) -> bool:
    text = head.decode(errors="replace")
    return text.count("\ufffd") * 10 <= sum(not character.isascii() for character in text)
