"""The prefix encoder of P-Tuning v2: trained keys and values in front of those of every layer."""

from typing import Protocol

import torch
from torch import Tensor, nn

KeyValue = tuple[Tensor, Tensor]


class PrefixConfig(Protocol):
    """What the encoder asks of a model's configuration."""

    hidden_size: int
    pre_seq_len: int | None
    prefix_projection: bool


class PrefixTable(nn.Embedding):
    """A type of its own, so that a model's ``_init_weights`` can leave it to torch's initial values."""


class PrefixProjection(nn.Linear):
    """Likewise."""


class PrefixEncoder(nn.Module):
    """``pre_seq_len`` rows of ``width`` numbers: a table, or what a small MLP makes of one (``prefix_projection``).

    The names ``embedding``, ``trans.0`` and ``trans.2`` are those of the official checkpoints. ``table_width`` is the
    width of the table below the MLP: ChatGLM-6B takes the hidden size, ChatGLM2-6B that of the prefix itself.
    Both start from torch's own values, as in the official script (the table is N(0, 1)), not N(0, 0.02) as elsewhere: a
    model's ``_init_weights`` calls ``reset_parameters`` of ``PrefixTable`` and ``PrefixProjection``.
    """

    def __init__(self, config: PrefixConfig, *, width: int, table_width: int | None = None) -> None:
        super().__init__()
        length = config.pre_seq_len or 0
        self.trans: nn.Sequential | None = None
        if not config.prefix_projection:
            self.embedding = PrefixTable(length, width)
            return
        self.embedding = PrefixTable(length, table_width or config.hidden_size)
        self.trans = nn.Sequential(
            PrefixProjection(self.embedding.embedding_dim, config.hidden_size),
            nn.Tanh(),
            PrefixProjection(config.hidden_size, width),
        )

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, PrefixTable | PrefixProjection):
                module.reset_parameters()

    def forward(self) -> Tensor:
        """Shape: (pre_seq_len, width)."""
        table: Tensor = self.embedding.weight
        return table if self.trans is None else self.trans(table)


def prefix_keys_and_values(
    rows: Tensor, *, batch: int, layers: int, heads: int, dropout: nn.Dropout, dtype: torch.dtype, packed: bool = False
) -> list[KeyValue]:
    """Cut the encoder's rows into keys and values, one pair a layer; every row of the batch is dropped on its own.

    Rounding, dropout and transposition come in the official order, so that a seed drops the same numbers; for packed
    rows, which nothing official is compared with, each pair lies in one piece.
    Shapes: rows (length, 2 * layers * heads * head_dim) -> pairs of (batch, heads, length, head_dim).
    """
    table = rows.to(dtype).view(len(rows), 2 * layers, heads, -1)
    if packed:
        by_layer = table.transpose(0, 1).contiguous()[:, None].expand(-1, batch, -1, -1, -1)
        parts = dropout(by_layer).transpose(2, 3).unbind()
    else:  # one gradient for all; an index would make one for each
        parts = dropout(table.expand(batch, -1, -1, -1, -1)).permute(2, 0, 3, 1, 4).unbind()
    return list(zip(parts[::2], parts[1::2], strict=True))


def train_only_the_prefix(model: nn.Module) -> None:
    """Freeze everything but the prefix encoder, and keep that in float32 whatever the base is in."""
    model.requires_grad_(False)
    for module in model.modules():
        if isinstance(module, PrefixEncoder):
            module.float().requires_grad_(True)
