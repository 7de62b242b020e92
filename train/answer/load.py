"""Models that can answer: a base, or a base with what a run trained, asked as the run asked it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from schemas.errors import OptionError
from schemas.run import RUN, Run
from schemas.statistics import SequenceLimits
from train.answer.answerer import Answerer, Asking
from train.base import Base, find_base
from train.encoding.form import Wording
from train.methods.saved import adapter_of, load_adapter
from train.models.quantised.choice import Quantization
from train.precision import Wanted, precision, this_machine
from train.recipe.recipe import Recipe
from train.run_folder import INPUTS

Note = Callable[[str], None]


def _silent(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model that was found and is not loaded yet."""

    name: str
    base: Base
    dtype: torch.dtype
    device: torch.device
    asking: Asking
    split_special_tokens: bool = True
    adapter: Path | None = None
    method: str | None = None

    def facts(self) -> Mapping[str, Any]:
        """What decides its answers, the device aside."""
        return {
            "model": self.base.name,
            "model_files": _fingerprint(self.base.folder),
            "adapter": None if self.adapter is None else str(self.adapter),
            "adapter_files": _fingerprint(self.adapter),
            "method": self.method,
            "dtype": str(self.dtype).removeprefix("torch."),
            "split_special_tokens": self.split_special_tokens,
            **({} if self.base.quantization == "none" else {"quantization": self.base.quantization}),
            **asdict(self.asking),
        }

    def without_adapter(self) -> "Found":
        return replace(self, name=self.base.name, adapter=None, method=None)

    def with_limits(self, *, source: int | None = None, target: int | None = None) -> "Found":
        """The same with other limits where they are given."""
        old = self.asking.limits
        limits = SequenceLimits(source=source or old.source, target=target or old.target)
        return replace(self, asking=replace(self.asking, limits=limits))

    def load(self) -> Answerer:
        """Raises ModelError where the adapter was trained on another base."""
        family = self.base.family
        model = self.base.load(self.dtype, self.device).eval()
        return Answerer(
            model=model if self.adapter is None else load_adapter(model, self.adapter, family),
            tokenizer=self.base.tokenizer(split_special_tokens=self.split_special_tokens),
            family=family,
            asking=self.asking,
            method=self.method,
        )


def base(
    model: str,
    *,
    dtype: str | None = None,
    device: str = "auto",
    quantization: Quantization | None = None,
    note: Note = _silent,
) -> Found:
    """A model as it was released; ``note`` hears of what is fetched."""
    return _found(model, Recipe(quantization=quantization or "none"), dtype, device, note)


def tuned(
    run_or_adapter: str | Path,
    *,
    model: str | None = None,
    dtype: str | None = None,
    device: str = "auto",
    quantization: Quantization | None = None,
    note: Note = _silent,
) -> Found:
    """A base with what was trained: by a run, or in the folder of an adapter.

    An adapter that lies in no run is asked as a base is, and its ``model`` must be named. Raises ModelError where the
    run is unfinished or missing.
    """
    folder = Path(run_or_adapter)
    run = run_of(folder)
    adapter = folder if run is None else run.adapter
    method, _ = adapter_of(adapter)
    recipe = recipe_around(folder if run else folder.parent)
    if model is None and recipe is None:
        raise OptionError(f"{folder}: an adapter does not say on which model it was trained; name that with --model")
    known = recipe or Recipe()
    asked = replace(known, quantization=quantization or known.quantization)
    found = _found(model or known.model, asked, dtype, device, note)
    asking = _asking(recipe) if recipe else found.asking
    return replace(found, name=str(folder), asking=asking, adapter=adapter, method=method.name)


def run_of(folder: Path) -> Run | None:
    """The run of a folder; None for one that holds an adapter alone."""
    is_run = any((folder / name).exists() for name in (RUN, INPUTS))
    return Run.open(folder) if is_run or not folder.exists() else None


def recipe_around(folder: Path) -> Recipe | None:
    """The recipe of a run, finished or not, by its folder; None for any other folder."""
    if (folder / RUN).exists():
        values = Run.open(folder).facts["recipe"]
    elif (folder / INPUTS).exists():
        values = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
    else:
        return None
    known = {field.name for field in fields(Recipe)}
    return Recipe(**{name: value for name, value in values.items() if name in known})


def _found(model: str, recipe: Recipe, dtype: str | None, device: str, note: Note) -> Found:
    base = find_base(model, note, quantization=recipe.quantization)
    machine = this_machine(use_cpu=device == "cpu")
    if device == "cuda" and machine.is_cpu:
        raise OptionError("--device cuda: torch sees no graphics card on this machine; leave it out")
    flags = {} if dtype else {name: bool(recipe.training.get(name)) for name in ("fp16", "bf16")}
    wanted = Wanted(dtype=dtype or recipe.dtype, **flags)
    return Found(
        name=model,
        base=base,
        dtype=precision(wanted, machine, base.stored).base,
        device=machine.device,
        asking=Asking(),
        split_special_tokens=recipe.split_special_tokens,
    )


def _asking(recipe: Recipe) -> Asking:
    return Asking(
        encoding=recipe.encoding,
        wording=Wording(preset=recipe.prompt_template, prefix=recipe.source_prefix),
        limits=SequenceLimits(
            source=recipe.max_source_length, target=recipe.val_max_target_length or recipe.max_target_length
        ),
    )


def _fingerprint(place: Path | None) -> str | None:
    """Of names, sizes and times: reading gigabytes would take longer than many a generation."""
    if place is None:
        return None
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    seen = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
