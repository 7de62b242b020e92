"""``tiny-qwen``: Qwen 3's shape (normed queries and keys, tied vocabulary), asked in ChatML."""

from functools import partial
from pathlib import Path

from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from train.models.tiny.byte_pairs import write_byte_pairs
from train.models.tiny.small import Small

_START, _END, _NOTHING = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
_TEMPLATE = (
    f"{{% if messages[0].role != 'system' %}}{_START}system\nYou answer in Chinese.{_END}\n{{% endif %}}"
    "{% for turn in messages %}"
    f"{_START}{{{{ turn.role }}}}\n{{{{ turn.content }}}}{_END}\n"
    f"{{% endfor %}}{{% if add_generation_prompt %}}{_START}assistant\n{{% endif %}}"
)


def _model(folder: Path) -> Qwen3ForCausalLM:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=176,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=24,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    return Qwen3ForCausalLM(config)


QWEN = Small(
    name="tiny-qwen",
    about="a Qwen 3 of two narrow layers",
    tokenizer=partial(
        write_byte_pairs,
        control=(_START, _END, _NOTHING),
        template=_TEMPLATE,
        eos_token=_END,
        pad_token=_NOTHING,
    ),
    model=_model,
)
