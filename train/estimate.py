"""How much memory and time a training will take, by arithmetic. docs/train.md explains the terms to users.

Memory of one device at its peak: the weights; gradients and optimiser states of what is trained; what each layer keeps
for the backward pass; and the logits, which in ChatGLM-6B are 130,528 numbers a token and outweigh the rest.
Not counted: the CUDA context (about half a GiB) and what the allocator wastes.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch

from train.held import LAYER, Held, in_layers, states_bytes
from train.methods.trained import computed_in, copied_bytes
from train.models.quantised.linear import largest_whole_bytes, packed_away
from train.models.vocabulary_loss import ROWS

_LOGIT = 12
"""Bytes of a logit at the peak: its float32 logarithm of a probability, and two gradients of it."""
_HIDDEN_KEPT, _HIDDEN_KEPT_TRAINED, _HIDDEN_KEPT_BESIDE = 6, 9, 9
"""Tensors as wide as the hidden state that a layer keeps: inputs of norms, queries, keys, values, what was attended to;
where its weights are trained the inputs of its projections too; where something small trains beside them, as LoRA does,
what went into that."""
_HIDDEN_KEPT_WIDE = 2
"""More of them where what trains is in float32 over a half base: the inputs of two norms."""
_FUSED_LOGIT = 8
"""Bytes of a logit where they come some rows at a time: as they are, and their gradient."""
_PREFIX_KEPT = 2
"""Copies of every example's prefix: dropped out, and as gradients."""
_OUTSIDE_KEPT = 2
"""The same of the last norm and the vocabulary's projection."""
_REACHED, _REACHED_ON_CARD, _REACHED_PACKED = 0.45, 0.53, 0.6
"""Share of the speed of a lone matrix product that a whole step reaches."""
_LAYER_SECONDS = 1e-3
"""Of a layer whose products are small: the time of starting its operations, forward and backward."""
_DEQUANTISING = 70
"""Tokens whose products take as long as making quantised weights whole, once for each pass."""
_MEASURED_FLOPS = {"cpu": 2e9, "cuda": 1e12}
"""Size of the product that is timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one device does with one batch."""

    weight_bytes: int
    parameters: int
    trained: int
    layers: int
    """Through which gradients go: all of them, or those from the lowest trained one on."""
    all_layers: int
    hidden: int
    inner: int
    heads: int
    vocabulary: int
    element_bytes: int
    """Of what the layers compute in."""
    batch: int
    length: int
    fused_loss: bool = False
    """Logits come some rows at a time."""
    packed: bool = False
    prefix: int = 0
    """Trained keys and values in front of every layer's own."""
    layers_trained: bool = False
    """The layers' own weights are, so that the inputs of their projections are kept."""
    beside_layers: bool = False
    """Something small trains inside the layers."""
    half_copies: int = 0
    """Bytes of weights that train in float32 and compute in half precision, as they are kept for the backward pass."""
    layer_bytes: int = 0
    outside_bytes: int = 0
    """Of weights: of the largest layer, and of all that stands around the layers."""
    layer_trained: int = 0
    """Parameters of the largest layer that train."""
    gradient_bytes: int = 4
    recomputed: int = 0
    """Layers that are computed again for the backward pass and keep what went into them only; the lowest ones."""
    optimizer: str = "adamw_torch"
    devices: int = 1
    on_card: bool = False
    """Operations run while the processor starts those that follow."""
    recorded: bool = False
    """Nothing is started by the processor but a whole step."""
    quantised: bool = False
    stage: int = 0
    """Of ZeRO: what is divided among devices (``train/distributed/stage.py``)."""
    score_bytes: int = 0
    """Of an attention score that is kept; torch's kernels keep none, the official code keeps 10 bytes."""
    inner_kept: int = 1
    """Tensors as wide as the inner layer that are kept; the official GELU keeps 5."""

    @property
    def tokens(self) -> int:
        return self.batch * self.length


def work_of(
    model: Any,
    *,
    batch: int,
    length: int,
    checkpointing: bool,
    recomputed: int = 0,
    optimizer: str = "adamw_torch",
    devices: int = 1,
    through_base: bool = True,
    fused_loss: bool = False,
    packed: bool = False,
    on_card: bool = False,
    recorded: bool = False,
    stage: int = 0,
) -> Work:
    """The work of a model that a method has adapted; ``length`` is that of a whole padded example, without
    ``through_base`` no gradient passes through the base's layers, and ``checkpointing`` recomputes all of them."""
    config = model.config
    weights = list(model.named_parameters())
    trained = [(name, weight) for name, weight in weights if weight.requires_grad]
    all_layers, lowest = config.num_hidden_layers, lowest_layer([name for name, _ in trained])
    of_layers = sum(weight.numel() for name, weight in trained if LAYER.search(name))
    layer_bytes, outside_bytes = in_layers((name, weight.nbytes) for name, weight in weights)
    half = computed_in(model)
    layers = all_layers - min(lowest, all_layers) if through_base else 0
    return Work(
        weight_bytes=sum(weight.numel() * weight.element_size() for _, weight in weights) + largest_whole_bytes(model),
        parameters=sum(weight.numel() for _, weight in weights) + packed_away(model),
        trained=sum(weight.numel() for _, weight in trained),
        layers=layers,
        all_layers=all_layers,
        hidden=config.hidden_size,
        inner=config.intermediate_size,
        heads=config.num_attention_heads,
        vocabulary=config.vocab_size,
        element_bytes=half.itemsize
        if half
        else min((weight.element_size() for name, weight in weights if _computes(name, weight)), default=4),
        half_copies=copied_bytes(model),
        layer_bytes=layer_bytes,
        outside_bytes=outside_bytes,
        layer_trained=in_layers((name, weight.numel()) for name, weight in trained)[0],
        batch=batch,
        length=length,
        prefix=getattr(config, "pre_seq_len", None) or 0,
        fused_loss=fused_loss,
        packed=packed,
        beside_layers=of_layers > 0,
        gradient_bytes=max((weight.element_size() for _, weight in trained), default=4),
        layers_trained=of_layers > sum(weight.numel() for _, weight in weights) // 100,
        recomputed=layers if checkpointing else min(recomputed, layers),
        optimizer=optimizer,
        devices=devices,
        on_card=on_card,
        recorded=recorded,
        quantised=packed_away(model) > 0,
        stage=stage,
    )


def memory_bytes(work: Work) -> int:
    """Of one device at its peak."""
    held = Held(
        weights=work.weight_bytes,
        gradients=work.trained * work.gradient_bytes,
        states=work.trained * states_bytes(work.optimizer),
        layer=work.layer_bytes,
        outside=work.outside_bytes,
        layer_gradients=work.layer_trained * work.gradient_bytes,
    )
    layer = _layer_bytes(work)
    a_state = work.tokens * work.hidden * work.element_bytes
    whole = max(work.layers - work.recomputed, min(work.layers, 1))  # one at least, while it is computed again
    kept = (_OUTSIDE_KEPT + work.recomputed) * a_state + whole * layer
    kept += work.half_copies * whole // max(work.layers, 1)
    prefix = _PREFIX_KEPT * work.layers * 2 * work.batch * work.prefix * work.hidden * work.element_bytes
    return held.on_a_device(work.devices, work.stage) + kept + prefix + _logit_bytes(work)


def _logit_bytes(work: Work) -> int:
    if not work.fused_loss:
        return work.tokens * work.vocabulary * _LOGIT
    of_weight = 6 * work.vocabulary * work.hidden if work.layers_trained else 0  # in float32, and as it is returned
    return min(work.tokens, ROWS) * work.vocabulary * _FUSED_LOGIT + of_weight


def _layer_bytes(work: Work) -> int:
    beside = _HIDDEN_KEPT_BESIDE if work.beside_layers else _HIDDEN_KEPT
    hidden = _HIDDEN_KEPT_TRAINED if work.layers_trained else beside
    hidden += _HIDDEN_KEPT_WIDE if work.half_copies else 0
    inner = work.inner_kept + work.layers_trained
    scores = work.heads * (work.length + work.prefix) * work.score_bytes
    return work.tokens * ((hidden * work.hidden + inner * work.inner) * work.element_bytes + scores)


def flops(work: Work) -> float:
    """Of one batch: 2 a parameter and token forward, 2 backward through each layer, 2 for each trained weight's
    gradient, and 2 through each layer that is recomputed. So 4 for a frozen base and 6 for all of it trained."""
    through = work.parameters * (work.layers + work.recomputed) / max(work.all_layers, 1)
    return 2.0 * work.tokens * (work.parameters + through + work.trained)


def step_seconds(work: Work, accumulation: int, flops_per_second: float) -> float:
    """Of one optimiser step."""
    return training_seconds(work, accumulation, accumulation * work.batch, flops_per_second)


def training_seconds(work: Work, batches: int, rows: int, flops_per_second: float) -> float:
    """Of so many batches, which hold so many rows together: the last one of an epoch may be smaller."""
    reached = _REACHED_PACKED if work.packed else _REACHED_ON_CARD if work.on_card else _REACHED
    tokens = rows * work.length + batches * _DEQUANTISING * work.quantised
    computing = flops(work) * tokens / work.tokens / (flops_per_second * reached)
    starting = 0.0 if work.recorded else batches * work.all_layers * _LAYER_SECONDS
    return max(computing, starting) if work.on_card else computing + starting


def measured_flops(work: Work, device: torch.device, dtype: torch.dtype) -> float:
    """Floating point operations a second of this device in a product as the layers have them; takes some 0.1 s."""
    largest = _MEASURED_FLOPS.get(device.type, _MEASURED_FLOPS["cpu"])
    rows = max(1, min(work.tokens, int(largest / (2 * work.hidden * work.inner))))
    left = torch.ones(rows, work.hidden, device=device, dtype=dtype)
    right = torch.ones(work.hidden, work.inner, device=device, dtype=dtype)
    best = min(_product_seconds(left, right) for _ in range(5))
    return 2.0 * rows * work.hidden * work.inner / best


def _product_seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    started = perf_counter()
    float((left @ right)[0, 0])  # waits for the device
    return max(perf_counter() - started, 1e-9)


def _computes(name: str, weight: torch.Tensor) -> bool:
    """What is quantised, and its scales, say nothing about the precision of what is computed."""
    return weight.is_floating_point() and not name.endswith("weight_scale")


def lowest_layer(trained: list[str]) -> int:
    """The lowest layer that holds something trained; 0 where anything is trained outside the layers."""
    found = [LAYER.search(name) for name in trained]
    return 0 if any(each is None for each in found) else min((int(each[1]) for each in found if each), default=0)
