"""How fast the official scores and the bootstrap are, beside the libraries that the official script calls.

    python -m benchmarks.metrics [--answers 1000 10000] [--runs 3]

The reference is what the official evaluation does: jieba, then rouge_chinese and NLTK an item at a time. Both score the
same made-up answers in turns in one process, and must agree; medians are compared. The dictionaries are loaded before.
"""

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.corpus import records
from benchmarks.measure import machine
from train.judging.bootstrap import RESAMPLES, estimate, resampled_means
from train.metrics.metric import Answers
from train.metrics.official import OFFICIAL
from train.metrics.registry import METRICS

Ends = list[tuple[float, float]]
Texts = Sequence[tuple[str, str]]
"""Predictions and references."""
_SLOW = 300
"""Items of which the reference is timed; of more it would take minutes, and it works item by item."""


def made_up(count: int, seed: int = 7) -> Texts:
    """An abstract as the reference; as its prediction one in which three of ten clauses are another's."""
    rng = random.Random(seed)  # noqa: S311 (nothing to keep secret)
    abstracts = [record["abstract"] for record in records(count + 1, seed)]
    return [(_mixed(own, other, rng), own) for own, other in pairwise(abstracts)]


def _mixed(own: str, other: str, rng: random.Random) -> str:
    clauses, others = own.split("，"), other.split("，")
    return "，".join(rng.choice(others) if rng.random() < 0.3 else clause for clause in clauses)


def ours(texts: Texts) -> list[float]:
    """Means of ROUGE-1, -2, -L and BLEU-4; words are cut anew."""
    predictions, references = ([*side] for side in zip(*texts, strict=True))
    answers = Answers(
        prompts=[""] * len(texts), references=references, predictions=predictions, cut=[False] * len(texts)
    )
    return [float(metric.value(metric.statistics(answers).mean(axis=0))) for metric in OFFICIAL.values()]


def official(texts: Texts) -> list[float]:
    """As the official script has it."""
    import jieba
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge_chinese import Rouge

    scores: dict[str, list[float]] = {name: [] for name in OFFICIAL}
    for prediction, reference in texts:
        hypothesis, label = [*jieba.cut(prediction)], [*jieba.cut(reference)]
        [found] = Rouge().get_scores(" ".join(hypothesis), " ".join(label))
        for name, value in found.items():
            scores[name].append(round(value["f"] * 100, 4))
        bleu = sentence_bleu([[*reference]], [*prediction], smoothing_function=SmoothingFunction().method3)
        scores["bleu-4"].append(round(bleu * 100, 4))
    return [float(np.mean(values)) for values in scores.values()]


def bootstrapped(items: int, metrics: int) -> tuple[Callable[[], Ends], Callable[[], Ends]]:
    """Intervals of the paired differences of two systems, a metric each: ours, and scipy's in its fastest form."""
    from scipy import stats

    drawn = np.random.default_rng(1).normal(50, 20, (metrics, items, 2))

    def here() -> Ends:
        every = np.hstack([*drawn])
        means = np.hsplit(resampled_means(every, seed=1), metrics)
        both = zip(drawn, means, strict=True)
        found = [estimate(scores, of, lambda of: of[..., 1] - of[..., 0]).interval for scores, of in both]
        return [(each.low, each.high) for each in found]

    def scipys() -> Ends:
        options: dict[str, Any] = {"vectorized": True, "method": "BCa", "n_resamples": RESAMPLES, "batch": 100}
        found = [
            stats.bootstrap((scores[:, 1] - scores[:, 0],), np.mean, rng=np.random.default_rng(1), **options)
            for scores in drawn
        ]
        return [(float(each.confidence_interval.low), float(each.confidence_interval.high)) for each in found]

    return here, scipys


def timed(works: Sequence[Callable[[], Any]], runs: int) -> tuple[list[float], list[Any]]:
    """Medians of their seconds, in turns, and what they gave."""
    seconds: list[list[float]] = [[] for _ in works]
    found: list[Any] = []
    for _ in range(runs):
        found = []
        for work, taken in zip(works, seconds, strict=True):
            began = perf_counter()
            found.append(work())
            taken.append(perf_counter() - began)
    return [median(taken) for taken in seconds], found


def score_lines(counts: Sequence[int], runs: int) -> Iterator[str]:
    """Raises ValueError where the two disagree."""
    yield "| answers | seconds | items/s | the reference, items/s | ratio |"
    yield "|---:|---:|---:|---:|---:|"
    for count in counts:
        texts = made_up(count)
        few = texts[:_SLOW]
        (own, theirs, _), found = timed([partial(ours, texts), partial(official, few), partial(ours, few)], runs)
        if not np.allclose(found[1], found[2], rtol=0, atol=1e-9):
            raise ValueError(f"{found[2]}; the reference has {found[1]}")
        rates = count / own, len(few) / theirs
        yield f"| {count:,} | {own:.2f} | {rates[0]:,.0f} | {rates[1]:,.0f} | {rates[0] / rates[1]:.1f} |"


def bootstrap_lines(counts: Sequence[int], runs: int) -> Iterator[str]:
    yield f"| items | metrics | {RESAMPLES:,} resamples, seconds | scipy.stats.bootstrap | ratio | ends differ by |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for count in counts:
        for metrics in (1, len(METRICS)):
            (own, theirs), found = timed(bootstrapped(count, metrics), runs)
            apart = np.abs(np.subtract(*found)).max()
            yield f"| {count:,} | {metrics} | {own:.2f} | {theirs:.2f} | {theirs / own:.1f} | {apart:.0e} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    ours(made_up(2)), official(made_up(2))  # dictionaries are loaded once
    print(f"{machine()}; median of {arguments.runs} runs in turns")
    for lines in (score_lines, bootstrap_lines):
        print("\n".join(lines(arguments.answers, arguments.runs)), flush=True)


if __name__ == "__main__":
    main()
