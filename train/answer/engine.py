"""Many answers at once: as soon as one is over, the next prompt takes its slot.

A step runs while the host still reads the tokens of the one before; on a processor, where nothing runs beside, it does
not run ahead.
"""

from collections import deque
from collections.abc import Container, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from train.encoding.examples import Ids
from train.models.decoding.decoder import Decoder, Speed

_WIDTHS = 64
"""What the keys of a step are rounded up to, so that few shapes occur …"""
_RECORDED_WIDTHS = 256
"""… and those that a graph is recorded for, still fewer."""
_READ_AT_ONCE = 1 << 14
"""Tokens of prompts, which bounds the memory that reading takes."""
_AT_ONCE_ON_A_CARD = 16
"""Times the size of a batch."""
_SHARE_OF_MEMORY = 0.6
"""Of what is free, for keys and values; reading prompts takes some, too."""
_GROUPS = 8
"""Prompts are read once this part of the slots is free: the weights are read for many as for one."""


class Question(NamedTuple):
    record: int
    prompt: Ids
    limit: int
    """Tokens of the answer, the one that ends it among them."""


class Said(NamedTuple):
    record: int
    ids: Ids


def slots_for(model: Any, questions: Sequence[Question], batch_size: int) -> int:
    """As many as are asked for; on a card, whose time goes into reading the weights, what its memory has room for."""
    if model.device.type != "cuda":
        return min(batch_size, len(questions))
    longest = max(len(each.prompt) + each.limit for each in questions) + (model.config.pre_seq_len or 0)
    config = model.config
    slot = 2 * config.num_layers * config.cached_heads * config.cached_head_size * model.dtype.itemsize * longest
    unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    room: int = int((torch.cuda.mem_get_info(model.device)[0] + unused) * _SHARE_OF_MEMORY) // slot
    return max(min(_AT_ONCE_ON_A_CARD * batch_size, room, len(questions)), 1)


class Engine:
    """Answers questions, the first ones first; ``ends`` are the tokens that end an answer."""

    def __init__(
        self, model: Any, questions: Sequence[Question], *, ends: Container[int], slots: int, speed: Speed
    ) -> None:
        slots = min(slots, len(questions))
        self._waiting = deque(questions)
        self._ends = ends
        on_card = model.device.type == "cuda"
        self._ahead = 1 if on_card else 0
        longest = max(len(each.prompt) + each.limit - 1 for each in questions)  # the last token leaves no keys
        self._decoder = Decoder(model, slots=slots, tokens=longest, speed=speed)
        self._widths = _RECORDED_WIDTHS if on_card else _WIDTHS
        self._seats: list[_Seat | None] = [None] * slots

    def run(self) -> Iterator[list[Said]]:
        """Yield answers as they end."""
        unread: deque[_Report] = deque()
        while self._waiting or any(self._seats):
            free = [place for place, seat in enumerate(self._seats) if seat is None]
            if len(free) >= self._enough_free():
                unread.append(self._admit(free))
            else:
                unread.append(self._step())
            ended: list[Said] = []
            while len(unread) > self._ahead:
                ended += self._heard(unread.popleft())
            if ended:
                yield ended

    def unanswered(self) -> list[Question]:
        """What is left where the engine was stopped: growing answers first."""
        return [*(seat.question for seat in self._seats if seat is not None), *self._waiting]

    def _enough_free(self) -> int:
        slots = len(self._seats)
        group = min(max(slots // _GROUPS, 1), len(self._waiting))
        return group or slots + 1

    def _admit(self, free: Sequence[int]) -> "_Report":
        group: dict[int, _Seat] = {}
        widest = 0
        while self._waiting and len(group) < len(free):
            widest = max(widest, len(self._waiting[0].prompt))
            if group and widest * (len(group) + 1) > _READ_AT_ONCE:
                break
            question = self._waiting.popleft()
            place = free[len(group)]
            self._seats[place] = group[place] = _Seat(question, self._decoder.prefix_length + len(question.prompt))
        self._decoder.admit(list(group), [seat.question.prompt for seat in group.values()])
        return _Report(self._decoder.tokens, group)

    def _step(self) -> "_Report":
        seated = {place: seat for place, seat in enumerate(self._seats) if seat is not None}
        for seat in seated.values():
            seat.keys += 1
        widest = _rounded(max(seat.keys for seat in seated.values()), self._widths)
        self._decoder.step(min(widest, self._decoder.capacity))
        return _Report(self._decoder.tokens, seated)

    def _heard(self, report: "_Report") -> list[Said]:
        ended: list[Said] = []
        tokens = report.read()
        for place, seat in report.seated.items():
            if self._seats[place] is not seat:  # its answer was over when this step began
                continue
            seat.said.append(tokens[place])
            if tokens[place] in self._ends or len(seat.said) == seat.question.limit:
                self._seats[place] = None
                ended.append(Said(seat.question.record, seat.said))
        return ended


class _Seat:
    """An answer that grows in a slot."""

    def __init__(self, question: Question, keys: int) -> None:
        self.question, self.keys = question, keys
        self.said: Ids = []


class _Report:
    """The tokens of a step on their way to the host, and whose they are."""

    def __init__(self, tokens: Tensor, seated: dict[int, _Seat]) -> None:
        self.seated = seated
        self._event: Any = None
        if tokens.is_cuda:
            self._tokens = torch.empty(tokens.shape, dtype=tokens.dtype, pin_memory=True)
            self._tokens.copy_(tokens, non_blocking=True)
            self._event = torch.cuda.Event()
            self._event.record()
        else:
            self._tokens = tokens

    def read(self) -> list[int]:
        if self._event is not None:
            self._event.synchronize()
        found: list[int] = self._tokens.tolist()
        return found


def _rounded(number: int, unit: int) -> int:
    return -(-number // unit) * unit
