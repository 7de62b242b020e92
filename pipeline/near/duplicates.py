"""Which lines are near duplicates of an earlier one that stays, and which belong together.

Of lines in their order one is left out if it is as similar as the threshold to an earlier one that stays: what a loop
over all of them would decide. Here a round decides for all lines that lead all of their buckets at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Flags, Numbers, Pairs, Shares
from pipeline.near.buckets import Buckets, buckets_of, once
from pipeline.near.columns import BandTable
from pipeline.near.components import components

_ROUNDS = 1000
Compare = Callable[[Numbers, Numbers], Shares]
"""The similarities of pairs of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicates:
    """What was found, for every line."""

    kept: Numbers
    """The line that stays in its place; -1 where a line stays itself."""
    similarity: Shares
    """To that line; not a number where none or where it was not verified."""
    first: Numbers
    """The first line of its cluster: lines that hang together by pairs at or above the threshold, left out or not."""
    undecided: int
    """Lines that stay because a bucket was too large to compare all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where and how to look for near duplicates."""

    bands: BandTable
    is_wanted: Flags
    row: Numbers
    """The source row of every line."""
    turns: Numbers
    """How many turns stand before its prompt: a dialogue one turn on reads nearly the same but asks something else, so
    it is never left out for it; answers of one and the same dialogue are not even compared."""
    held: int
    """So many lines in front come from other datasets: they stay, and are not compared with each other."""
    threshold: float
    compare: Compare

    def alike(self, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers, Shares]:
        """The pairs that reach the threshold."""
        is_elsewhere = (self.row[left] != self.row[right]) | (self.turns[left] == self.turns[right])
        possible = is_elsewhere & (right >= self.held)
        left, right = left[possible], right[possible]
        found = self.compare(left, right)
        reached = ~(found < self.threshold)
        return left[reached], right[reached], found[reached]


def near_duplicates(search: Search) -> NearDuplicates:
    """Decide for every line."""
    count = len(search.row)
    buckets = buckets_of(search.bands, search.is_wanted)
    kept, similarity = np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
    is_open = np.ones(count, dtype=np.bool_)
    pairs: list[Pairs] = []
    leads = np.arange(count) < search.held if search.held else _leads(buckets, count)
    left = buckets
    for _ in range(_ROUNDS):
        if not len(left.line):
            break
        leader, other, found = search.alike(*_led(left, leads))
        pairs.append(np.stack((leader, other)))
        same = np.flatnonzero((search.turns[leader] == search.turns[other]) | (leader < search.held))
        order = same[np.argsort(leader[same], kind="stable")[::-1]]  # of several leaders the first is written last
        kept[other[order]], similarity[other[order]] = leader[order], found[order]
        is_open &= ~leads & (kept < 0)
        left = left.of(is_open)
        leads = _leads(left, count)
    undecided = len(np.unique(left.line))
    first = _clusters(search, buckets, kept, np.concatenate([np.empty((2, 0), dtype=np.int64), *pairs], axis=1))
    return NearDuplicates(kept=kept, similarity=similarity, first=first, undecided=undecided)


def _leads(buckets: Buckets, count: int) -> Flags:
    """Lines that no earlier one stands before in any bucket: nothing can leave them out any more."""
    leads = np.zeros(count, dtype=np.bool_)
    if len(buckets.line):
        is_head, _ = buckets.heads()
        leads[buckets.line[is_head]] = True
        leads[buckets.line[~is_head]] = False
    return leads


def _led(buckets: Buckets, leads: Flags) -> tuple[Numbers, Numbers]:
    """Every pair of a leader and another line of one of its buckets, each once."""
    entries = np.flatnonzero(leads[buckets.line])
    _, head = buckets.heads()
    size = np.bincount(head, minlength=len(head))[head[entries]]
    ends = np.cumsum(size)
    at = np.arange(ends[-1]) + np.repeat(head[entries] - ends + size, size) if len(entries) else entries
    leader, other = np.repeat(buckets.line[entries], size), buckets.line[at]
    is_other = ~leads[other]
    return once(leader[is_other], other[is_other])


def _clusters(search: Search, buckets: Buckets, kept: Numbers, pairs: Pairs) -> Numbers:
    """Also through lines that are left out: those were compared with what stays only."""
    first = components(len(kept), pairs[0], pairs[1])
    left, right = buckets.mixed(first).pairs()
    wanted = (first[left] != first[right]) & ((kept[left] >= 0) | (kept[right] >= 0))
    left, right, _ = search.alike(left[wanted], right[wanted])
    return components(len(kept), np.concatenate((pairs[0], left)), np.concatenate((pairs[1], right)))
