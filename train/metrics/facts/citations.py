"""Citations of statutes: 《中华人民共和国民法典》第一百二十条 is 民法典 120. Left out: paragraphs (款), items (项)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

from train.metrics.facts.numerals import SIGNS, value_of

_SIGNS = rf"[{SIGNS}\d]"
_LAW = re.compile(
    r"《(?P<titled>[^《》]{1,60})》|(?P<bare>[\u4e00-\u9fff]{0,20}?(?:法典|法|条例|规定|办法|解释|细则))(?=\s*(?:\([^)]*\))?\s*第)"
)
_ARTICLE = re.compile(
    rf"第\s*(?P<number>{_SIGNS}+)\s*条(?:之(?P<branch>[一二三四五六七八九十]+))?"
    rf"(?:\s*第\s*{_SIGNS}+\s*[款项目]|\s*[,、和及与至]\s*第\s*{_SIGNS}+\s*[款项目])*"
)
_BETWEEN = re.compile(rf"(?:\([^)]*\)|[\s,、和及与至以的]|第\s*{_SIGNS}+\s*[编章节])*")
_LEAD_IN = re.compile(r".*(?:根据|依据|按照|依照|参照|违反|适用|我国|以及|及|与|和(?!国))")
_EDITION = re.compile(r"\([^)]*\)$")
_STATE = "中华人民共和国"
_POINTING = re.compile(r"(?:同|.*(?:(?<!基)本|该|此))?(?:法|条例|规定|办法|解释)|法律规定")


@dataclass(frozen=True, slots=True)
class Citation:
    """An article, and the law that it stands in as far as the text says."""

    law: str
    """Empty where the text says 第三条 or 该法第三条 only."""
    article: str

    def __str__(self) -> str:
        return f"《{self.law}》第{self.article}条" if self.law else f"第{self.article}条"


def split_citations(text: str) -> tuple[list[Citation], str]:
    """Citations in order, and the text without them."""
    text = normalize("NFKC", text)
    laws = [(found.end(), _plain(found["titled"] or _LEAD_IN.sub("", found["bare"]))) for found in _LAW.finditer(text)]
    citations: list[Citation] = []
    law, reach = "", 0
    for found in _ARTICLE.finditer(text):
        before = [(end, name) for end, name in laws if reach <= end <= found.start()]
        start = reach
        if before:
            start, nearest = before[-1]
        if not _BETWEEN.fullmatch(text, start, found.start()):
            law = ""
        elif before:
            law = nearest
        branch = f"-{value_of(found['branch'])}" if found["branch"] else ""
        citations.append(Citation(law, f"{value_of(found['number'])}{branch}"))
        reach = found.end()
    return citations, _ARTICLE.sub(" ", text)


def is_supported(citation: Citation, known: Iterable[Citation], source: str) -> bool:
    """Whether a source cites the article, of the same law as far as both say which; or names the law apart from it."""
    same = [other.law for other in known if other.article == citation.article]
    if not citation.law or any(_agree(citation.law, law) for law in same if law):
        return bool(same)
    return "" in same and citation.law in source


def _agree(first: str, second: str) -> bool:
    """民法典 and 我国民法典 are one law."""
    return first.endswith(second) or second.endswith(first)


def _plain(name: str) -> str:
    name = _EDITION.sub("", name.removeprefix(_STATE)).strip()
    return "" if _POINTING.fullmatch(name) else name
