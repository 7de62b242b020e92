"""A whole ChatGLM of random numbers in the official layout, where the released weights cannot be had.

python -m benchmarks.random_checkpoint FOLDER [--family chatglm] [--shards 8] [--vocabulary ice_text.model | tiny]
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from train.evaluation.stand_in import RANDOM
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.configuration import ChatGLMConfig
from train.models.registration import MODELS
from train.models.tiny.writing import configuration, write_tokenizer

CONFIGS: dict[str, type[ChatGLMConfig]] = {"chatglm": ChatGLM1Config, "chatglm2": ChatGLM2Config}
SPREAD = 0.02
"""Standard deviation of the weights; norms are one, biases zero."""
_TOKENIZER_FIELDS = {
    "name_or_path": "THUDM/chatglm-6b",
    "bos_token": "<sop>",
    "eos_token": "<eop>",
    "end_token": "</s>",
    "gmask_token": "[gMASK]",
    "mask_token": "[MASK]",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "remove_space": False,
    "do_lower_case": False,
    "tokenizer_class": "ChatGLMTokenizer",
    "num_image_tokens": 0,
}


def write_checkpoint(folder: Path, config: ChatGLMConfig, *, shards: int, vocabulary: Path | None = None) -> int:
    """Write configuration, shards of float16 and their index; returns the bytes of the largest shard.

    The configuration says that the weights are random, and so does every verdict about them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with torch.device("meta"):
        model: Any = MODELS[type(config)](config)
    parts = _parts(model.state_dict(), shards)
    places: dict[str, str] = {}
    largest = 0
    for number, names in enumerate(parts, start=1):
        path = folder / f"pytorch_model-{number:05d}-of-{len(parts):05d}.bin"
        torch.save(dict(_random(names)), path)
        largest = max(largest, path.stat().st_size)
        places |= dict.fromkeys(names, path.name)
    index = {"metadata": {"total_size": sum(t.numel() * 2 for part in parts for t in part.values())}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index | {"weight_map": places}), encoding="utf-8")
    config.dtype = "float16"
    setattr(config, RANDOM, True)
    config.save_pretrained(folder)
    if vocabulary:
        shutil.copy(vocabulary, folder / "ice_text.model")
        (folder / "tokenizer_config.json").write_text(json.dumps(_TOKENIZER_FIELDS), encoding="utf-8")
    return largest


def with_tiny_vocabulary(config: ChatGLM1Config) -> ChatGLM1Config:
    """Its special tokens; the size of the embeddings stays."""
    tiny = configuration(layers=1, hidden=8, heads=1)
    for name in ("bos_token_id", "eos_token_id", "mask_token_id", "gmask_token_id", "pad_token_id"):
        setattr(config, name, getattr(tiny, name))
    return config


def _parts(state: dict[str, Tensor], shards: int) -> list[dict[str, Tensor]]:
    """Cut the names, in their order, into files of about one size."""
    room = sum(tensor.numel() for tensor in state.values()) / shards
    parts: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name, tensor in state.items():
        if filled and filled + tensor.numel() > room * 1.05 and len(parts) < shards:
            parts.append({})
            filled = 0
        parts[-1][name] = tensor
        filled += tensor.numel()
    return parts


def _random(names: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Values made on the graphics card where there is one: six billion take minutes on a processor."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for name, shape in names.items():
        if name.endswith("bias"):
            value = torch.zeros(shape.shape, device=device)
        elif "layernorm" in name:
            value = torch.ones(shape.shape, device=device)
        else:
            value = torch.randn(shape.shape, device=device) * SPREAD
        yield name, value.half().cpu()


def main() -> None:
    """Write the checkpoint of the released size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", choices=CONFIGS, default="chatglm")
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--vocabulary", help="The official ice_text.model, to train on texts; or tiny, our own.")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    config = CONFIGS[arguments.family]()
    if arguments.vocabulary == "tiny" and isinstance(config, ChatGLM1Config):
        largest = write_checkpoint(arguments.folder, with_tiny_vocabulary(config), shards=arguments.shards)
        write_tokenizer(arguments.folder)
    else:
        official = Path(arguments.vocabulary) if arguments.vocabulary else None
        largest = write_checkpoint(arguments.folder, config, shards=arguments.shards, vocabulary=official)
    print(f"{arguments.folder}: written; its largest shard has {largest / 2**30:.2f} GiB")


if __name__ == "__main__":
    main()
