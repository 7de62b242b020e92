"""transformers' Trainer for our methods: checkpoints hold what is trained and nothing more, and a training that was
killed goes on as if nothing had happened."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer import SCHEDULER_NAME
from transformers.trainer_callback import PrinterCallback

from train.distributed.dealing import deal
from train.distributed.require import require_as_many
from train.distributed.shards import load_optimizer, save_optimizer
from train.distributed.whole import reading, saving
from train.distributed.zero import (
    divides_weights,
    keep_what_trains,
    let_go,
    require_no_single_numbers,
    tell_of_tables,
)
from train.methods.method import Method, Settings
from train.methods.saved import save_adapter
from train.recording import Inputs, RecordedSteps
from train.run_folder import STATE

_NUMBER = "num_items_in_batch"


class MethodTrainer(Trainer):
    """What a checkpoint keeps of the model is the method's affair."""

    def __init__(
        self,
        *,
        method: Method,
        settings: Settings,
        callbacks: list[TrainerCallback],
        evaluation_collator: Any,
        packs: bool = False,
        records_steps: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(callbacks=[*callbacks, _LossSoFar(self), _Stepped(method)], **kwargs)
        self.remove_callback(PrinterCallback)  # what is shown is the observer's affair
        self._method, self._settings = method, settings
        self._evaluation_collator, self._packs = evaluation_collator, packs
        trains: Any = self.model
        self._recorded = RecordedSteps(trains.parameters(), self._ordinary_step) if records_steps else None
        self._checkpoint: Path | None = None
        self._is_sharded = self.is_distributed_loading_by_transformers = isinstance(self.model, FSDPModule)

    @property
    def wrapper(self) -> str:
        """The class around the model, which made several processes train together."""
        return type(self.model_wrapped).__name__

    @contextmanager
    def made_whole(self) -> Iterator[None]:
        """When training is over: the first process has all that was trained, and nobody waits for the others."""
        with saving(self.model, first=self.args.should_save):
            if self.is_deepspeed_enabled:
                let_go(self.model_wrapped)
            yield

    def train_from(self, checkpoint: Path | None) -> None:
        """Begin, or go on where a checkpoint was written."""
        self._checkpoint = checkpoint
        if checkpoint is not None and (self._is_sharded or self.is_deepspeed_enabled):
            require_as_many(checkpoint, len(list(checkpoint.glob("loss_so_far_*.json"))), self.args.world_size)
        if self.is_deepspeed_enabled:
            require_no_single_numbers(self.model)
        if divides_weights(self.args):
            tell_of_tables(self.model)
        self.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))

    def end_at(self, checkpoint: Path) -> None:
        """Be where a training was that ended with this checkpoint, and was killed after it."""
        self.state = TrainerState.load_from_json(str(checkpoint / STATE))
        best = checkpoint.with_name(f"checkpoint-{self.state.best_global_step}")
        is_better = self.args.load_best_model_at_end and best.is_dir()
        self._load_from_checkpoint(str(best if is_better else checkpoint))

    def training_step(
        self, model: nn.Module, inputs: dict[str, Any], num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        """Where steps are recorded, all that changes is among what they are given."""
        if self._recorded is None or not isinstance(num_items_in_batch, Tensor):
            return super().training_step(model, inputs, num_items_in_batch)
        for each in (model, self.optimizer):  # an evaluation left them otherwise, and a replay knows nothing of it
            if callable(train := getattr(each, "train", None)):
                train()
        return self._recorded({**self._prepare_inputs(inputs), _NUMBER: num_items_in_batch})

    def _ordinary_step(self, inputs: Inputs) -> Tensor:
        given = {**inputs}
        number = given.pop(_NUMBER)
        return super().training_step(self.model_wrapped, given, number)

    def get_train_dataloader(self) -> Any:
        loader = super().get_train_dataloader()
        processes = self.args.world_size
        if self._packs and processes > 1 and self.args.train_sampling_strategy != "batch_rebalance":
            lengths = self.train_dataset.lengths.tolist()  # type: ignore[union-attr]
            deal(loader, lengths, processes=processes, accumulation=self.args.gradient_accumulation_steps)
        return loader

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """Packed rows are for training: the loss of an evaluation is averaged over batches by their examples."""
        training, self.data_collator = self.data_collator, self._evaluation_collator
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = training

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The first moment at which DeepSpeed's engine is there, and the last before it reads a checkpoint."""
        if self.is_deepspeed_enabled:
            keep_what_trains(self.accelerator.deepspeed_engine_wrapped.engine)
        return super().create_scheduler(num_training_steps, optimizer)

    def _has_mixed_mesh_grads(self, model: nn.Module) -> bool:
        """The way to a norm that is of all parts together."""
        return self._is_sharded or bool(super()._has_mixed_mesh_grads(model))

    @contextmanager
    def _defer_fsdp_gradient_reduction(self) -> Iterator[None]:
        """Gradients are averaged at once: nobody ever holds them whole."""
        yield

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        if not self._is_sharded:
            super()._save_optimizer_and_scheduler(output_dir)
            return
        save_optimizer(self.optimizer, Path(output_dir), self.args.process_index)
        if self.args.should_save:
            schedule: Any = self.lr_scheduler
            torch.save(schedule.state_dict(), Path(output_dir) / SCHEDULER_NAME)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if not self._is_sharded or checkpoint is None:
            super()._load_optimizer_and_scheduler(checkpoint)
            return
        load_optimizer(self.optimizer, Path(checkpoint), self.args.process_index)
        schedule: Any = self.lr_scheduler
        schedule.load_state_dict(torch.load(Path(checkpoint) / SCHEDULER_NAME, weights_only=True))

    def floating_point_ops(self, inputs: Mapping[str, Tensor | Any]) -> int:
        """Nobody reads the count, which walks over all parameters."""
        return 0

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Every process comes here, as weights in parts are put together by all."""
        folder = Path(output_dir or str(self.args.output_dir))
        with saving(self.model, first=self.args.should_save):
            if self.args.should_save:
                save_adapter(self.model, self._method, self._settings, folder)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        with reading(self.model):
            self._method.restore(self.model, Path(resume_from_checkpoint))

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint is not None:
            self._load_from_checkpoint(self.state.best_model_checkpoint)

    def _save_rng_state(self, output_dir: str) -> None:
        """The last thing that every process writes; so none is still at it when ``trainer_state.json`` follows,
        whose presence means that the checkpoint is complete."""
        super()._save_rng_state(output_dir)
        self._loss_file(Path(output_dir)).write_text(json.dumps(self._loss_so_far()), encoding="utf-8")
        self.accelerator.wait_for_everyone()

    def _loss_file(self, checkpoint: Path) -> Path:
        return checkpoint / f"loss_so_far_{self.args.process_index}.json"

    def _loss_so_far(self) -> dict[str, float]:
        """What the next log averages: transformers forgets it between a checkpoint and the log after it."""
        return {"sum": self._tr_loss.item(), "logged_at": self._globalstep_last_logged}

    def restore_loss_so_far(self) -> None:
        if self._checkpoint is None or not self._loss_file(self._checkpoint).is_file():
            return
        kept = json.loads(self._loss_file(self._checkpoint).read_text(encoding="utf-8"))
        self._tr_loss = torch.tensor(kept["sum"], device=self.args.device)
        self._globalstep_last_logged = int(kept["logged_at"])


class _LossSoFar(TrainerCallback):
    """The first moment at which the trainer has reset its sums."""

    def __init__(self, trainer: MethodTrainer) -> None:
        self._trainer = trainer

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._trainer.restore_loss_so_far()


class _Stepped(TrainerCallback):
    """Some methods watch the steps: AdaLoRA moves its ranks while the gradients still stand."""

    def __init__(self, method: Method) -> None:
        self._method = method

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._method.begin is not None:
            self._method.begin(kwargs["model"], state.max_steps)

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._method.stepped is not None:
            self._method.stepped(kwargs["model"], state.global_step + 1)
