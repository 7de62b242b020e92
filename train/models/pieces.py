"""A SentencePiece vocabulary as a tokenizer of transformers: a batch at a time, saved byte for byte.

Control tokens typed in a text stay text (``split_special_tokens``, True by default): what ends an answer cannot stand
in data. That is our deviation; ``split_special_tokens=False``, when loading or in a single call, is the official
behaviour. Decoding leaves blanks alone, as transformers 5 does; the official ``" ." -> "."`` comes back with
``clean_up_tokenization_spaces=True``.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sentencepiece
from transformers import AutoTokenizer, BatchEncoding, PreTrainedTokenizer

from schemas.errors import OptionError
from train.prompts import Turns

_UNSAVED = ("auto_map", "model_specific_special_tokens", "is_local", "local_files_only", "backend", "vocab_file")


class PiecesTokenizer(PreTrainedTokenizer):
    """What the tokenizers of our own models share."""

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

    def prompt_ids(self, query: str, history: Turns | None = None) -> list[int]:
        """The same as ids, control tokens included."""
        ids: list[int] = self([self.build_prompt(query, history)])["input_ids"][0]
        return ids

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

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Copy the vocabulary, byte for byte."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        path = Path(save_directory) / f"{prefix}{self.vocab_files_names['vocab_file']}"
        if path.resolve() != Path(self.vocab_file).resolve():
            shutil.copyfile(self.vocab_file, path)
        return (str(path),)


def register_tokenizer(tokenizer: type[PiecesTokenizer]) -> None:
    """Make ``AutoTokenizer`` know a class by its name, as ``tokenizer_config.json`` writes it.

    By its name only: for a class that is registered for a configuration, ``trust_remote_code=True`` (a habit with
    ChatGLM and Baichuan) would still run the code that the folder's ``auto_map`` names. So it stands itself where the
    library asks for a configuration.
    """
    register: Callable[..., None] = AutoTokenizer.register
    register(tokenizer, tokenizer_class=tokenizer, exist_ok=True)


def _vocabulary(file: str) -> sentencepiece.SentencePieceProcessor:
    try:
        return sentencepiece.SentencePieceProcessor(model_file=file)
    except (RuntimeError, OSError) as error:
        is_pointer = Path(file).is_file() and Path(file).read_bytes()[:7] == b"version"
        what = "a pointer of Git LFS; fetch the file itself with git lfs pull" if is_pointer else str(error)
        raise OptionError(f"{file}: expected a SentencePiece model, found {what}") from None
