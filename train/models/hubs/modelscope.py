"""ModelScope, asked for with USE_MODELSCOPE_HUB=1, through its own library, which heeds MODELSCOPE_CACHE."""

import importlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from schemas.errors import ModelError
from train.models.hubs.hub import Unavailable, failures, reason

NAMES = {"chatglm-6b": "ZhipuAI/ChatGLM-6B", "chatglm2-6b": "ZhipuAI/chatglm2-6b"}
"""Models that are called otherwise there, by their names without the owner."""
_OWNERS = ("thudm", "zai-org")


def is_asked_for() -> bool:
    return os.environ.get("USE_MODELSCOPE_HUB", "").lower() in ("1", "true", "yes", "on")


class ModelScope:
    place = "ModelScope"

    @property
    def cache(self) -> Path:
        return Path(os.environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope").expanduser()

    def cached(self, name: str) -> Path | None:
        download = _library().snapshot_download
        try:
            return Path(download(_name_there(name), local_files_only=True, allow_patterns=["config.json"]))
        except failures():
            return None

    def files(self, name: str) -> Mapping[str, int]:
        _library()
        api = importlib.import_module("modelscope.hub.api").HubApi()
        try:
            found: list[dict[str, Any]] = api.get_model_files(_name_there(name), recursive=False)
        except failures() as error:
            raise Unavailable(reason(self.place, error)) from None
        return {str(file["Path"]): int(file.get("Size") or 0) for file in found}

    def fetch(self, name: str, files: Iterable[str]) -> Path:
        try:
            return Path(_library().snapshot_download(_name_there(name), allow_patterns=list(files)))
        except failures() as error:
            raise Unavailable(reason(self.place, error)) from None


def _name_there(name: str) -> str:
    owner, _, model = name.lower().partition("/")
    return NAMES.get(model, name) if owner in _OWNERS else name


def _library() -> Any:
    try:
        return importlib.import_module("modelscope")
    except ImportError:
        raise ModelError(
            "USE_MODELSCOPE_HUB=1 needs the library of ModelScope; install it with pip install modelscope, or unset it"
        ) from None
