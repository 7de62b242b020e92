"""Where a model lies: a folder, ``tiny``, the cache of a hub; else it is fetched, since naming it asks for it."""

import re
from collections.abc import Callable
from pathlib import Path

from schemas.errors import ModelError
from train.models.checkpoint import checkpoint_files
from train.models.hubs.hub import SMALL_FILES, Hub, Unavailable, chosen
from train.models.hubs.huggingface import HuggingFace
from train.models.hubs.modelscope import ModelScope, is_asked_for
from train.models.room import in_gib, require_space

TINY = "tiny"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_VOCABULARIES = [name for name in SMALL_FILES if name.endswith(".model") or name == "tokenizer.json"]


def locate(name: str, note: Callable[[str], None] = lambda _: None, *, need_weights: bool = True) -> Path:
    """The folder of a model, fetched if need be; ``note`` hears how much comes from where before it does.

    Without ``need_weights`` configuration and vocabulary suffice. Raises ModelError in one line.
    """
    if name == TINY or name.startswith(f"{TINY}-"):
        from train.models.tiny.folder import small_folder, tiny_folder
        from train.models.tiny.registry import SMALL

        if name == TINY:
            return Path(tiny_folder(note))
        if name in SMALL:
            return small_folder(SMALL[name], note)
        if not Path(name).exists():
            raise ModelError(f"{name}: no such small model; choose one of: {', '.join((TINY, *SMALL))}")
    folder = Path(name).expanduser()
    if folder.exists():
        return _checked(folder, need_weights)
    if not _HUB_NAME.fullmatch(name):
        raise ModelError(
            f"{name}: no such folder; name the folder of a model, or a model of the hub (THUDM/chatglm-6b), or {TINY}"
        )
    hub: Hub = ModelScope() if is_asked_for() else HuggingFace()
    cached = hub.cached(name)
    if cached is not None and _lacks(cached, need_weights) is None:
        return cached
    return _fetched(name, hub, cached, note, need_weights)


def _checked(folder: Path, need_weights: bool) -> Path:
    if not folder.is_dir():
        raise ModelError(f"{folder}: a file; expected the folder of a model, with config.json in it")
    missing = _lacks(folder, need_weights)
    if missing:
        raise ModelError(f"{folder}: {missing}; name the folder of a model, or a model of the hub")
    return folder


def _lacks(folder: Path, need_weights: bool) -> str | None:
    """What keeps a folder from being a model's."""
    if not (folder / "config.json").is_file():
        return "no config.json in it"
    if not any((folder / vocabulary).is_file() for vocabulary in _VOCABULARIES):
        return f"no vocabulary in it (one of {', '.join(_VOCABULARIES)})"
    if need_weights:
        try:
            checkpoint_files(folder)
        except ModelError as error:
            return str(error).partition("; ")[0].removeprefix(f"{folder}: ")
    return None


def _fetched(name: str, hub: Hub, cached: Path | None, note: Callable[[str], None], need_weights: bool) -> Path:
    try:
        files = hub.files(name)
        wanted = chosen(files, weights=need_weights)
        missing = sum(files[file] for file in wanted if cached is None or not (cached / file).is_file())
        require_space(name, missing, hub.cache)
        note(f"{name}: fetching {in_gib(missing)} in {len(wanted)} files from {hub.place} into {hub.cache}")
        folder = hub.fetch(name, wanted)
    except Unavailable as error:
        raise ModelError(
            f"{name}: no folder {Path(name).absolute()}, not {'whole ' if cached else ''}in {hub.cache}, and {error}; "
            f"name a folder that holds the model, set HF_ENDPOINT to a mirror or USE_MODELSCOPE_HUB=1, or try --model "
            f"{TINY}"
        ) from None
    lacking = _lacks(folder, need_weights)
    if lacking:
        raise ModelError(f"{name}: {lacking}, as {hub.place} has it; choose another model, or try --model {TINY}")
    return folder
