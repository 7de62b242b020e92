"""ChatGLM-6B's tokenizer: ``ice_text.model``, with line feeds, tabs and runs of blanks as pieces of their own."""

import re
from typing import Any

import numpy as np
from transformers import AddedToken

from schemas.errors import OptionError
from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import Turns, chatglm_prompt

_BLANKS = re.compile(" {2,80}")
_MARKED_BLANKS = re.compile(r"<\|blank_(\d\d?)\|>")
_CONTROL_TOKENS = {
    "bos_token": "<sop>",
    "eos_token": "<eop>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "mask_token": "[MASK]",
}
_OWN_TOKENS = {"end_token": "</s>", "gmask_token": "[gMASK]"}
"""transformers would make special tokens of these two, which would change the ids of texts that contain them."""


class ChatGLM1Tokenizer(ChatGLMTokenizer):
    """Text, then ``[gMASK] <sop>``, then the answer and ``<eop>``."""

    vocab_files_names = {"vocab_file": "ice_text.model"}  # noqa: RUF012 (the library's way)

    def __init__(self, vocab_file: str, num_image_tokens: int = 0, **kwargs: Any) -> None:
        if num_image_tokens:
            raise OptionError(f"{vocab_file}: num_image_tokens {num_image_tokens}, expected 0 (ChatGLM-6B v1.1.0)")
        own = {name: str(kwargs.pop(name, token)) for name, token in _OWN_TOKENS.items()}
        self.end_token, self.gmask_token = own.values()
        super().__init__(vocab_file, **_CONTROL_TOKENS | kwargs)
        self.init_kwargs |= own | {"num_image_tokens": 0}

    @property
    def num_image_tokens(self) -> int:
        return 0

    @property
    def vocab_size(self) -> int:
        return int(self.sp.get_piece_size())

    @property
    def gmask_token_id(self) -> int:
        return self._convert_token_to_id(self.gmask_token)

    @property
    def end_token_id(self) -> int:
        return self._convert_token_to_id(self.end_token)

    def build_prompt(self, query: str, history: Turns | None = None) -> str:
        return chatglm_prompt(query, history)

    def _prepared(self, text: str) -> str:
        marked = text.replace("\n", "<n>").replace("\t", "<|tab|>")
        return _BLANKS.sub(lambda run: f"<|blank_{len(run[0])}|>", marked)

    def _add_tokens(self, new_tokens: Any, special_tokens: bool = False) -> int:
        """As transformers 4 did, a control token swallows the blanks around it."""
        return int(super()._add_tokens([_greedy(token) for token in new_tokens], special_tokens=special_tokens))

    def _convert_token_to_id(self, token: str) -> int:
        return int(self.sp.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        if index < 0:
            return f"<image_{index}>"
        return str(self.sp.id_to_piece(index)) if index < self.vocab_size else ""

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        text = str(self.sp.decode_pieces(tokens)).replace("<n>", "\n").replace("<|tab|>", "\t")
        return _MARKED_BLANKS.sub(lambda blanks: " " * int(blanks[1]), text)

    def _decode(self, token_ids: int | list[int], *args: Any, **kwargs: Any) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else token_ids
        return str(super()._decode([index for index in ids if index != self.pad_token_id], *args, **kwargs))

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        asked = [*token_ids_0, self.gmask_token_id, self.bos_token_id]
        return asked if token_ids_1 is None else [*asked, *token_ids_1, self.eos_token_id]

    def _add_mask_and_positions(self, encoded: dict[str, Any], max_length: int | None) -> None:
        """Only where a length is asked for: without one the model makes both from the ids.

        Shapes: attention_mask (1, length, length), True where hidden; position_ids (2, length).
        """
        if max_length is None:
            return
        ids = encoded["input_ids"]
        length, context = len(ids), ids.index(self.bos_token_id) if self.bos_token_id in ids else len(ids)
        if "attention_mask" not in encoded:
            hidden = np.triu(np.ones((1, length, length), dtype=bool), k=1)
            hidden[:, :, :context] = False
            encoded["attention_mask"] = hidden
        if "position_ids" not in encoded:
            positions = np.arange(length, dtype=np.int64)
            mask_token = self.mask_token_id if self.mask_token_id in ids else self.gmask_token_id
            if mask_token in ids:
                positions[context:] = ids.index(mask_token)
            encoded["position_ids"] = np.stack([positions, np.maximum(np.arange(length) - context + 1, 0)])

    def _pad_left(self, encoded: dict[str, Any], width: int) -> None:
        super()._pad_left(encoded, width)
        encoded["attention_mask"] = np.pad(
            encoded["attention_mask"], [(0, 0), (width, 0), (width, 0)], constant_values=True
        )
        encoded["position_ids"] = np.pad(encoded["position_ids"], [(0, 0), (width, 0)])


def _greedy(token: str | AddedToken) -> AddedToken:
    if isinstance(token, AddedToken):
        return token
    return AddedToken(token, lstrip=True, rstrip=True, special=True, normalized=False)
