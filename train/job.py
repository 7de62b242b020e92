"""A recipe, and everything that follows from it before a model is loaded: so that what cannot be is said at once."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transformers import TrainingArguments
from transformers.trainer_utils import IntervalStrategy
from transformers.training_args import OptimizerNames

from schemas.dataset import Split
from schemas.errors import OptionError
from schemas.run import ADAPTER
from schemas.statistics import SequenceLimits
from train.arguments import training_arguments
from train.base import Base, find_base, find_base_or_its_numbers
from train.distributed.require import require_distributed
from train.distributed.zero import require_config
from train.encoding.form import Wording
from train.learning_rate import scaled
from train.merge import require_merge
from train.methods.method import Method, Settings
from train.methods.registry import method_of, settings_of
from train.models.quantised.choice import LIBRARIES
from train.observer import Observer
from train.packed import require_packing, takes_columns
from train.plan import Batches
from train.precision import HALVES, Machine, Precision, Wanted, autocast, precision, this_machine
from train.processes import Processes
from train.recipe.keys import SECRET
from train.recipe.recipe import Recipe
from train.record_files import Columns
from train.records import OFFICIAL_FILES, Records, records_of_dataset, records_of_files
from train.run_folder import Inputs, folder_name

CHECKPOINTING = ("gradient_checkpointing", "activation_checkpointing")
"""One thing; newer transformers has the second name."""
NO_MATTER = ("dataset", *OFFICIAL_FILES.values(), "out", "name", "output_dir", "overwrite", "resume")
"""Two recipes that differ in these alone make the same run; of the data the hashes count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What ``run.py`` carries out."""

    recipe: Recipe
    observer: Observer
    processes: Processes
    records: Records
    base: Base
    method: Method
    settings: Settings
    machine: Machine
    precision: Precision
    batches: Batches
    learning_rate: float
    arguments: TrainingArguments
    folder: Path
    recomputed: int = 0
    """Layers whose activations are not kept; settled once the lengths are known, as is what follows."""
    records_steps: bool = False
    """Whether the card replays steps."""

    @property
    def whole_recipe(self) -> Recipe:
        """With all that it leaves to others: what makes this run again."""
        settings, training = asdict(self.settings), dict(self.recipe.training)
        training["learning_rate"] = _learning_rate(self.recipe, self.method)
        changed: dict[str, Any] = {"settings": settings, "training": training, "method": self.method.name}
        return replace(self.recipe, **changed, resume=False, overwrite=False)

    @property
    def inputs(self) -> Inputs:
        """What the run is made of."""
        whole = asdict(self.whole_recipe)
        matters = {name: value for name, value in whole.items() if name not in NO_MATTER}
        inputs: Inputs = json.loads(json.dumps(without_secrets(matters) | {"data": self.records.hashes}, default=str))
        return inputs

    @property
    def adapter(self) -> Path | None:
        """What was trained before; of a run's folder its adapter."""
        if self.recipe.adapter is None:
            return None
        place = Path(self.recipe.adapter)
        return place / ADAPTER if (place / ADAPTER).is_dir() else place

    @property
    def wording(self) -> Wording:
        return Wording(preset=self.recipe.prompt_template, prefix=self.recipe.source_prefix)

    @property
    def fuses_loss(self) -> bool:
        smoothed = float(self.recipe.training.get("label_smoothing_factor", 0.0)) > 0
        return self.recipe.fused_loss and takes_columns(self.base.family, self.method) and not smoothed

    @property
    def packs(self) -> bool:
        """Without a word about it: where kernels for examples of any length make it pay."""
        if self.recipe.packing is not None:
            return self.recipe.packing
        return self.fuses_loss and not self.machine.is_cpu and self.precision.base in HALVES.values()

    @property
    def cannot_record(self) -> str | None:
        """Why no step can be replayed by the card; None where it can."""
        recomputes = self.recomputed > 0 or any(self.recipe.training.get(name) for name in CHECKPOINTING)
        optim = OptimizerNames(self.arguments.optim).value
        together = self.processes.count > 1 or bool(self.arguments.deepspeed) or self.shards
        reasons = {
            "there is no graphics card": self.machine.is_cpu,
            "examples are not packed": not self.packs,
            "several processes train together": together,
            "layers are recomputed": recomputes,
            f"{optim} steps within the backward pass": "lomo" in optim or "layerwise" in optim,
            "peft_config reaches methods that look at numbers on the way": getattr(self.settings, "peft_config", None),
            f"{self.base.quantization} looks at numbers on the way": self.base.quantization in LIBRARIES,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    @property
    def shards(self) -> bool:
        """Whether each process holds a part of the weights only, without DeepSpeed."""
        return self.recipe.do_train and bool(self.recipe.training.get("fsdp"))

    def limits(self, split: Split) -> SequenceLimits:
        recipe = self.recipe
        target = recipe.max_target_length if split == "train" else recipe.val_max_target_length
        return SequenceLimits(source=recipe.max_source_length, target=target or recipe.max_target_length)


def job_of(
    recipe: Recipe, observer: Observer, processes: Processes, *, dry_run: bool = False, devices: int | None = None
) -> Job:
    """Find data and base, settle precision and options; raises a PrepError for what cannot be."""
    method = method_of(recipe.method)
    settings = settings_of(method, recipe.settings)
    records = _records(recipe)
    find = find_base_or_its_numbers if dry_run else find_base
    base = find(recipe.model, observer.note, quantization=recipe.quantization)
    if recipe.merge:
        require_merge(method, base.quantization)
    require_packing(recipe, base.family, method)
    machine = this_machine(use_cpu=bool(recipe.training.get("use_cpu")), local_rank=processes.local_rank)
    chosen = _precision(recipe, machine, base, observer)
    batches = _batches(recipe.training, devices or processes.count)
    rate = scaled(_learning_rate(recipe, method), batches.total, recipe.scale_lr)
    folder = _folder(recipe, records, method)
    arguments = _arguments(
        recipe,
        observer,
        can_evaluate=records.split("dev") is not None,
        trains=recipe.do_train and not dry_run,
        folder=folder,
        learning_rate=rate,
        half=autocast(chosen),
        tf32=chosen.tf32,
        use_cpu=machine.is_cpu,
    )
    if not dry_run:
        require_distributed(recipe, arguments, base.quantization)
    return Job(
        recipe=recipe,
        observer=observer,
        processes=processes,
        records=records,
        base=base,
        method=method,
        settings=settings,
        machine=machine,
        precision=chosen,
        batches=batches,
        learning_rate=rate,
        arguments=arguments,
        folder=folder,
    )


def without_secrets(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe as a mapping, fit to be written to a file."""
    training = {name: value for name, value in recipe["training"].items() if name not in SECRET}
    return {**recipe, "training": training}


def _records(recipe: Recipe) -> Records:
    limits: dict[Split, int | None] = {
        "train": recipe.max_train_samples,
        "dev": recipe.max_eval_samples,
        "test": recipe.max_predict_samples,
    }
    if recipe.dataset is not None:
        return records_of_dataset(Path(recipe.dataset), limits)
    if (recipe.prompt_column is None) != (recipe.response_column is None):
        raise OptionError("--prompt_column and --response_column belong together; name both or neither")
    columns = None
    if recipe.prompt_column is not None and recipe.response_column is not None:
        columns = Columns(prompt=recipe.prompt_column, response=recipe.response_column, history=recipe.history_column)
    files = {split: getattr(recipe, name) for split, name in OFFICIAL_FILES.items()}
    return records_of_files(files, columns, limits)


def _precision(recipe: Recipe, machine: Machine, base: Base, observer: Observer) -> Precision:
    flags: Any = {name: recipe.training[name] for name in ("fp16", "bf16", "tf32") if name in recipe.training}
    chosen = precision(Wanted(dtype=recipe.dtype, **flags), machine, base.stored)
    for note in chosen.notes:
        observer.note(note)
    return chosen


def _batches(training: Mapping[str, Any], devices: int) -> Batches:
    return Batches(
        per_device=int(training.get("per_device_train_batch_size", 8)),
        accumulation=int(training.get("gradient_accumulation_steps", 1)),
        devices=devices,
        drop_last=bool(training.get("dataloader_drop_last", False)),
    )


def _unsaid(_: str) -> None:
    """Who watches a training is of no matter where nothing trains."""


def _learning_rate(recipe: Recipe, method: Method) -> float:
    named = recipe.training.get("learning_rate")
    return method.learning_rate if named is None else float(named)


def _folder(recipe: Recipe, records: Records, method: Method) -> Path:
    if recipe.output_dir is not None:
        return Path(recipe.output_dir)
    return Path(recipe.out) / (recipe.name or folder_name(records.name, recipe.model, method.name))


def _arguments(
    recipe: Recipe, observer: Observer, *, can_evaluate: bool, trains: bool, **options: Any
) -> TrainingArguments:
    evaluates = recipe.do_train and recipe.do_eval and can_evaluate
    note = observer.note if recipe.do_train else _unsaid
    require_config(recipe.training.get("deepspeed"))
    given = {name: value for name, value in recipe.training.items() if trains or name != "deepspeed"}
    arguments = training_arguments(given, evaluates=evaluates, note=note, **options)
    if recipe.early_stopping_patience is not None and arguments.eval_strategy == IntervalStrategy.NO:
        raise OptionError(
            "early_stopping_patience: nothing is evaluated while training; expected records to evaluate on "
            "(a dataset's dev split, or --validation_file) with do_eval, and eval_strategy steps or epoch"
        )
    return arguments
