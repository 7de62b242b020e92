"""All metrics by name, in the order of a report. A new one is a file beside this one and a line here."""

from collections.abc import Mapping

from train.metrics.bits import BITS_PER_CHARACTER
from train.metrics.bleu import BLEU_4
from train.metrics.chrf import CHRF
from train.metrics.distinct import DISTINCT_1, DISTINCT_2
from train.metrics.exact import EXACT_MATCH
from train.metrics.form import CUT, EMPTY, LENGTH_RATIO
from train.metrics.input_coverage import INPUT_COVERAGE
from train.metrics.metric import Answers, Metric
from train.metrics.repetition import REPETITION
from train.metrics.rouge import ROUGE_1, ROUGE_2, ROUGE_L
from train.metrics.sacrebleu import SACREBLEU
from train.metrics.unsupported import UNSUPPORTED

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        BITS_PER_CHARACTER,
        ROUGE_1,
        ROUGE_2,
        ROUGE_L,
        BLEU_4,
        SACREBLEU,
        CHRF,
        EXACT_MATCH,
        INPUT_COVERAGE,
        UNSUPPORTED,
        DISTINCT_1,
        DISTINCT_2,
        REPETITION,
        LENGTH_RATIO,
        EMPTY,
        CUT,
    )
}


def metrics_for(answers: Answers) -> list[Metric]:
    """Those whose columns are there: copies and retrieved answers, for instance, have no bits."""
    return [metric for metric in METRICS.values() if {*metric.needs} <= {*answers.measured}]
