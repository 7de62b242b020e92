"""Run by LLaMA-Factory's own Python: its loader reads an export and writes each record's turns, a line a record."""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

folder, cache, out, *names = sys.argv[1:]
silent = ModuleType("torchaudio")  # imported for sound alone; its wheels do not load beside a torch without CUDA
silent.__spec__ = ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = silent

from llamafactory.data.loader import _load_single_dataset  # noqa: E402
from llamafactory.data.parser import get_dataset_list  # noqa: E402
from llamafactory.hparams import DataArguments, ModelArguments  # noqa: E402
from transformers import Seq2SeqTrainingArguments  # noqa: E402

data = DataArguments(dataset_dir=folder, dataset=",".join(names), overwrite_cache=True)
model = ModelArguments(model_name_or_path="none", cache_dir=cache)
training = Seq2SeqTrainingArguments(output_dir=cache, use_cpu=True, report_to=[])
lines = []
for name, attributes in zip(names, get_dataset_list(names, folder), strict=True):
    for row in _load_single_dataset(attributes, model, data, training):
        turns = [[turn["role"], turn["content"]] for turn in [*row["_prompt"], *row["_response"]]]
        lines.append(json.dumps({"split": name, "turns": turns}))
Path(out).write_text("\n".join(lines), encoding="utf-8")
