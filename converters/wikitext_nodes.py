"""What a reader of a wiki page sees of its source. Imported only where a dump is read: the parser is heavy."""

import re

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

_DROPPED_TAGS = frozenset(("ref", "references", "gallery", "table", "timeline", "imagemap", "score", "templatestyles"))
_DROPPED_LINKS = frozenset(
    ("file", "image", "media", "category", "文件", "档案", "檔案", "图像", "圖像", "媒体", "媒體", "分类", "分類")
)
_INTERWIKI = re.compile(r"[a-z]{2,3}(-[a-z]+)*")
_MAGIC_WORD = re.compile(r"__[A-Z]+__|'{2,}")
_KEPT_ARGUMENT = {"lang": "2", "le": "1", "nihongo": "1", "nobr": "1", "nowrap": "1"}
_KEPT_PREFIXES = ("lang-", "link-")


def shown_text(wikitext: str) -> str:
    return _shown(mwparserfromhell.parse(wikitext))


def _shown(code: Wikicode) -> str:
    return "".join(_shown_node(node) for node in code.nodes)


def _shown_node(node: Node) -> str:
    match node:
        case Text() | HTMLEntity():  # entities are the affair of cleaning
            return _MAGIC_WORD.sub("", str(node))
        case Wikilink():
            return _shown_link(node)
        case Template():
            return _shown_template(node)
        case Tag():
            return _shown_tag(node)
        case ExternalLink():
            return _shown(node.title) if node.title else ""
        case _:
            return ""


def _shown_link(link: Wikilink) -> str:
    namespace, colon, _ = str(link.title).strip().lower().partition(":")
    if colon and namespace in _DROPPED_LINKS:
        return ""
    if link.text is not None:
        return _shown(link.text)
    return "" if colon and _INTERWIKI.fullmatch(namespace) else _shown(link.title).lstrip(":")


def _shown_template(template: Template) -> str:
    name = str(template.name).strip().lower()
    argument = "1" if name.startswith(_KEPT_PREFIXES) else _KEPT_ARGUMENT.get(name)
    return _shown(template.get(argument).value) if argument and template.has(argument) else ""


def _shown_tag(tag: Tag) -> str:
    name = str(tag.tag).strip().lower()
    if name in _DROPPED_TAGS:
        return ""
    if name == "br":
        return " "
    return _shown(tag.contents) if tag.contents else ""
