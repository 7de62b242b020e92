"""ChatGLM2-6B and ChatGLM3-6B have the same fields; what tells them apart stands beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMAT = "chatglm3"
"""Value of ``chat_format``, which our own configuration keeps."""
_MARKS = ("chatglm3", "<|assistant|>")


def is_chatglm3(config: Mapping[str, Any]) -> bool:
    """By a configuration alone: what it was saved as."""
    return config.get("chat_format") == FORMAT or FORMAT in str(config.get("_name_or_path", "")).lower()


def speaks_in_roles(folder: Path) -> bool:
    """By the settings of its tokenizer: their name, or the tokens of the roles."""
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    said = json.dumps(settings, ensure_ascii=False).lower()
    return any(mark in said for mark in _MARKS)
