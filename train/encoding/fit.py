"""What of a dialogue fits: the oldest whole turns go first, then the end of the question's own text, never its form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.errors import OptionError
from train.encoding.examples import Ids
from train.encoding.form import Form, Wording

History = list[list[str]]
Write = Callable[[Sequence[int], Sequence[int]], list[Ids]]
"""Of these rows, cut to these sizes, the sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Sources within the room, and what they kept; one entry a record."""

    sources: list[Ids]
    turns: list[int]
    """Earlier turns kept, the latest ones."""
    chars: list[int]
    """Characters of the question kept, the first ones."""


class NoRoom(OptionError):
    """The form alone, without a word of the question, is longer than a prompt may be."""

    def __init__(self, room: int, taken: int) -> None:
        super().__init__(
            f"max_source_length {room}: the prompt's own words and markers alone take {taken} tokens; "
            "raise it or choose a shorter --prompt-template"
        )
        self.taken = taken


def fit(contents: Sequence[str], histories: Sequence[History], form: Form, room: int, wording: Wording) -> Fitted:
    """Cut each dialogue to at most ``room`` tokens, its markers and control tokens counted in.

    Raises NoRoom where nothing of the question fits.
    """

    def with_turns(rows: Sequence[int], kept: Sequence[int]) -> list[Ids]:
        latest = [histories[row][len(histories[row]) - turns :] for row, turns in zip(rows, kept, strict=True)]
        asked = zip((contents[row] for row in rows), latest, strict=True)
        return form.sources([wording.dialogue(content, history) for content, history in asked])

    def with_chars(rows: Sequence[int], kept: Sequence[int]) -> list[Ids]:
        starts = [contents[row][:chars] for row, chars in zip(rows, kept, strict=True)]
        return form.sources([wording.dialogue(content, []) for content in starts])

    turns, chars = [len(history) for history in histories], [len(content) for content in contents]
    rows = range(len(contents))
    sources = with_turns(rows, turns)
    long = [row for row in rows if len(sources[row]) > room]
    _shrink([row for row in long if turns[row]], turns, sources, with_turns, room)
    long = [row for row in long if len(sources[row]) > room]
    _shrink(long, chars, sources, with_chars, room)
    _require_room(sources, room)
    return Fitted(sources=sources, turns=turns, chars=chars)


def _require_room(sources: Sequence[Ids], room: int) -> None:
    longest = max(map(len, sources), default=0)
    if longest > room:
        raise NoRoom(room, longest)


def _shrink(rows: Sequence[int], sizes: list[int], sources: list[Ids], write: Write, room: int) -> None:
    """Find by halving, all rows at once, the largest size below the present one that fits; else leave size 0."""
    low, high = dict.fromkeys(rows, 0), {row: max(sizes[row] - 1, 0) for row in rows}
    for row, source in zip(rows, write(rows, [0] * len(rows)), strict=True):
        sizes[row], sources[row] = 0, source
    while searched := [row for row in rows if low[row] < high[row] and len(sources[row]) <= room]:
        middle = [(low[row] + high[row] + 1) // 2 for row in searched]
        for row, size, source in zip(searched, middle, write(searched, middle), strict=True):
            if len(source) <= room:
                low[row], sizes[row], sources[row] = size, size, source
            else:
                high[row] = size - 1
