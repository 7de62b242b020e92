"""A small vocabulary of byte pairs as LLaMA 3 and Qwen have it, with control tokens and a chat template."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast


def write_byte_pairs(
    folder: Path, texts: Sequence[str], *, control: Sequence[str], template: str, words: int = 1200, **named: str
) -> None:
    """Train one and write its files; ``named`` says which control tokens are ``eos_token`` and so on."""
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words - len(control),
        special_tokens=[],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, clean_up_tokenization_spaces=False, **named)
    tokenizer.add_special_tokens({"additional_special_tokens": list(control)})
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
