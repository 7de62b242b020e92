"""Which trainings can put examples end to end in one row, and leave out the logits that nobody asks for."""

from schemas.errors import OptionError
from train.families.family import Family
from train.methods.method import Method
from train.recipe.recipe import Recipe


def takes_columns(family: Family, method: Method) -> bool:
    return family.packs and method.keeps_columns


def require_packing(recipe: Recipe, family: Family, method: Method) -> None:
    """Raises OptionError where it is asked for and cannot be."""
    if not recipe.packing:
        return
    why = "" if recipe.fused_loss else "it goes with fused_loss"
    why = why if family.packs else f"models of the family {family.name} take one example a row"
    why = why if method.keeps_columns else f"method {method.name} puts embeddings in front of the tokens"
    if why:
        raise OptionError(f"packing: {why}; leave it out, or sort by length: --train_sampling_strategy group_by_length")
