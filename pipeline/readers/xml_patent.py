"""Full text of patents as CNIPA, USPTO and EPO write it, old and new: one row of always the same columns a document."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.readers.xml_rows import text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_TITLES = ("{*}InventionTitle", "{*}invention-title", "{*}DesignTitle")
_ABSTRACTS = ("{*}Abstract", "{*}abstract", "{*}cn-abstract")
_PARAGRAPHS = ("{*}Paragraphs", "{*}p", "{*}para")
_PUBLICATIONS = ("{*}PublicationReference", "{*}publication-reference", "{*}cn-publication-reference")
_APPLICATIONS = ("{*}ApplicationReference", "{*}application-reference")
_CLASSES = ("{*}ClassificationIPCR", "{*}classification-ipcr", "{*}classification-ipc")
_CLASS_PARTS = (
    ("{*}Section", "{*}section"),
    ("{*}MainClass", "{*}class"),
    ("{*}Subclass", "{*}subclass"),
    ("{*}MainGroup", "{*}main-group"),
    ("{*}Subgroup", "{*}subgroup"),
)
_CLASS_TEXTS = ("{*}Text", "{*}text", "{*}main-classification")
_APPLICANTS = ("{*}Applicant", "{*}applicant", "{*}us-applicant")
_ASSIGNEES = ("{*}Assignee", "{*}assignee")
_NAMES = ("{*}Name", "{*}name", "{*}orgname", "{*}OrganizationName")
_PERSON = ("{*}first-name", "{*}last-name")
_SPACES = re.compile(r"\s+")


def patent_row(document: "_Element") -> dict[str, str | None]:
    applicants = _names(document, _APPLICANTS) or _names(document, _ASSIGNEES)
    return {
        "title": _title(document),
        "abstract": _abstract(document),
        "publication_number": _number(document, _PUBLICATIONS),
        "application_number": _number(document, _APPLICATIONS),
        "ipc": "; ".join(dict.fromkeys(filter(None, map(_ipc, document.iter(*_CLASSES))))) or None,
        "applicant": "; ".join(applicants) or None,
    }


def _title(document: "_Element") -> str | None:
    title = _chinese_or_first(document.iter(*_TITLES))
    return None if title is None else text_of(title).strip() or None


def _abstract(document: "_Element") -> str | None:
    abstract = _chinese_or_first(document.iter(*_ABSTRACTS))
    if abstract is None:
        return None
    paragraphs = [text_of(paragraph).strip() for paragraph in abstract.iterchildren(*_PARAGRAPHS)]
    return "\n".join(filter(None, paragraphs or [text_of(abstract).strip()])) or None


def _chinese_or_first(elements: "Iterator[_Element]") -> "_Element | None":
    found = list(elements)
    chinese = (element for element in found if str(element.get("lang", "")).lower().startswith(("zh", "cn", "ch")))
    return next(chinese, found[0] if found else None)


def _number(document: "_Element", references: tuple[str, ...]) -> str | None:
    reference = next(document.iter(*references), None)
    if reference is None:
        return None
    parts = (("{*}WIPOST3Code", "{*}country"), ("{*}DocNumber", "{*}doc-number"), ("{*}Kind", "{*}kind"))
    return "".join(_first(reference, names) for names in parts) or None


def _ipc(classification: "_Element") -> str:
    section, main, sub, group, subgroup = (_first(classification, names) for names in _CLASS_PARTS)
    if section and group:
        return f"{section}{main}{sub}{group}/{subgroup}"
    return _first(classification, _CLASS_TEXTS) or _flat(classification.text)


def _names(document: "_Element", parties: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for party in document.iter(*parties):
        person = " ".join(filter(None, (_first(party, (name,)) for name in _PERSON)))
        found.append(_first(party, _NAMES) or person)
    return list(dict.fromkeys(filter(None, found)))


def _first(element: "_Element", names: tuple[str, ...]) -> str:
    return next((_flat(text_of(inner)) for inner in element.iterdescendants(*names)), "")


def _flat(text: str | None) -> str:
    return _SPACES.sub(" ", text or "").strip()
