"""A tuned model on another dataset than its own: the bits of that one's references, base and tuned."""

from schemas.dataset import PreparedDataset
from train.answer.answerer import Asking
from train.encoding.form import PLAIN
from train.evaluation.asking import Asker, Memory
from train.evaluation.cells import Cells
from train.evaluation.held_out import Items, held_out
from train.evaluation.measurement import Elsewhere, bits_of, characters_of
from train.evaluation.models import Models
from train.evaluation.settings import Settings


def measure_elsewhere(
    models: Models, other: PreparedDataset, settings: Settings, cells: Cells, *, asked: Asking | None = None
) -> Elsewhere:
    """Both are asked bare: the tuned model's own instruction would be out of place; ``asked`` is where it is not."""
    limits = (models.tuned or models.base).asking.limits
    items = items_of(other, settings)
    bare = Asking(wording=PLAIN, limits=limits)
    memory = Memory(items.records.clear())
    asker = Asker(models=models, items=items, memory=memory, limits=limits, seed=settings.seed)
    base = cells.bits(asker.as_trained("base", bare))
    tuned = cells.bits(asker.as_trained("tuned", asked or bare))
    return Elsewhere(base=bits_of(base), tuned=bits_of(tuned), characters=characters_of(base))


def items_of(other: PreparedDataset, settings: Settings) -> Items:
    """What of another dataset's test records is asked."""
    return held_out(other, "test", most=settings.other_items, seed=settings.seed)
