"""ChatGLM2-6B's tokenizer: ``tokenizer.model``, and five control tokens beyond its pieces that no text can reach."""

from typing import Any, ClassVar

from train.models.tokenizer import ChatGLMTokenizer
from train.prompts import Turns, chatglm2_prompt


class ChatGLM2Tokenizer(ChatGLMTokenizer):
    """``[gMASK] sop``, then text, then the answer and ``</s>``."""

    vocab_files_names = {"vocab_file": "tokenizer.model"}  # noqa: RUF012 (the library's way)
    control_tokens: ClassVar[tuple[str, ...]] = ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop")

    def __init__(self, vocab_file: str, **kwargs: Any) -> None:
        super().__init__(vocab_file, **{"eos_token": "</s>", "pad_token": "<unk>"} | kwargs)

    @property
    def vocab_size(self) -> int:
        return int(self.sp.get_piece_size()) + len(self.control_tokens)

    @property
    def all_special_tokens(self) -> list[str]:
        """None: whatever a text says, ``</s>`` included, is text."""
        return []

    @property
    def special_tokens(self) -> dict[str, int]:
        """Control tokens and their ids."""
        return {token: self.sp.get_piece_size() + number for number, token in enumerate(self.control_tokens)}

    def get_command(self, token: str) -> int:
        """Id of a control token, or of ``<bos>``, ``<eos>``, ``<pad>``."""
        pieces = {"<bos>": self.sp.bos_id(), "<eos>": self.sp.eos_id(), "<pad>": self.sp.unk_id()}
        return int((pieces | self.special_tokens)[token])

    def get_prefix_tokens(self) -> list[int]:
        return [self.special_tokens["[gMASK]"], self.special_tokens["sop"]]

    def build_prompt(self, query: str, history: Turns | None = None) -> str:
        return chatglm2_prompt(query, history)

    def get_vocab(self) -> dict[str, int]:
        return super().get_vocab() | self.special_tokens

    def _convert_token_to_id(self, token: str) -> int:
        known = self.special_tokens
        return known[token] if token in known else int(self.sp.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        """Empty for whatever is no text: control tokens, ``<s>``, ``</s>``, ``<unk>``, negative ids."""
        silent = {self.sp.bos_id(), self.sp.eos_id(), self.sp.unk_id()}
        if index in silent or not 0 <= index < self.sp.get_piece_size():
            return ""
        return str(self.sp.id_to_piece(index))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return str(self.sp.decode_pieces(tokens))

    def _decode(self, token_ids: int | list[int], *args: Any, **kwargs: Any) -> str:
        if isinstance(token_ids, int):  # the reference takes a lone piece letter by letter: a byte stays <0x0A>
            return self.convert_tokens_to_string(list(self._convert_id_to_token(token_ids)))
        return str(super()._decode(token_ids, *args, **kwargs))

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        asked = [*self.get_prefix_tokens(), *token_ids_0]
        return asked if token_ids_1 is None else [*asked, *token_ids_1, self.eos_token_id]

    def _add_mask_and_positions(self, encoded: dict[str, Any], max_length: int | None) -> None:
        length = len(encoded["input_ids"])
        encoded.setdefault("attention_mask", [1] * length)
        encoded.setdefault("position_ids", list(range(length)))

    def _pad_left(self, encoded: dict[str, Any], width: int) -> None:
        super()._pad_left(encoded, width)
        encoded["attention_mask"] = [0] * width + encoded["attention_mask"]
        encoded["position_ids"] = [0] * width + encoded["position_ids"]
