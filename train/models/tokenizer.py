"""The one class that a ChatGLM folder names as its tokenizer: it hands over to the generation that the folder holds.

Control tokens typed in a text stay text (``split_special_tokens``, True by default): ``<eop>`` in data cannot end an
answer, nor ``[MASK]`` move the place of one. That is our deviation; ``split_special_tokens=False``, when loading or in
a single call, is the official behaviour. Decoding leaves blanks alone, as transformers 5 does; the official
``" ." -> "."`` comes back with ``clean_up_tokenization_spaces=True``.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import sentencepiece
from transformers import AutoTokenizer, BatchEncoding, PreTrainedTokenizer
from transformers.utils.generic import PaddingStrategy
from transformers.utils.hub import cached_file

from schemas.errors import OptionError
from train.prompts import Turns

_GENERATIONS = ("ice_text.model", "tokenizer.model")
_UNSAVED = ("auto_map", "model_specific_special_tokens", "is_local", "local_files_only", "backend", "vocab_file")


class ChatGLMTokenizer(PreTrainedTokenizer):
    """What the generations share: SentencePiece, a batch at a time; padding on the left; saving.

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

    def __init__(self, vocab_file: str, **kwargs: Any) -> None:
        self.vocab_file = vocab_file
        self.sp = _vocabulary(vocab_file)
        for name in _UNSAVED:
            kwargs.pop(name, None)
        kwargs.setdefault("split_special_tokens", True)
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]

    def build_prompt(self, query: str, history: Turns | None = None) -> str:
        """What the model is asked, in the form of its generation."""
        raise NotImplementedError

    def encode_texts(self, texts: Sequence[str], *, split_special_tokens: bool | None = None) -> list[list[int]]:
        """Ids of each text and nothing beside, the whole batch at once."""
        split = self.split_special_tokens if split_special_tokens is None else split_special_tokens
        ids: list[list[int]] = self.sp.encode([self._prepared(text) for text in texts])
        control_tokens = [] if split else self.all_special_tokens
        for row, text in enumerate(texts):
            if any(token in text for token in control_tokens):
                ids[row] = list(map(self._convert_token_to_id, self.tokenize(text, split_special_tokens=False)))
        return ids

    def _prepared(self, text: str) -> str:
        """What SentencePiece gets to see."""
        return text

    def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
        return list(self.sp.encode(self._prepared(text), out_type=str))

    def _encode_plus(self, text: Any, text_pair: Any = None, *args: Any, **kwargs: Any) -> BatchEncoding:
        if text_pair is None and isinstance(text, list) and text and all(isinstance(row, str) for row in text):
            ids = self.encode_texts(text, split_special_tokens=kwargs.get("split_special_tokens"))
            text = ids if all(ids) else text  # the library refuses empty lists of ids, but not empty texts
        encoded: BatchEncoding = super()._encode_plus(text, text_pair, *args, **kwargs)
        return encoded

    def get_vocab(self) -> dict[str, int]:
        pieces = {self.sp.id_to_piece(index): index for index in range(self.sp.get_piece_size())}
        return pieces | self._added_tokens_encoder

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

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Copy the vocabulary, byte for byte."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        path = Path(save_directory) / f"{prefix}{self.vocab_files_names['vocab_file']}"
        if path.resolve() != Path(self.vocab_file).resolve():
            shutil.copyfile(self.vocab_file, path)
        return (str(path),)

    def save_pretrained(self, save_directory: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
        """Save a folder that loads again under the class's official name, whichever generation it is."""
        files: tuple[str, ...] = super().save_pretrained(save_directory, *args, **kwargs)
        settings = Path(files[0])
        saved = json.loads(settings.read_text(encoding="utf-8")) | {"tokenizer_class": ChatGLMTokenizer.__name__}
        settings.write_text(json.dumps(saved, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return files


def register_tokenizer() -> None:
    """Make ``AutoTokenizer`` know the class by its name, as ``tokenizer_config.json`` writes it.

    By its name only: for a class that is registered for a configuration, ``trust_remote_code=True`` (a habit with
    ChatGLM) would still run the code that the folder's ``auto_map`` names.
    """
    register: Callable[..., None] = AutoTokenizer.register
    register(_NoConfiguration, tokenizer_class=ChatGLMTokenizer, exist_ok=True)


class _NoConfiguration:
    """Stands where the library asks for a configuration."""


def _vocabulary(file: str) -> sentencepiece.SentencePieceProcessor:
    try:
        return sentencepiece.SentencePieceProcessor(model_file=file)
    except (RuntimeError, OSError) as error:
        is_pointer = Path(file).is_file() and Path(file).read_bytes()[:7] == b"version"
        what = "a pointer of Git LFS; fetch the file itself with git lfs pull" if is_pointer else str(error)
        raise OptionError(f"{file}: expected a SentencePiece model, found {what}") from None


def _generation(folder: Any, options: Mapping[str, Any]) -> type[ChatGLMTokenizer]:
    from train.models.chatglm.tokenization import ChatGLM1Tokenizer
    from train.models.chatglm2.tokenization import ChatGLM2Tokenizer

    generations = dict(zip(_GENERATIONS, (ChatGLM1Tokenizer, ChatGLM2Tokenizer), strict=True))
    hub = {
        key: options[key]
        for key in ("cache_dir", "local_files_only", "revision", "subfolder", "token")
        if key in options
    }
    for file, generation in generations.items():
        if cached_file(folder, file, _raise_exceptions_for_missing_entries=False, **hub) is not None:
            return generation
    raise OptionError(
        f"{folder}: no tokenizer of ChatGLM: neither {' nor '.join(generations)} in it; name a model folder"
    )
