"""A model with a fixed number of slots: prompts are read into them, then a step gives each its next token.

Nothing here looks at a value on the host, so that the device is never waited for.
"""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from train.models.attention import Shared, quick_kernels
from train.models.decoding.blocks import FEW, RunBlocks, can_be_recorded, few_rows, run_blocks, run_through_one
from train.models.decoding.generations import GENERATIONS
from train.models.decoding.graphs import Graphs
from train.models.decoding.slots import Slots
from train.models.fused import has_triton
from train.models.prefix import KeyValue, prefix_keys_and_values

BLANK = 5
"""What is said where float16 overflowed."""
HEAD_SIZES = (64, 128)
"""That the kernel is written for."""
_UNIT = 64
"""Keys of a slot are a multiple of this: kernels like it."""


class Speed(NamedTuple):
    """What makes a step fast; each can be left out, and none changes what is computed but for rounding."""

    kernel: bool = True
    """Attend with a kernel of our own, where there is a card and Triton: it reads the keys that are there only."""
    graphs: bool = True
    """Record a step and have the card replay it, where there is a card."""
    compiled: bool = False
    """Melt small operations together (``torch.compile``), where blocks are as they were released; takes a while."""
    products: bool = True
    """Multiply with a kernel of our own where slots are few, there too: it reads weights faster."""


class Decoder:
    """``tokens`` (slots,) holds the last token of every slot."""

    @torch.no_grad()
    def __init__(self, model: Any, *, slots: int, tokens: int, speed: Speed) -> None:
        """``tokens`` is what a prompt and its answer have at most."""
        self.body, self.config, self.device = model.body, model.config, model.device
        self.generation = GENERATIONS[type(model.config)]
        self.tokens = torch.zeros(slots, dtype=torch.long, device=self.device)
        self.lengths = torch.zeros_like(self.tokens)
        self.prefix = prefix_of(model)
        self.count, self.capacity = slots, -(-(self.prefix_length + tokens) // _UNIT) * _UNIT
        self._embed, self._vocabulary = model.get_input_embeddings(), model.get_output_embeddings()
        self._kernel = speed.kernel and self._has_card and has_kernel(model)
        if self._kernel:
            import_module("train.models.decoding.kernel")  # once, and not while a step is compiled or recorded
        self._few = speed.products and self._kernel and slots <= FEW
        if self._few:
            import_module("train.models.decoding.products")
        self._run = self._blocks(speed)
        is_recorded = speed.graphs and self._has_card and can_be_recorded(self.body.blocks())
        self._graphs = Graphs() if is_recorded else None
        self._slots = Slots(self._room(), self.prefix, clears=not self._kernel)
        self._places: _Places | None = None

    @property
    def _has_card(self) -> bool:
        return bool(self.device.type == "cuda")

    @property
    def prefix_length(self) -> int:
        return int(self.prefix[0][0].shape[2]) if self.prefix else 0

    @torch.no_grad()
    def admit(self, places: Sequence[int], prompts: Sequence[Sequence[int]]) -> None:
        """Read prompts into slots, and choose the first token of each answer."""
        ids, lengths, rows = self._sent(prompts, places)
        layout = self.generation.layout(ids, self.config)
        cache = self._slots.reading(rows)
        read = self.body(ids, past_key_values=cache, use_cache=True, **layout).last_hidden_state
        positions = layout["positions"]
        if self._places is None:
            self._places = _Places(positions.new_zeros(self.count, *positions.shape[1:-1], 1))
        batch = torch.arange(len(prompts), device=self.device)
        self._places.move(rows, positions, lengths)
        self.lengths[rows] = lengths + self.prefix_length
        self.tokens[rows] = chosen(self._vocabulary(read[batch, lengths - 1]))

    @torch.no_grad()
    def step(self, width: int) -> None:
        """Choose every slot's next token; ``width`` keys are looked at, the longest slot's and the new one included."""
        seen = self.capacity if self._kernel else width
        if self._graphs is None:
            self._eager(seen)
        else:
            self._graphs.replay(seen, self._eager, [self.tokens, self.lengths, self._known.positions])

    def _blocks(self, speed: Speed) -> RunBlocks:
        blocks = self.body.blocks()
        wanted = speed.compiled or self._few
        through = run_through_one(blocks, self.config, compiled=speed.compiled, few=self._few) if wanted else None
        return through or run_blocks(blocks)

    def _eager(self, width: int) -> None:
        places = self._known
        hidden = self._embed(self.tokens[:, None])
        cos, sin = self.generation.tables(places.positions, self.config, hidden.dtype)
        visible = None if self._kernel else self._slots.visible(self.lengths, width)
        with quick_kernels():
            layers = partial(self._slots.layer, lengths=self.lengths, visible=visible)
            hidden = self._run(hidden, Shared(cos, sin, None, None), layers)
        self.tokens.copy_(chosen(self._logits(self.body.last_norm(hidden)[:, -1])))
        self.lengths.add_(1).clamp_(max=self.capacity - 1)  # of a slot whose answer is over, until it is filled again
        places.positions.add_(places.pace)

    def _logits(self, hidden: Tensor) -> Tensor:
        vocabulary = self._vocabulary
        if self._few and type(vocabulary) is nn.Linear:
            return few_rows(hidden, vocabulary.weight, vocabulary.bias)
        logits: Tensor = vocabulary(hidden)
        return logits

    @property
    def _known(self) -> "_Places":
        if self._places is None:
            raise RuntimeError("a step before the first prompt")
        return self._places

    def _room(self) -> list[KeyValue]:
        """For keys and values of every layer."""
        config = self.config
        like = self._embed(torch.zeros(1, 1, dtype=torch.long, device=self.device))
        size = (self.count, config.cached_heads, self.capacity, config.cached_head_size)
        return [(like.new_zeros(size), like.new_zeros(size)) for _ in range(config.num_layers)]

    def _sent(self, prompts: Sequence[Sequence[int]], places: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Prompts padded on the right, their lengths and slots, on their way to the device."""
        width, pad = max(map(len, prompts)), self.config.pad_token_id or 0
        padded = [[*ids, *[pad] * (width - len(ids))] for ids in prompts]
        return self._to_device(padded), self._to_device(list(map(len, prompts))), self._to_device(list(places))

    def _to_device(self, values: list[Any]) -> Tensor:
        return torch.tensor(values, pin_memory=self._has_card).to(self.device, non_blocking=True)


class _Places:
    """Where the next token of every slot stands, which is known once the first prompt has been read."""

    def __init__(self, positions: Tensor) -> None:
        self.positions, self.pace = positions, torch.zeros_like(positions)

    def move(self, rows: Tensor, positions: Tensor, lengths: Tensor) -> None:
        """Go on behind prompts as their last two tokens do: of ChatGLM-6B the block counts, the position stands."""
        last, before = (_column(positions, lengths - back) for back in (1, 2))
        pace = (last - before).clamp(0, 1)
        self.pace[rows], self.positions[rows] = pace, last + pace


def _column(positions: Tensor, columns: Tensor) -> Tensor:
    """One column a row, (batch, …, tokens) -> (batch, …, 1)."""
    place = columns.clamp(min=0).view(-1, *[1] * (positions.dim() - 1))
    return positions.gather(-1, place.expand(*positions.shape[:-1], 1))


def chosen(logits: Tensor) -> Tensor:
    """The likeliest token of each row, compared as ``generate`` compares them."""
    scores = logits.float()
    return scores.argmax(-1).masked_fill(~scores.isfinite().all(-1), BLANK)


def has_kernel(model: Any) -> bool:
    """Whether our attention runs on this machine, and with heads of this size."""
    size = model.config.cached_head_size
    return has_triton() and size in HEAD_SIZES and model.dtype != torch.float32


def prefix_of(model: Any) -> list[KeyValue]:
    """Keys and values of the prefix of P-Tuning v2, one pair a layer with a batch of one; none without it."""
    config, body = model.config, model.body
    if not config.pre_seq_len:
        return []
    dtype = model.get_input_embeddings()(torch.zeros(1, 1, dtype=torch.long, device=model.device)).dtype
    return prefix_keys_and_values(
        body.prefix_encoder(),
        batch=1,
        layers=config.num_layers,
        heads=config.cached_heads,
        dropout=body.dropout,
        dtype=dtype,
    )
