"""``--tokenizer PATH``: a model's tokens and what its training would cut, handed to the pipeline, which knows neither.

Counting alone needs the vocabulary's file and the one library that reads it; the encoding of a model needs torch.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import ModelError, OptionError
from schemas.limits import TokenCounter

if TYPE_CHECKING:
    from schemas.statistics import TruncationRule
    from train.families.family import Encoding

_CHATGLM = "ice_text.model"
_FILES = (_CHATGLM, "tokenizer.model", "tokenizer.json", "spiece.model")
_BLANKS = re.compile(" {2,80}")


@dataclass(frozen=True, slots=True)
class _SentencePiece:
    name: str
    model: Any
    is_chatglm: bool

    def count(self, texts: Sequence[str]) -> list[int]:
        prepared = [_as_chatglm(text) for text in texts] if self.is_chatglm else list(texts)
        return [len(ids) for ids in self.model.encode(prepared)]


@dataclass(frozen=True, slots=True)
class _Tokenizers:
    name: str
    model: Any

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(encoded.ids) for encoded in self.model.encode_batch(list(texts), add_special_tokens=False)]


def load_counter(path: Path) -> TokenCounter:
    """Load a tokenizer from a model folder or from its file, without running any code of the model.

    Raises OptionError where there is none, or where the library that reads it is not installed.
    """
    file = _find(path)
    if file.suffix == ".json":
        return _Tokenizers(str(path), _load_json(file))
    return _SentencePiece(str(path), _load_sentencepiece(file), is_chatglm=file.name == _CHATGLM)


def load_rule(path: Path, encoding: "Encoding") -> "tuple[TokenCounter, TruncationRule] | None":
    """The counter and the rule of the family that a model's folder belongs to; None for whatever is no such folder.

    What the rule says is what training reports.
    """
    if not (path / "config.json").is_file():
        return None
    try:
        from train.families.registry import family_of
    except ImportError as error:
        raise _missing(path, str(error.name)) from None
    try:
        family = family_of(path)
        tokenizer = family.load_tokenizer(path)
    except (OptionError, ModelError):
        return None
    counter: TokenCounter = family.counter(tokenizer)
    rule: TruncationRule = family.rule(tokenizer, encoding)
    return counter, rule


def _find(path: Path) -> Path:
    if path.is_file():
        return path
    for name in _FILES:
        if (path / name).is_file():
            return path / name
    what = f"none of {', '.join(_FILES)} in it" if path.is_dir() else "no such file or folder"
    raise OptionError(f"--tokenizer {path}: {what}; name the folder of a model or its tokenizer file")


def _load_sentencepiece(file: Path) -> Any:
    try:
        import sentencepiece
    except ImportError:
        raise _missing(file, "sentencepiece") from None
    try:
        return sentencepiece.SentencePieceProcessor(model_file=str(file))
    except (RuntimeError, OSError) as error:
        raise OptionError(f"--tokenizer {file}: not a SentencePiece model: {' '.join(str(error).split())}") from None


def _load_json(file: Path) -> Any:
    try:
        import tokenizers
    except ImportError:
        raise _missing(file, "tokenizers") from None
    try:
        return tokenizers.Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except Exception as error:  # noqa: BLE001 (the library raises nothing more special)
        raise OptionError(f"--tokenizer {file}: not a tokenizer.json: {' '.join(str(error).split())}") from None


def _missing(file: Path, library: str) -> OptionError:
    return OptionError(f"--tokenizer {file}: needs {library}; install it with pip install -e '.[train]'")


def _as_chatglm(text: str) -> str:
    """As ChatGLM-6B's tokenizer prepares a text: line feeds, tabs and runs of blanks are pieces of their own."""
    marked = text.replace("\n", "<n>").replace("\t", "<|tab|>")
    return _BLANKS.sub(lambda run: f"<|blank_{len(run[0])}|>", marked)
