"""Full fine-tuning: every parameter trains; what is saved is a whole model under its official names."""

from dataclasses import dataclass

from train.families.family import Family
from train.methods.method import Method, Model
from train.methods.trained import back_to_half, compute_in, restore_trained, save_trained
from train.models.quantised.choice import require_whole_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    float32_weights: bool = True
    """False trains them in the base's own precision, in half the memory; bfloat16 then rounds small steps away."""


def _adapt(model: Model, settings: Full, family: Family) -> Model:
    require_whole_weights(model, "method full")
    dtype = model.dtype
    if not settings.float32_weights:
        return model.requires_grad_(True)
    model.float().requires_grad_(True)
    for module in (model.base_model, model.get_output_embeddings()):
        compute_in(module, dtype)
    return model


FULL = Method(
    name="full",
    about="every parameter, in float32; about 16 bytes of memory for each",
    settings=Full,
    learning_rate=1e-4,
    adapt=_adapt,
    save=save_trained,
    restore=restore_trained,
    aliases=("full_tuning", "finetune", "fine_tuning", "sft"),
    merge=back_to_half,
    settle=back_to_half,
    adds_nothing=True,
)
