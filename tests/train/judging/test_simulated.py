"""1,000 simulated score tables a scenario: how often the verdict is wrong, and how often it sees what is there."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from tests.train.judging.tables import but, noisy, sure
from train.judging.evidence import Evidence
from train.judging.ratings import wilson
from train.judging.verdict import verdict

TABLES = 1_000


@dataclass(frozen=True)
class Scenario:
    truth: Evidence
    spread: float = 1.0
    """Items vary less where tuning changes little."""
    right: str = ""
    """The verdict that is due; none where the truth lies on a threshold, or there are too few items to see it."""


FALSE = {
    "no effect": Scenario(
        but(total=sure(0), saved=sure(0), prompting=sure(0), content=sure(0), against_base=sure(0), doubling=sure(0)),
        spread=0.3,
        right="not suitable",
    ),
    "no effect, noisy": Scenario(
        but(total=sure(0), saved=sure(0), prompting=sure(0), content=sure(0), against_base=sure(0))
    ),
    "tiny effect": Scenario(but(saved=sure(0.01), total=sure(0.01), prompting=sure(0), content=sure(0.01)), spread=0.3),
    "tiny effect, many items": Scenario(
        but(
            items=20_000,
            saved=sure(0.01),
            total=sure(0.01),
            prompting=sure(0),
            content=sure(0.01),
            against_base=sure(0.005),
        ),
        right="not suitable",
    ),
    "effect at the threshold": Scenario(but(saved=sure(0.02))),
    "style only": Scenario(but(total=sure(0.5), saved=sure(0.35), content=sure(0)), right="style only"),
    "a little style, no content": Scenario(but(content=sure(0))),
    "style, content at the threshold": Scenario(but(content=sure(0.02))),
    "few items, no effect": Scenario(but(items=120, saved=sure(0), total=sure(0), prompting=sure(0), content=sure(0))),
    "too few items": Scenario(but(items=99), right="undecided"),
    "answers worse": Scenario(but(against_base=sure(-0.05))),
    "answers worse at the margin": Scenario(but(against_base=sure(-0.01))),
    "copy is as good": Scenario(but(against_copy=sure(0))),
    "copy is better": Scenario(but(against_copy=sure(-0.05)), right="not suitable"),
    "retrieval is as good": Scenario(but(against_retrieval={"ROUGE-L": sure(0)}, retrieved=sure(0.3))),
    "retrieval equals to the letter": Scenario(
        but(against_retrieval={"ROUGE-L": sure(0), "BLEU-4": sure(0)}, retrieved=sure(0.3)),
        spread=0.2,
        right="retrieval is better",
    ),
    "retrieval is better": Scenario(
        but(against_retrieval={"ROUGE-L": sure(-0.05)}, retrieved=sure(0.2)), right="retrieval is better"
    ),
    "prompting is enough": Scenario(
        but(prompting=sure(0.5), saved=sure(0.01), total=sure(0.51), against_base=sure(0)), right="prompting is enough"
    ),
    "forgetting": Scenario(but(forgetting={"legal": sure(0.6)}), right="harmful"),
    "forgets more than it gains": Scenario(
        but(total=sure(0.1), saved=sure(0.08), prompting=sure(0.02), forgetting={"legal": sure(0.2)}), right="harmful"
    ),
    "forgets as much as it gains": Scenario(but(total=sure(0.2), forgetting={"legal": sure(0.2)})),
    "forgets as much in each of five domains": Scenario(
        but(total=sure(0.2), forgetting=dict.fromkeys("abcde", sure(0.2)))
    ),
    "worse at home": Scenario(
        but(total=sure(-0.1), saved=sure(-0.15), prompting=sure(0.05), content=sure(0), doubling=None), right="harmful"
    ),
    "few examples": Scenario(
        but(examples=40, saved=sure(0.1), content=sure(0.01), doubling=sure(0.1)), right="needs more data"
    ),
    "few examples, nothing learned, no curve": Scenario(
        but(
            examples=40,
            saved=sure(0),
            total=sure(0.15),
            prompting=sure(0),
            content=sure(0),
            against_base=sure(0),
            doubling=None,
        ),
        right="undecided",
    ),
    "only cut items gain": Scenario(but(cut=0.5, whole=sure(0.0)), right="undecided"),
}
TRUE = {
    "as clear as most that work": Scenario(
        but(total=sure(0.3), saved=sure(0.15), content=sure(0.08), against_base=sure(0.05))
    ),
    "300 items": Scenario(but(items=300, saved=sure(0.2), content=sure(0.12))),
    "forgets a little": Scenario(but(forgetting={"legal": sure(0.1), "instruct": sure(0.02)})),
    "nothing but tuning helps": Scenario(but(prompting=sure(0), total=sure(0.2), content=sure(0.15), doubling=None)),
}


def _verdicts(scenario: Scenario) -> Counter[str]:
    generator = np.random.default_rng(1)
    return Counter(verdict(noisy(scenario.truth, generator, scenario.spread)).name for _ in range(TABLES))


@pytest.mark.parametrize("scenario", FALSE.values(), ids=FALSE)
def test_suitable_is_said_falsely_at_most_once_in_twenty(scenario: Scenario) -> None:
    found = _verdicts(scenario)

    assert found["suitable"] <= 0.05 * TABLES, found
    assert wilson(found["suitable"], TABLES).high <= 0.065
    if scenario.right:
        assert found[scenario.right] >= 0.9 * TABLES, found


@pytest.mark.parametrize("scenario", TRUE.values(), ids=TRUE)
def test_what_is_suitable_is_seen_nine_times_in_ten(scenario: Scenario) -> None:
    found = _verdicts(scenario)

    assert found["suitable"] >= 0.9 * TABLES, found
