"""What every stage of a conversion on a cluster took: for ``benchmarks/ray_stages.py``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter


@dataclass(slots=True)
class Stages:
    """Of one conversion."""

    clock: Callable[[], float] = perf_counter
    seconds: dict[str, float] = field(default_factory=dict)
    """In the order in which the stages ended."""
    counts: dict[str, int] = field(default_factory=dict)
    """Records and bytes, by what they are."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = self.clock()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + self.clock() - started

    def count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number
