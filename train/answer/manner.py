"""How answers are generated: greedily, or drawn as the official ``chat`` draws them."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import LogitsProcessorList

from train.answer.answerer import Answerer
from train.models.chat import InvalidScores

Sampling = Literal["greedy", "official"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """The choices of a generation that change its answers."""

    max_new_tokens: int
    sampling: Sampling = "greedy"
    num_beams: int = 1
    seed: int = 42

    @property
    def is_greedy(self) -> bool:
        return self.sampling == "greedy" and self.num_beams == 1

    def keywords(self, answerer: Answerer) -> dict[str, Any]:
        """What ``generate`` is given, the prompts aside; where float16 overflowed, the family's blank is said."""
        drawn = {name: value for name, value in answerer.family.sampling.items() if name != "max_length"}
        return {
            "max_new_tokens": self.max_new_tokens,
            "num_beams": self.num_beams,
            "eos_token_id": list(answerer.ends),
            "pad_token_id": int(answerer.tokenizer.pad_token_id),
            "logits_processor": LogitsProcessorList([InvalidScores()]),
            **(drawn if self.sampling == "official" else {"do_sample": False}),
        }


def draw_from(seed: int | None) -> None:
    """Seed what draws answers; None draws others every time."""
    if seed is None:
        torch.seed()
    else:
        torch.manual_seed(seed)
