"""What transformers' generation has to know about ChatGLM-6B's masks and positions."""

from typing import Any

from torch import Tensor
from transformers import GenerationMixin

from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.positions import continued, layout


class ChatGLMGenerationMixin(GenerationMixin):
    """``generate`` for prompts padded on the left; masks and positions are computed once and carried along."""

    config: ChatGLM1Config

    def generate(self, inputs: Tensor | None = None, *args: Any, **kwargs: Any) -> Any:
        """Generate as transformers does.

        Padding is what ``attention_mask`` says, (batch, tokens) or the official tokenizer's; without it, the pad tokens
        in front. Raises ValueError for a prompt without ``<sop>``.
        """
        input_ids = kwargs.get("input_ids") if inputs is None else inputs
        if input_ids is not None and input_ids.shape[1]:
            kwargs |= self._layout_of_prompts(input_ids, kwargs)
        kwargs.pop("position_ids", None)
        return super().generate(inputs, *args, **kwargs)  # type: ignore[misc]

    def _layout_of_prompts(self, input_ids: Tensor, given: dict[str, Any]) -> dict[str, Tensor]:
        with_answer = input_ids.eq(self.config.bos_token_id).any(-1)
        if not with_answer.all():
            row = int((~with_answer).long().argmax())
            raise ValueError(
                f"prompt {row} has no <sop> ({self.config.bos_token_id}), after which the answer starts: "
                "make the ids with ChatGLM-6B's own tokenizer"
            )
        mask = given.get("attention_mask")
        if mask is None:
            mask = input_ids.ne(self.config.pad_token_id).cumsum(-1) > 0
        elif mask.dim() == 4:
            mask = ~mask[:, 0, -1]
        places = layout(input_ids, self.config, mask.long())
        for name in ("position_ids", "positions"):
            if given.get(name) is not None and given[name].dim() == 3:
                places["positions"] = given[name]
        return {
            "attention_mask": mask.long(),
            "positions": places["positions"],
            "context_lengths": places["context_lengths"],
        }

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        *args: Any,
        inputs_embeds: Tensor | None = None,
        positions: Tensor | None = None,
        context_lengths: Tensor | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Cut positions and context lengths to the tokens that this step feeds."""
        kwargs.pop("position_ids", None)  # transformers counts along the row, and knows no second axis
        prepare: Any = super().prepare_inputs_for_generation  # type: ignore[misc]
        prepared: dict[str, Any] = prepare(input_ids, *args, inputs_embeds=inputs_embeds, **kwargs)
        if positions is None or context_lengths is None:
            found = layout(input_ids, self.config, kwargs.get("attention_mask"))
            positions, context_lengths = found["positions"], found["context_lengths"]
        length = input_ids.shape[1] + (0 if inputs_embeds is None else inputs_embeds.shape[1])
        fed = prepared["inputs_embeds"] if prepared.get("input_ids") is None else prepared["input_ids"]
        prepared["positions"] = continued(positions, length)[..., -fed.shape[1] :]
        prepared["context_lengths"] = (context_lengths - (length - fed.shape[1])).clamp(min=0)
        return prepared
