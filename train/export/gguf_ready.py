"""A whole model as llama.cpp's converter wants it; the conversion itself is the affair of llama.cpp."""

import json
from pathlib import Path

from schemas.errors import OptionError
from train.export.form import Form, Tuned
from train.export.merged import write_whole

READ = ("llama", "causal")
"""Families in the layout of transformers, which the converter knows. It reads ChatGLM's tokenizer by remote code, which
no export of ours has, and knows nothing of Baichuan2's normalised output layer."""
VOCABULARIES = ("tokenizer.json", "tokenizer.model")


def _write(tuned: Tuned, folder: Path) -> list[str]:
    if tuned.family not in READ:
        raise OptionError(
            f"{tuned.place}: a {tuned.family} model, which llama.cpp's converter cannot read from an export of ours; "
            f"expected one of: {', '.join(READ)}; use --to merged"
        )
    write_whole(tuned, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if not any((folder / name).is_file() for name in VOCABULARIES):
        raise OptionError(f"{tuned.place}: its base has no {' or '.join(VOCABULARIES)}, which llama.cpp needs")
    kind = {"float16": "f16", "bfloat16": "bf16"}.get(str(config.get("dtype")), "f32")
    return [
        f"python convert_hf_to_gguf.py {tuned.target} --outtype {kind}",
        f"it must know {', '.join(config['architectures'])}",
    ]


GGUF_READY = Form(name="gguf-ready", about="a whole model that llama.cpp's converter reads", write=_write)
