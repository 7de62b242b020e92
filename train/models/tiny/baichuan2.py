"""``tiny-baichuan2``: Baichuan2-7B's shape, of two narrow layers; its reserved pieces stand where the official do."""

from pathlib import Path
from typing import Any

from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.modeling import BaichuanForCausalLM
from train.models.baichuan2.tokenization import BaichuanTokenizer
from train.models.tiny.pieces import make_pieces
from train.models.tiny.small import Small, write_json

_SYMBOLS = (*(f"<unused_{number}>" for number in range(86)), *(f"<reserved_{number}>" for number in range(108)))
"""So many that ``<reserved_106>`` and ``<reserved_107>`` are 195 and 196."""
_TOKENIZER = {
    "tokenizer_class": "BaichuanTokenizer",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "pad_token": "<unk>",
    "add_bos_token": False,
    "add_eos_token": False,
    "model_max_length": 4096,
}


def write_vocabulary(folder: Path, texts: list[str]) -> None:
    (folder / "tokenizer.model").write_bytes(make_pieces(texts, symbols=_SYMBOLS))
    write_json(_TOKENIZER, folder / "tokenizer_config.json")


def two_layers(folder: Path, **fields: Any) -> BaichuanForCausalLM:
    """Random weights for the vocabulary in ``folder``; ``position_embedding="alibi"`` makes it a 13B."""
    tokenizer = BaichuanTokenizer.from_pretrained(folder)
    sizes = {"hidden_size": 64, "intermediate_size": 176, "num_hidden_layers": 2, "num_attention_heads": 4}
    return BaichuanForCausalLM(
        Baichuan2Config(
            architectures=["BaichuanForCausalLM"],
            vocab_size=tokenizer.vocab_size,
            max_position_embeddings=4096,
            dtype="float32",
            **sizes | fields,
        )
    )


BAICHUAN2 = Small(
    name="tiny-baichuan2",
    about="a Baichuan2 of two narrow layers",
    tokenizer=write_vocabulary,
    model=two_layers,
)
