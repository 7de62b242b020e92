"""The one class that a ChatGLM folder names as its tokenizer: it hands over to the generation that the folder holds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from transformers.utils.generic import PaddingStrategy
from transformers.utils.hub import cached_file

from schemas.errors import OptionError
from train.models.pieces import PiecesTokenizer

_GENERATIONS = ("ice_text.model", "tokenizer.model")


class ChatGLMTokenizer(PiecesTokenizer):
    """What the generations share: padding on the left, saving under one name.

    ``from_pretrained`` gives the tokenizer of the generation whose vocabulary lies in the folder.
    """

    model_input_names = ["input_ids", "attention_mask", "position_ids"]  # noqa: RUF012 (the library's way)
    padding_side = "left"

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *inputs: Any, **kwargs: Any) -> Self:
        generation = cls if cls is not ChatGLMTokenizer else _generation(pretrained_model_name_or_path, kwargs)
        loaded: Self = super(ChatGLMTokenizer, generation).from_pretrained(
            pretrained_model_name_or_path, *inputs, **kwargs
        )
        return loaded

    def _pad(  # noqa: PLR0917 (the library's signature)
        self,
        encoded_inputs: Any,
        max_length: int | None = None,
        padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
    ) -> dict[str, Any]:
        if (padding_side or self.padding_side) != "left":
            raise OptionError("padding_side 'right': ChatGLM pads its prompts on the left; use padding_side='left'")
        encoded: dict[str, Any] = encoded_inputs
        length = len(encoded["input_ids"])
        if padding_strategy == PaddingStrategy.LONGEST:
            max_length = length
        if max_length is not None and pad_to_multiple_of is not None:
            max_length = -(-max_length // pad_to_multiple_of) * pad_to_multiple_of
        self._add_mask_and_positions(encoded, max_length)
        if padding_strategy != PaddingStrategy.DO_NOT_PAD and max_length is not None and max_length > length:
            self._pad_left(encoded, max_length - length)
        return encoded

    def _add_mask_and_positions(self, encoded: dict[str, Any], max_length: int | None) -> None:
        """Add what the reference's tokenizer adds, where it is not there yet."""
        raise NotImplementedError

    def _pad_left(self, encoded: dict[str, Any], width: int) -> None:
        encoded["input_ids"] = [self.pad_token_id] * width + encoded["input_ids"]
        if "special_tokens_mask" in encoded:
            encoded["special_tokens_mask"] = [1] * width + encoded["special_tokens_mask"]

    def save_pretrained(self, save_directory: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
        """Save a folder that loads again under the class's official name, whichever generation it is."""
        files: tuple[str, ...] = super().save_pretrained(save_directory, *args, **kwargs)
        settings = Path(files[0])
        saved = json.loads(settings.read_text(encoding="utf-8")) | {"tokenizer_class": ChatGLMTokenizer.__name__}
        settings.write_text(json.dumps(saved, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return files


def _generation(folder: Any, options: Mapping[str, Any]) -> type[ChatGLMTokenizer]:
    from train.models.chatglm.tokenization import ChatGLM1Tokenizer
    from train.models.chatglm2.tokenization import ChatGLM2Tokenizer
    from train.models.chatglm3.recognised import speaks_in_roles
    from train.models.chatglm3.tokenization import ChatGLM3Tokenizer

    generations = dict(zip(_GENERATIONS, (ChatGLM1Tokenizer, ChatGLM2Tokenizer), strict=True))
    hub = {
        key: options[key]
        for key in ("cache_dir", "local_files_only", "revision", "subfolder", "token")
        if key in options
    }
    for file, generation in generations.items():
        found = cached_file(folder, file, _raise_exceptions_for_missing_entries=False, **hub)
        if found is not None:
            is_third = generation is ChatGLM2Tokenizer and speaks_in_roles(Path(found).parent)
            return ChatGLM3Tokenizer if is_third else generation
    raise OptionError(
        f"{folder}: no tokenizer of ChatGLM: neither {' nor '.join(generations)} in it; name a model folder"
    )
