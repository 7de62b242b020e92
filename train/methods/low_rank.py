"""LoRA beside a base in half precision, in two products of few columns: peft goes there and back in float32.

What trains stays in float32, and so do its gradients; products are in the base's precision with sums in float32, as
under autocast. ``fused_kernels`` switches it off.
"""

from typing import Any

import torch
from peft.tuners.lora import layer as peft_lora
from torch import Tensor, nn

from train.models.fused import SWITCH
from train.models.packing import HALVES


class LowRank(peft_lora.Linear):
    """Peft's layer, whose one adapter is added without a detour where it is a plain one that trains."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        name = None if args or kwargs else self._plain_adapter(x)
        if name is None:
            output: Tensor = super().forward(x, *args, **kwargs)
            return output
        whole = self.base_layer(x)
        given = self.lora_dropout[name](x.to(whole.dtype))
        pair = (self.lora_A[name].weight, self.lora_B[name].weight * self.scaling[name])
        added: Tensor = _Added.apply(whole, given, *pair)  # type: ignore[no-untyped-call]
        return added

    def _plain_adapter(self, x: Tensor) -> str | None:
        """The name of the only adapter, where nothing of peft's other kinds is asked of it."""
        active = [name for name in self.active_adapters if name in self.lora_A]
        plain = len(active) == 1 and not (self.disable_adapters or self.merged or self.lora_variant.get(active[0]))
        trains = SWITCH["is_on"] and torch.is_grad_enabled() and x.dtype in HALVES
        if not (plain and trains):
            return None
        up = self.lora_B[active[0]]
        is_elsewhere = hasattr(up.weight, "ds_id")  # ZeRO-3 brings a weight when its own module is called
        return None if is_elsewhere or up.bias is not None else active[0]


class _Added(torch.autograd.Function):
    """``output + given @ down.T @ up.T``. Shapes: output (…, rows), given (…, columns), down (rank, columns),
    up (rows, rank)."""

    @staticmethod
    def forward(ctx: Any, output: Tensor, given: Tensor, down: Tensor, up: Tensor) -> Tensor:
        rows = given.reshape(-1, given.shape[-1])
        small = rows @ down.to(rows.dtype).T
        ctx.save_for_backward(rows, small, down, up)
        flat = output.reshape(-1, output.shape[-1])
        return torch.addmm(flat, small, up.to(rows.dtype).T).view(output.shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        rows, small, down, up = ctx.saved_tensors
        whole = gradients[0]
        gradient = whole.reshape(-1, whole.shape[-1])
        of_small = gradient @ up.to(gradient.dtype)
        of_down = (of_small.T @ rows).to(down.dtype)
        of_up = (gradient.T @ small).to(up.dtype)
        of_given = of_small @ down.to(gradient.dtype) if ctx.needs_input_grad[1] else None
        return whole, None if of_given is None else of_given.view(*whole.shape[:-1], -1), of_down, of_up


def without_detours(model: nn.Module) -> None:
    """Let peft's plain layers of a model add their adapters so; they stay peft's."""
    for module in model.modules():
        if type(module) is peft_lora.Linear:
            module.__class__ = LowRank
