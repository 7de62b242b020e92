"""``tiny-llama``: LLaMA's shape with grouped heads, asked as LLaMA 3 is."""

from functools import partial
from pathlib import Path

from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from train.models.tiny.byte_pairs import write_byte_pairs
from train.models.tiny.small import Small

_BEGIN, _END, _OPEN, _CLOSE = "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"
_TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}"
    f"{_OPEN}{{{{ turn.role }}}}{_CLOSE}\n\n{{{{ turn.content | trim }}}}{_END}"
    f"{{% endfor %}}{{% if add_generation_prompt %}}{_OPEN}assistant{_CLOSE}\n\n{{% endif %}}"
)


def _model(folder: Path) -> LlamaForCausalLM:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=176,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
        dtype="float32",
    )
    return LlamaForCausalLM(config)


LLAMA = Small(
    name="tiny-llama",
    about="a LLaMA of two narrow layers",
    tokenizer=partial(
        write_byte_pairs,
        control=(_BEGIN, _END, _OPEN, _CLOSE),
        template=_TEMPLATE,
        bos_token=_BEGIN,
        eos_token=_END,
    ),
    model=_model,
)
