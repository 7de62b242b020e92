"""Numbers and statute citations that an answer invents: they stand neither in the prompt nor in the reference.

Not all of them are wrong: an answer may know more than its reference. Of two models that answer the same items, the one
with more of them invents more.
"""

import numpy as np

from train.metrics.facts.citations import is_supported, split_citations
from train.metrics.facts.numerals import numbers
from train.metrics.metric import Answers, Array, Metric, percent


def invented(prompt: str, reference: str, prediction: str) -> tuple[list[str], int]:
    """The facts that stand nowhere else, and how many facts the answer states; each counts once."""
    source = f"{prompt}\n{reference}"
    known, source_rest = split_citations(source)
    told, told_rest = split_citations(prediction)
    citations, values = list(dict.fromkeys(told)), list(dict.fromkeys(numbers(told_rest)))
    counted = {*numbers(source_rest)}
    unknown = [str(citation) for citation in citations if not is_supported(citation, known, source)]
    return unknown + [value for value in values if value not in counted], len(citations) + len(values)


def _statistics(answers: Answers) -> Array:
    found = map(invented, answers.prompts, answers.references, answers.predictions)
    return np.array([(len(unknown), stated) for unknown, stated in found], dtype=np.float64).reshape(-1, 2)


UNSUPPORTED = Metric(
    name="unsupported",
    about="Numbers and statute citations in the answers that stand neither in the prompt nor in the reference.",
    better="less",
    settings="facts:numbers,citations|of:all",
    statistics=_statistics,
    value=percent,
)
