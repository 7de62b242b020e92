"""How far a conversion is, told to whoever wants to show it."""

from typing import Protocol


class Progress(Protocol):
    """Shows a conversion; all of it may do nothing."""

    def start(self, total_bytes: int | None) -> None:
        """Reading begins; ``total_bytes`` of all sources where that is known."""
        ...

    def advance(self, rows: int, done_bytes: int) -> None:
        """So many more rows were converted, and so many bytes of all sources lie behind."""
        ...

    def finish(self) -> None:
        """Reading is over, or was given up."""
        ...


class Silent:
    """Shows nothing."""

    def start(self, total_bytes: int | None) -> None: ...

    def advance(self, rows: int, done_bytes: int) -> None: ...

    def finish(self) -> None: ...
