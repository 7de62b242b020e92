"""How much of its input an answer carries: 类型#上衣*版型#宽松 wants 上衣 and 宽松; other prompts their key facts.

Those are numbers, citations of statutes and the words that weigh most. Whether the answer is right, nobody knows; but
what leaves its input out is not about it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.words import cut_words
from train.metrics.facts.citations import Citation, is_supported, split_citations
from train.metrics.facts.numerals import numbers
from train.metrics.facts.terms import key_terms
from train.metrics.metric import Answers, Array, Metric, ratio


def attribute_values(prompt: str) -> list[str]:
    """Of an input such as ``类型#上衣*版型#宽松``, each once; empty for any other text."""
    pairs = [part.partition("#") for part in prompt.strip().split("*")]
    if any(not (name and hash_sign and value) for name, hash_sign, value in pairs):
        return []
    return list(dict.fromkeys(value for _, _, value in pairs))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a prompt states; its citations apart from the rest, whose words are cut for all prompts at once."""

    citations: set[Citation]
    numbers: set[str]
    terms: list[str]


def _covered(prompt: str, facts: _Facts, prediction: str) -> tuple[int, int]:
    """Facts of the prompt that the answer carries, and all of them."""
    values = attribute_values(prompt)
    if values:
        return sum(value in prediction for value in values), len(values)
    told, told_rest = split_citations(prediction)
    counted = {*numbers(told_rest)}
    carried = [is_supported(citation, told, prediction) for citation in facts.citations]
    carried += [number in counted for number in facts.numbers]
    carried += [term in prediction for term in facts.terms]
    return sum(carried), len(carried)


def _facts(prompts: Sequence[str]) -> Iterator[_Facts]:
    divided = [split_citations(prompt) for prompt in prompts]
    words = cut_words([rest for _, rest in divided])
    for (cited, rest), cut in zip(divided, words, strict=True):
        yield _Facts({*cited}, {*numbers(rest)}, key_terms(cut))


def _statistics(answers: Answers) -> Array:
    """The share of an item's facts, and whether it has any."""
    found = map(_covered, answers.prompts, _facts(answers.prompts), answers.predictions)
    shares = [(100 * carried / facts, 1) if facts else (0, 0) for carried, facts in found]
    return np.array(shares, dtype=np.float64).reshape(-1, 2)


INPUT_COVERAGE = Metric(
    name="input_coverage",
    about="The input's facts that the answer carries: attribute values, numbers, statute citations, key terms.",
    better="more",
    settings="facts:values,numbers,citations,terms5|idf:jieba",
    statistics=_statistics,
    value=ratio,
)
