"""Code inside a text: masked by one character each while the text around it is cleaned, and put back untouched.

Code is what stands between fences of three or more backticks (an unclosed fence runs to the end of the text) and
between two single backticks on one line. Code without backticks cannot be told from prose: the steps are careful.
"""

import re
from collections.abc import Sequence

MASK = "\ufdd0"
"""A Unicode noncharacter: neither letter nor blank, in no sane text. A text with it is cleaned as if it had no code."""

_CODE = re.compile(r"(`{3,}).*?(?:\1`*|\Z)|(?<!`)`(?!`)[^`\n]+`(?!`)", re.DOTALL)


def mask(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """The texts with a MASK for each piece of code, and the pieces of each text."""
    pieces = [[] if MASK in text else [match[0] for match in _CODE.finditer(text)] for text in texts]
    masked = [_CODE.sub(MASK, text) if code else text for text, code in zip(texts, pieces, strict=True)]
    return masked, pieces


def unmask(texts: Sequence[str], pieces: Sequence[Sequence[str]]) -> list[str]:
    return [_put_back(text, code) if code else text for text, code in zip(texts, pieces, strict=True)]


def _put_back(text: str, code: Sequence[str]) -> str:
    between = text.split(MASK)
    return between[0] + "".join(piece + after for piece, after in zip(code, between[1:], strict=True))
