"""Which process gets which examples of a step: so that all of them carry about as many tokens, and none waits long.

An optimiser step has the examples that it would have had, so its gradient is the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

Batch = list[int]


class DealtBatches:
    """Stands where torch's batch sampler stood, below accelerate, which gives one batch after the other to the next
    process."""

    def __init__(self, batches: Any, lengths: Sequence[int], *, processes: int, accumulation: int) -> None:
        self.batches, self.lengths = batches, lengths
        self.processes, self.together = processes, processes * accumulation
        self.sampler, self.batch_size, self.drop_last = batches.sampler, batches.batch_size, batches.drop_last

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        """The last batches of an epoch, which make no whole step, stay as they are."""
        rest = iter(self.batches)
        while group := list(islice(rest, self.together)):
            whole = len(group) == self.together and all(len(batch) == self.batch_size for batch in group)
            yield from dealt(group, self.lengths, self.processes) if whole else group


def dealt(group: Sequence[Batch], lengths: Sequence[int], processes: int) -> Iterator[Batch]:
    """The same examples in as many batches of the same size, of about equally many tokens.

    The longest first, each to the batch that has the fewest tokens yet. Those that run at the same time are the most
    alike, and the larger ones go to the first and to the last process in turn.
    """
    size = len(group[0])
    batches: list[Batch] = [[] for _ in group]
    tokens = [0] * len(group)
    for example in sorted((each for batch in group for each in batch), key=lambda each: (-lengths[each], each)):
        place = min((number for number, batch in enumerate(batches) if len(batch) < size), key=tokens.__getitem__)
        batches[place].append(example)
        tokens[place] += lengths[example]
    order = sorted(range(len(group)), key=lambda number: -tokens[number])
    for round_, first in enumerate(range(0, len(order), processes)):
        at_once = order[first : first + processes]
        yield from (batches[number] for number in (at_once if round_ % 2 == 0 else reversed(at_once)))


def deal(loader: Any, lengths: Iterable[int], *, processes: int, accumulation: int) -> None:
    """Let the loader of a process, as accelerate prepared it, deal so."""
    shard = loader.batch_sampler
    shard.batch_sampler = DealtBatches(
        shard.batch_sampler, list(lengths), processes=processes, accumulation=accumulation
    )
