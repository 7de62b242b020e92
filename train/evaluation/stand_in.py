"""Whether a base can say anything about the 6B: one that is tiny, or whose weights are random, cannot."""

from train.base import Base, count_parameters
from train.judging.evidence import Base as Kind

RANDOM = "random_weights"
"""Field of the ``config.json`` of a checkpoint that nobody trained."""
SMALL = 1_000_000_000


def kind_of(base: Base) -> Kind:
    if base.fields.get(RANDOM):
        return "random"
    return "tiny" if _parameters(base) < SMALL else "trained"


def stands_for_itself(base: Base) -> str:
    """Empty for a base that is worth the question."""
    kind = kind_of(base)
    if kind == "random":
        return f"The weights of {base.name} are random: times and memory count, scores and verdicts mean nothing."
    if kind == "tiny":
        return f"{base.name} has {_parameters(base) / 1e6:,.1f} million parameters: no verdict here is about the 6B."
    return ""


def _parameters(base: Base) -> int:
    return count_parameters(base.family.skeleton(**base.fields))[1]
