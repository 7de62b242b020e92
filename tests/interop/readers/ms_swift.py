"""Run by ms-swift's own Python: its loader reads an export through its dataset_info.json, one record a line."""

import json
import sys
from pathlib import Path

from swift.dataset import load_dataset, register_dataset_info

folder, out, *files = sys.argv[1:]
register_dataset_info(str(Path(folder) / "dataset_info.json"))
lines = []
for file in files:
    path = str(Path(folder, file).resolve())
    train, held = load_dataset([path], split_dataset_ratio=0.0, strict=True, load_from_cache_file=False)
    if held is not None:
        raise SystemExit(f"{file}: records were held out")
    for row in train:
        turns = [[turn["role"], turn["content"]] for turn in row["messages"]]
        losses = [turn.get("loss") for turn in row["messages"] if turn["role"] == "assistant"]
        lines.append(json.dumps({"split": file, "turns": turns, "losses": losses}))
Path(out).write_text("\n".join(lines), encoding="utf-8")
