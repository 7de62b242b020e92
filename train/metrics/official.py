"""The four scores that the official evaluation prints, the same from a command, from Python and from a training."""

from collections.abc import Iterable, Mapping

from train.metrics.bleu import BLEU_4
from train.metrics.metric import Answers, Metric, Score, score
from train.metrics.rouge import ROUGE_1, ROUGE_2, ROUGE_L

OFFICIAL: Mapping[str, Metric] = {"rouge-1": ROUGE_1, "rouge-2": ROUGE_2, "rouge-l": ROUGE_L, "bleu-4": BLEU_4}
"""By the official script's names."""


def official_scores(answers: Answers) -> list[Score]:
    """None where there is nothing to score."""
    return [score(metric, answers) for metric in OFFICIAL.values()] if len(answers) else []


def official_names(scores: Iterable[Score], before: str) -> dict[str, float]:
    """As the official script writes them to its files: ``predict_bleu-4``."""
    values = {each.metric: each.value for each in scores}
    return {f"{before}_{name}": values[metric.name] for name, metric in OFFICIAL.items() if metric.name in values}
