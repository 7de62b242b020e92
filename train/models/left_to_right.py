"""What models share that are read from left to right and count their tokens: ChatGLM2-6B and Baichuan2."""

from typing import Any

import torch
from torch import Tensor

from train.models.backbone import Call, NativeLayers
from train.models.causal import NativeCausalLM
from train.models.chatglm2.positions import with_embeddings_before


class LeftToRightLayers(NativeLayers):
    """Positions are the numbers of the tokens."""

    def positions(self, call: Call) -> Tensor:
        """Those that are not given go on after those in the cache, where our own prefix does not count."""
        given, tokens = call.positions, call.hidden.shape[1]
        if given is None:
            before = max(call.cached - (self.config.pre_seq_len or 0), 0)
            given = torch.arange(before, before + tokens, device=call.hidden.device)[None]
        return with_embeddings_before(given, tokens - given.shape[1])


class LeftToRightLM(NativeCausalLM):
    """The layers with their vocabulary."""

    def prepare_inputs_for_generation(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Hand on the positions under the name that peft leaves alone."""
        prepared: dict[str, Any] = super().prepare_inputs_for_generation(*args, **kwargs)  # type: ignore[misc]
        counted = prepared.pop("position_ids", None)
        if prepared.get("positions") is None and counted is not None:
            prepared["positions"] = counted
        return prepared
