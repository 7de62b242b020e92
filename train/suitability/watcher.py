"""What the work on several datasets tells whoever watches it."""

from typing import Protocol

from train.evaluation.watcher import Unwatched, Watcher


class StudyWatcher(Watcher, Protocol):
    """Called as things happen."""

    def reached(self, what: str, number: int, count: int) -> None:
        """One of so many steps begins: ``legal: training``, ``legal, tested on paper``."""


class Unstudied(Unwatched):
    """Watches nothing."""

    def reached(self, what: str, number: int, count: int) -> None:
        pass
