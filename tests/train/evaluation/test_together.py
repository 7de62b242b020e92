"""How prompts are dealt to processes, and how they are told which model to ask."""

import json
from pathlib import Path

import pytest

from tests.train.answer.speaking import run_on
from train.answer.load import tuned
from train.evaluation.models import Models
from train.evaluation.together import _dealt
from train.evaluation.told import as_told, asking_as_told, told

PROMPTS = {record: [7] * (1 + 5 * record % 13) for record in range(13)}


@pytest.mark.parametrize("whole_batches", [True, False])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_prompt_is_dealt_once(count: int, whole_batches: bool) -> None:
    shares = _dealt(PROMPTS, count, 4, whole_batches=whole_batches)

    assert len(shares) == count
    assert sorted(record for share in shares for record in share) == [*PROMPTS]


def test_drawn_answers_stay_in_the_batches_of_one_process() -> None:
    order = sorted(PROMPTS, key=lambda record: (-len(PROMPTS[record]), record))

    first, second = _dealt(PROMPTS, 2, 4, whole_batches=True)

    assert [*first] == order[:4] + order[8:12]
    assert [*second] == order[4:8] + order[12:]


def test_few_greedy_prompts_are_for_all() -> None:
    shares = _dealt({record: [1] for record in range(4)}, 4, 8, whole_batches=False)

    assert [len(share) for share in shares] == [1, 1, 1, 1]


def test_where_nothing_is_asked_everybody_has_nothing_to_do() -> None:
    assert _dealt({}, 2, 8, whole_batches=False) == [{}, {}]


def test_models_are_told_whole(model: Path, tmp_path: Path) -> None:
    run = run_on(model, tmp_path / "run", prompt_template="patent", source_prefix="问：").path
    found = tuned(run).with_limits(source=77, target=5)
    models = Models(found.without_adapter(), found)

    again = as_told(json.loads(json.dumps(told(models))))

    assert again.facts == models.facts
    assert again.tuned == found
    assert asking_as_told(json.loads(json.dumps(told(models)))["tuned"]["asking"]) == found.asking
