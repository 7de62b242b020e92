"""Baichuan2's tokenizer: ``tokenizer.model``, whose reserved pieces stand before what is asked and what is answered."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import sentencepiece

from train.models.pieces import PiecesTokenizer
from train.prompts import Turns, baichuan2_prompt

USER, ASSISTANT = 195, 196
"""Before a question, before an answer: ``<reserved_106>`` and ``<reserved_107>`` in the official vocabulary."""
_RESERVED = re.compile(rb"(\n.\n.<reserved_\d+>\x15.{4}\x18)\x04", re.DOTALL)
"""A reserved piece of a SentencePiece model (length, text, score) up to its kind: 4 is what a text may spell."""
_UNSPELT = rb"\g<1>" + b"\x03"


def asked(turns: Iterable[list[int]]) -> list[int]:
    """Questions and answers in turn, each behind its control token, up to where the next answer begins."""
    ids = [index for number, turn in enumerate(turns) for index in ((USER, ASSISTANT)[number % 2], *turn)]
    return [*ids, ASSISTANT]


class BaichuanTokenizer(PiecesTokenizer):
    """Text and nothing beside; the name is the official one, by which a folder asks for it.

    The official vocabulary takes ``<reserved_106>`` in a text for the control token; here it does so only where
    ``split_special_tokens`` is False. ``<pad>``, which the released folders add beyond the model's embeddings, is text.
    """

    vocab_files_names = {"vocab_file": "tokenizer.model"}  # noqa: RUF012 (the library's way)
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012
    user_token_id = USER
    assistant_token_id = ASSISTANT

    def __init__(
        self, vocab_file: str, add_bos_token: bool = False, add_eos_token: bool = False, **kwargs: Any
    ) -> None:
        self.add_bos_token, self.add_eos_token = add_bos_token, add_eos_token
        defaults = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<unk>"}
        kwargs.pop("added_tokens_decoder", None)
        super().__init__(vocab_file, **defaults | kwargs)
        self.text_sp = sentencepiece.SentencePieceProcessor(
            model_proto=_RESERVED.sub(_UNSPELT, self.sp.serialized_model_proto())
        )
        self.init_kwargs |= {"add_bos_token": add_bos_token, "add_eos_token": add_eos_token}

    @property
    def vocab_size(self) -> int:
        return int(self.sp.get_piece_size())

    def build_prompt(self, query: str, history: Turns | None = None) -> str:
        return baichuan2_prompt(query, history)

    def prompt_ids(self, query: str, history: Turns | None = None) -> list[int]:
        """Everything that stands before the answer."""
        turns = [*(text for turn in history or () for text in turn), query]
        return asked(self.encode_texts(turns))

    def encode_texts(self, texts: Sequence[str], *, split_special_tokens: bool | None = None) -> list[list[int]]:
        split = self.split_special_tokens if split_special_tokens is None else split_special_tokens
        if not split:
            return super().encode_texts(texts, split_special_tokens=False)
        ids: list[list[int]] = self.text_sp.encode(list(texts))
        return ids

    def tokenize(self, text: str, *args: Any, **kwargs: Any) -> list[str]:
        if kwargs.get("split_special_tokens", self.split_special_tokens):
            return list(self.text_sp.encode(text, out_type=str))
        pieces: list[str] = super().tokenize(text, *args, **kwargs)
        return pieces

    def _convert_token_to_id(self, token: str) -> int:
        return int(self.sp.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        return str(self.sp.id_to_piece(index))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return str(self.sp.decode_pieces(tokens))

    def _decode(self, token_ids: int | list[int], *args: Any, **kwargs: Any) -> str:
        """Beginning, end and padding are no text."""
        ids = [token_ids] if isinstance(token_ids, int) else token_ids
        silent = {self.sp.bos_id(), self.sp.eos_id(), self.sp.unk_id()}
        return str(self.sp.decode([index for index in ids if 0 <= index < self.vocab_size and index not in silent]))

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """The released folders ask for neither beginning nor end."""
        texts = [token_ids_0] if token_ids_1 is None else [token_ids_0, token_ids_1]
        begin, end = [self.bos_token_id] * self.add_bos_token, [self.eos_token_id] * self.add_eos_token
        return [index for ids in texts for index in (*begin, *ids, *end)]
