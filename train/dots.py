"""Curves as text, in braille dots: four points high and two wide in every character."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Points = Sequence[tuple[float, float]]

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of a character, by row and column."""
_BLANK = "\u2800"
_MARGIN = 11
"""Columns left of a curve: a number, a blank and the axis."""
_NARROWEST = 8


def curve_text(found: Points, *, width: int, height: int, across: str, log: bool = False) -> str:
    """Points, at least one, joined by lines; highest and lowest value on the left, first and last place below.

    ``across`` names what runs from left to right; ``log`` draws it logarithmically.
    """
    columns, values = max(width - _MARGIN, _NARROWEST), [value for _, value in found]
    low, high = min(values), max(values)
    height = height if high > low else 1
    places = _scaled([math.log(place) if log else place for place, _ in found], columns * 2 - 1)
    heights = _scaled([-value for value in values], height * 4 - 1)
    cells = [[0] * columns for _ in range(height)]
    for place, row in _line(list(zip(places, heights, strict=True))):
        cells[row // 4][place // 2] |= _DOTS[row % 4][place % 2]
    labels = {0: f"{high:.4g}", height - 1: f"{low:.4g}"}
    lines = [f"{labels.get(row, ''):>{_MARGIN - 2}} │{_drawn(dots)}" for row, dots in enumerate(cells)]
    return "\n".join([*lines, " " * _MARGIN + _foot(across, found[0][0], found[-1][0], columns)])


def _drawn(dots: Sequence[int]) -> str:
    return "".join(chr(ord(_BLANK) + each) for each in dots).rstrip(_BLANK)


def _foot(across: str, first: float, last: float, columns: int) -> str:
    left, right = f"{across} {first:.6g}", f"{last:.6g}"
    return left if first == last else f"{left}{right:>{max(columns - len(left), len(right) + 1)}}"


def _scaled(values: Sequence[float], largest: int) -> list[int]:
    low, high = min(values), max(values)
    return [round((value - low) / (high - low) * largest) if high > low else 0 for value in values]


def _line(dots: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Every dot of the lines between neighbours."""
    yield dots[0]
    for (x0, y0), (x1, y1) in pairwise(dots):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(1, steps + 1):
            yield round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps)
