"""What an evaluation tells whoever watches it. Only ``prep/cli`` prints; Python callers get ``Unwatched``."""

from typing import Protocol


class Watcher(Protocol):
    """Called as things happen."""

    def note(self, line: str) -> None:
        """Something the person should know."""

    def started(self, cell: str, total: int, done: int) -> None:
        """So many items of a cell, some of which were measured before it was broken off."""

    def advanced(self, items: int) -> None:
        """So many more of them."""

    def finished(self, cell: str, *, is_new: bool) -> None:
        """All of them; ``is_new`` is false where they were measured before."""


class Unwatched:
    """Watches nothing."""

    def note(self, line: str) -> None:
        pass

    def started(self, cell: str, total: int, done: int) -> None:
        pass

    def advanced(self, items: int) -> None:
        pass

    def finished(self, cell: str, *, is_new: bool) -> None:
        pass
