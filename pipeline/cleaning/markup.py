"""Entities and tags that a web page left in its text.

Instruct data asks for HTML and answers with it, mostly without fences: there only plain ``<i> <b> <sub>`` pairs in the
midst of prose go, and only where no other markup shows that the text is HTML or about it.
"""

import html
import re
from collections.abc import Sequence
from html.entities import html5

from pipeline.cleaning.step import NOT_INSTRUCT, Step

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_STYLE = "i|b|u|em|strong|sub|sup"
_FRAME = "span|font|a|center|small|big|nowiki"
_PLAIN_PAIR = re.compile(rf"<({_STYLE})\s*>((?:(?!</?\1\s*>).)*)</\1\s*>", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(
    rf"<({_STYLE}|{_FRAME})(?:\s[^<>]*)?>((?:(?!</?\1(?:\s[^<>]*)?>).)*)</\1\s*>", re.IGNORECASE | re.DOTALL
)
_PARAGRAPH = re.compile(r"\s*(?:</?(?:p|div)(?:\s[^<>]*)?>\s*)+", re.IGNORECASE)
_BREAK = re.compile(r"[^\S\n]*</?br(?:\s[^<>]*)?/?>\n?", re.IGNORECASE)
_HTML = re.compile(
    rf"\A\s*<.*>\s*\Z|<!|</(?!(?:{_STYLE})\s*>)[a-z]|<(?:p|br|hr|img|input|meta|link)\b|<[a-z][a-z0-9]*\s+[a-z-]+\s*=",
    re.IGNORECASE | re.DOTALL,
)


def _character(match: re.Match[str]) -> str:
    if not match[0].startswith("&#"):
        return html5.get(match[0][1:], match[0])
    character = html.unescape(match[0])
    return match[0] if character in {"", "\ufffd"} else character


def _decode(text: str) -> str:
    while (decoded := _ENTITY.sub(_character, text)) != text:
        text = decoded
    return text


def _unwrap(text: str, pair: re.Pattern[str]) -> str:
    while (unwrapped := pair.sub(r"\2", text)) != text:
        text = unwrapped
    return text


def _decode_all(texts: Sequence[str]) -> list[str]:
    return [_decode(text) for text in texts]


def _without_tags(texts: Sequence[str]) -> list[str]:
    return [_unwrap(_BREAK.sub("\n", _PARAGRAPH.sub("\n\n", text)), _PAIR) for text in texts]


def _without_style_tags(texts: Sequence[str]) -> list[str]:
    return [text if _HTML.search(text) else _unwrap(text, _PLAIN_PAIR) for text in texts]


ENTITIES = Step(
    name="entities",
    about="HTML entities become their characters, however often they were escaped; what is no entity stays",
    gate=r"&(?:#[0-9xX]|[A-Za-z])[0-9A-Za-z]*;",
    python=_decode_all,
)
TAGS = Step(
    name="tags",
    about="pairs of <i> <b> <u> <em> <strong> <sub> <sup> <span> <font> <a> … go, their text stays; "
    "<br> becomes a newline, <p> and <div> a blank line",
    gate=rf"(?i:</?(?:br|p|div)[\s/>]|</(?:{_STYLE}|{_FRAME})[\s>])",
    python=_without_tags,
    domains=NOT_INSTRUCT,
)
STYLE_TAGS = Step(
    name="style_tags",
    about="pairs of plain <i> <b> <u> <em> <strong> <sub> <sup> go, their text stays, unless the text is HTML",
    gate=rf"(?i:</(?:{_STYLE})[\s>])",
    python=_without_style_tags,
    domains=("instruct",),
)
