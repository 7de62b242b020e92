"""A small SentencePiece vocabulary in the layout of ChatGLM-6B's: the same control tokens, in the same order."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import sentencepiece

FIRST = ("<unk>", "<s>", "</s>", "<pad>", "<n>")
CONTROL = ("[MASK]", "[gMASK]", "[sMASK]", "<unused_0>", "<sop>", "<eop>", "<ENC>", "<dBLOCK>")
BLANKS = ("<|tab|>", *(f"<|blank_{count}|>" for count in range(2, 81)))
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
LAST = CONTROL + BLANKS + BYTES

WORDS = 1000
"""Ids below those of ``LAST``: official are 130,000."""
CHARACTERS = 800
"""The most frequent ones are words of their own; the others are spelt in bytes."""


def make_vocabulary(texts: Iterable[str], words: int = WORDS) -> bytes:
    """Train the content of an ``ice_text.model``."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(frequent(list(texts))),
        model_writer=model,
        model_type="unigram",
        vocab_size=words + len(LAST),
        character_coverage=1.0,
        normalization_rule_name="nmt_nfkc",
        split_digits=True,
        byte_fallback=True,
        pad_id=3,
        control_symbols=list(CONTROL),
        user_defined_symbols=["<n>", *BLANKS],
        num_threads=1,
        minloglevel=2,
    )
    return _official_order(model.getvalue())


def frequent(texts: Sequence[str], most: int = CHARACTERS) -> list[str]:
    """Lines in which a blank stands for each rare character; SentencePiece itself would not leave out so many."""
    counts = Counter(character for text in texts for character in text)
    kept = {character for character, _ in counts.most_common(most)}
    return ["".join(c if c in kept else " " for c in line) for text in texts for line in text.split("\n")]


def _official_order(model: bytes) -> bytes:
    """Put the pieces that SentencePiece places in front of the words behind them; ids follow from the order alone."""
    fields = list(_fields(model))
    pieces = [field for field in fields if field[:1] == _PIECE]
    ranks = {piece.encode(): rank for rank, piece in enumerate(LAST, start=1)}
    first = {piece.encode(): rank - len(FIRST) for rank, piece in enumerate(FIRST)}
    pieces.sort(key=lambda field: (ranks | first).get(_text(field), 0))
    return b"".join(pieces) + b"".join(field for field in fields if field[:1] != _PIECE)


_PIECE = b"\x0a"
"""The tag of a piece in the model, and of the text in a piece: field 1, with a length. (SentencePiece writes protocol
buffers; the library that reads them is no dependency of ours, and this is all we need of it.)"""


def _fields(message: bytes) -> Iterator[bytes]:
    """Fields of a message that have a length, tag included; the model has no others."""
    start = 0
    while start < len(message):
        size, content = _size(message, start + 1)
        yield message[start : content + size]
        start = content + size


def _text(piece: bytes) -> bytes:
    _, inner = _size(piece, 1)
    size, content = _size(piece, inner + 1)
    return piece[content : content + size]


def _size(message: bytes, start: int) -> tuple[int, int]:
    """A length of seven bits a byte, lowest first; and where what it measures begins."""
    size = shift = 0
    while message[start] & 0x80:
        size |= (message[start] & 0x7F) << shift
        start, shift = start + 1, shift + 7
    return size | message[start] << shift, start + 1
