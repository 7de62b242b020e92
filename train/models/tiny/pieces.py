"""A small SentencePiece vocabulary as LLaMA and those after it have it: ``<unk> <s> </s>``, then pieces and bytes."""

import io
from collections.abc import Sequence

import sentencepiece

from train.models.tiny.vocabulary import frequent


def make_pieces(texts: Sequence[str], *, words: int = 1200, symbols: Sequence[str] = ()) -> bytes:
    """Train the content of a ``tokenizer.model``; ``symbols`` are whole pieces, with the ids from 3 on."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(frequent(list(texts), 600)),
        model_writer=model,
        model_type="bpe",
        vocab_size=words + len(symbols),
        character_coverage=1.0,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        byte_fallback=True,
        user_defined_symbols=list(symbols),
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
