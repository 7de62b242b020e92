"""LoRA and its kin: low-rank additions to the linear layers, all through peft.

``peft_config`` reaches every field of peft's ``LoraConfig`` (``use_dora``, ``use_rslora``, ``layers_to_transform`` …)
and, with ``peft_type``, peft's other methods of this kind: ADALORA, IA3, LOHA, VERA …
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from peft import AdaLoraConfig, PeftConfig, PeftType, PromptLearningConfig
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

from schemas.errors import OptionError
from train.families.family import Family
from train.methods.low_rank import without_detours
from train.methods.method import Method, Model
from train.methods.settings import at_least, share, unknown
from train.methods.through_peft import NAME, check_fields, peft_config, restore_peft, save_peft, wrap
from train.methods.trained import back_to_half
from train.models.quantised.choice import require_whole_weights

ALL = "all"
KINDS = sorted(
    kind.value for kind, config in PEFT_TYPE_TO_CONFIG_MAPPING.items() if not issubclass(config, PromptLearningConfig)
)
ADDING = ("LORA", "ADALORA", "IA3", "LN_TUNING")
"""Those that work over a quantised base."""
STEPS_UNKNOWN = 1 << 40
"""AdaLoRA's schedule wants a number of steps before anyone knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    lora_rank: int = 8
    lora_alpha: float = 32
    lora_dropout: float = 0.1
    lora_target: str | tuple[str, ...] | None = None
    """Modules by name, with commas between; ``all`` linear layers of a block; the family's own choice without it."""
    peft_config: Mapping[str, Any] = field(default_factory=dict)
    """Fields of peft's configuration; they go before those above."""

    def __post_init__(self) -> None:
        at_least(1, lora_rank=self.lora_rank)
        share(lora_dropout=self.lora_dropout)
        if (kind := self.kind) not in KINDS:
            raise OptionError(f"peft_config: {unknown(kind, KINDS, what='peft_type')}")
        check_fields(kind, self.given)

    @property
    def kind(self) -> str:
        return str(self.peft_config.get("peft_type", "LORA")).upper()

    @property
    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self.peft_config.items() if name != "peft_type"}


def _adapt(model: Model, settings: Lora, family: Family) -> Model:
    if not _only_adds(settings):
        require_whole_weights(model, f"method lora with {dict(settings.peft_config)}")
    config = _config(settings, family, model)
    if model.device.type == "meta" and hasattr(config, "init_lora_weights"):
        config.init_lora_weights = True  # the others (pissa, olora) look at the weights of the base
    tuned = wrap(model, config)
    without_detours(tuned)
    for name, parameter in tuned.named_parameters():
        if ".ranknum." in name:  # a count of AdaLoRA's: peft makes it train when it changes its precision
            parameter.requires_grad_(False)
    return tuned


def _only_adds(settings: Lora) -> bool:
    """Whether peft runs the base's layers as they are, and never looks at their weights."""
    begins = settings.given.get("init_lora_weights", True)
    return settings.kind in ADDING and not settings.given.get("use_dora") and begins in (True, False, "gaussian")


def _config(settings: Lora, family: Family, model: Model) -> PeftConfig:
    ours: dict[str, Any] = {}
    if settings.kind != "LN_TUNING":  # it asks for norms
        ours["target_modules"] = _targets(settings.lora_target, family, model)
    if settings.kind in ("LORA", "ADALORA"):
        ours |= {"lora_alpha": settings.lora_alpha, "lora_dropout": settings.lora_dropout}
    if settings.kind == "LORA":
        ours["r"] = settings.lora_rank
    if settings.kind == "ADALORA":
        ours |= {"target_r": settings.lora_rank, "init_r": settings.lora_rank * 3 // 2, "total_step": STEPS_UNKNOWN}
    if settings.kind == "IA3":
        ours |= {"feedforward_modules": []}
    return peft_config(settings.kind, ours | settings.given)


def _targets(wanted: str | tuple[str, ...] | None, family: Family, model: Model) -> list[str]:
    if wanted is None:
        return list(family.targets(model))
    if wanted == ALL:
        return list(family.all_targets(model))
    return [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else list(wanted)


def _merge(model: Model) -> Model:
    require_whole_weights(model, "merge")
    return back_to_half(model.merge_and_unload())


def _begin(model: Model, steps: int) -> None:
    """AdaLoRA spends its ranks over the whole training."""
    config = model.peft_config[NAME]
    if not isinstance(config, AdaLoraConfig):
        return
    if config.total_step == STEPS_UNKNOWN:
        model.base_model.rankallocator.set_total_step(steps)
    total = config.total_step or 0
    if config.tinit >= total - config.tfinal:
        raise OptionError(
            f"peft_config of ADALORA: tinit {config.tinit} and tfinal {config.tfinal} leave no steps of {total} "
            "in which ranks are chosen; lower them, or train longer"
        )


def _stepped(model: Model, step: int) -> None:
    if model.peft_config[NAME].peft_type == PeftType.ADALORA:
        model.base_model.update_and_allocate(step)


LORA = Method(
    name="lora",
    about="low-rank additions to linear layers; peft_config: reaches DoRA, rsLoRA, AdaLoRA, IA3 and the rest of peft",
    settings=Lora,
    learning_rate=1e-4,
    adapt=_adapt,
    save=save_peft,
    restore=restore_peft,
    merge=_merge,
    begin=_begin,
    stepped=_stepped,
)
