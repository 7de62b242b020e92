"""transformers' Trainer for our methods: checkpoints hold what is trained and nothing more, and a training that was
killed goes on as if nothing had happened."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from train.methods.method import Method, Settings
from train.methods.saved import save_adapter
from train.run_folder import STATE


class MethodTrainer(Trainer):
    """What a checkpoint keeps of the model is the method's affair."""

    def __init__(self, *, method: Method, settings: Settings, callbacks: list[TrainerCallback], **kwargs: Any) -> None:
        super().__init__(callbacks=[*callbacks, _LossSoFar(self), _Stepped(method)], **kwargs)
        self.remove_callback(PrinterCallback)  # what is shown is the observer's affair
        self._method, self._settings = method, settings
        self._checkpoint: Path | None = None

    def train_from(self, checkpoint: Path | None) -> None:
        """Begin, or go on where a checkpoint was written."""
        self._checkpoint = checkpoint
        self.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))

    def end_at(self, checkpoint: Path) -> None:
        """Be where a training was that ended with this checkpoint, and was killed after it."""
        self.state = TrainerState.load_from_json(str(checkpoint / STATE))
        best = checkpoint.with_name(f"checkpoint-{self.state.best_global_step}")
        is_better = self.args.load_best_model_at_end and best.is_dir()
        self._method.restore(self.model, best if is_better else checkpoint)

    def floating_point_ops(self, inputs: Mapping[str, Tensor | Any]) -> int:
        """Nobody reads the count, which walks over all parameters."""
        return 0

    def _save(self, output_dir: str | None = None, state_dict: Mapping[str, Tensor] | None = None) -> None:
        if self.args.should_save:
            folder = Path(output_dir or str(self.args.output_dir))
            save_adapter(self.model, self._method, self._settings, folder)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        self._method.restore(self.model if model is None else model, Path(resume_from_checkpoint))

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint is not None:
            self._method.restore(self.model, Path(self.state.best_model_checkpoint))

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
