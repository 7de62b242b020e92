"""Text in columns of a terminal, on which a Chinese character takes two."""

from collections.abc import Sequence
from unicodedata import category, combining, east_asian_width

_NEVER_FIRST = "，。、；：？！）》”’%,.;:?!)]}"


def columns_of(text: str) -> int:
    """Columns that a text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, *, left: bool = True) -> str:
    space = " " * (width - columns_of(text))
    return text + space if left else space + text


def visible(text: str) -> str:
    """One line without control characters: a name from a file must not move the cursor or change colours."""
    return "".join(character for character in " ".join(text.split()) if category(character)[0] != "C")


def wrapped(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """Lines of at most so many columns, broken at blanks or beside Chinese characters, never before a full stop."""
    lines, line = [], indent if first is None else first
    is_empty = True
    for piece in _pieces(visible(text)):
        fits = columns_of(line) + columns_of(piece.rstrip()) <= width
        if not fits and not is_empty:
            lines.append(line.rstrip())
            line, is_empty = indent, True
        line += piece.lstrip() if is_empty else piece
        is_empty = is_empty and not piece.strip()
    return [*lines, line.rstrip()]


def _pieces(text: str) -> list[str]:
    """What may stand at the end of a line: a word with the blank behind it, or one Chinese character."""
    pieces = [""]
    for character in text:
        is_wide = east_asian_width(character) in "WF"
        last = pieces[-1][-1:]
        goes_on = character == " " or not (is_wide or last == " " or east_asian_width(last or "W") in "WF")
        if goes_on or character in _NEVER_FIRST:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, names: int) -> list[str]:
    """The first ``names`` columns are aligned to the left."""
    shown = [[visible(cell) for cell in row] for row in (head, *rows)]
    widths = [max(columns_of(row[column]) for row in shown) for column in range(len(head))]
    return [
        "  ".join(padded(cell, widths[at], left=at < names) for at, cell in enumerate(row)).rstrip() for row in shown
    ]
