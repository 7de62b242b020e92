"""How items are put: in every way that fits a domain, with examples as far as they fit, or with another's prompt."""

from pathlib import Path

import polars as pl
import pytest

from schemas.dataset import PreparedDataset
from schemas.prompts import PROMPTS
from schemas.records import DOMAINS
from schemas.statistics import SequenceLimits
from train.answer.answerer import Asking
from train.encoding.form import PLAIN, Wording
from train.evaluation.asking import Asker, Memory
from train.evaluation.held_out import held_out, records_of
from train.evaluation.models import Models
from train.evaluation.ways import BARE, Way, presets, ways_of, with_examples

THREE = Way(name="3 examples", examples=3)


def asker(models: Models, dataset: PreparedDataset, source: int = 512) -> Asker:
    return Asker(
        models=models,
        items=held_out(dataset, "test", most=None, seed=0),
        memory=Memory(records_of(dataset, "train")),
        limits=SequenceLimits(source=source, target=16),
        seed=0,
    )


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_has_instructions_of_its_own(domain: str) -> None:
    assert presets(domain)
    assert {*presets(domain)} <= {*PROMPTS} - {"none"}


def test_a_base_is_asked_bare_instructed_and_with_examples() -> None:
    assert [way.name for way in ways_of("paper", PLAIN)] == [
        "bare",
        "paper",
        "paper-title",
        "1 example",
        "2 examples",
        "3 examples",
        "4 examples",
    ]


def test_a_base_is_asked_as_the_tuned_model_is_too() -> None:
    own = Wording(prefix="律师：")

    assert own in [way.wording for way in ways_of("legal", own)]
    assert len(ways_of("legal", Wording(preset="legal"))) == len(ways_of("legal", PLAIN))


def test_examples_stand_before_an_item_s_own_turns_the_nearest_last() -> None:
    records = pl.DataFrame({"prompt": ["问"], "response": ["答"], "history": [[["早", "安"]]]})

    found = with_examples(records, [[("远", "1"), ("近", "2"), ("最近", "3")]], 2)

    assert found["history"].to_list() == [[["近", "2"], ["最近", "3"], ["早", "安"]]]


def test_examples_are_training_pairs_about_the_same_thing(models: Models, patent: PreparedDataset) -> None:
    found = asker(models, patent)

    text = models.tokenizer.decode(found.base(THREE).prompts[0])
    assert text.count("[Round") == 4
    assert found.items.prompts[0] in text
    thing = next(thing for thing in ("装置", "方法", "传感器", "壳体") if thing in found.items.prompts[0])
    assert all(thing in question for question, _ in found.shown[0])


def test_only_examples_that_fit_are_shown(models: Models, patent: PreparedDataset) -> None:
    [bare, room] = [asker(models, patent, source).base(THREE).prompts for source in (40, 512)]

    assert max(map(len, bare.values())) <= 40
    assert sum(map(len, bare.values())) < sum(map(len, room.values()))


def test_a_question_without_room_for_examples_is_asked_bare(models: Models, patent: PreparedDataset) -> None:
    found = asker(models, patent, 24)

    assert found.base(THREE).prompts == found.base(BARE).prompts


@pytest.mark.parametrize("way", [BARE, THREE])
def test_shuffled_prompts_are_those_of_other_items(models: Models, patent: PreparedDataset, way: Way) -> None:
    found = asker(models, patent)

    own, other = found.base(way), found.base(way, shuffled=True)

    assert sorted(other.prompts.values()) == sorted(own.prompts.values())
    assert all(other.prompts[number] != own.prompts[number] for number in own.prompts)
    assert other.references == own.references


def test_base_and_tuned_are_given_the_same_prompts(models: Models, patent: PreparedDataset) -> None:
    found, asking = asker(models, patent), Asking(wording=Wording(preset="patent"))

    for shuffled in (False, True):
        base, model = (found.as_trained(side, asking, shuffled=shuffled) for side in ("base", "tuned"))
        assert base.prompts == model.prompts
        assert (base.side, model.side) == ("base", "tuned")


def test_records_without_a_side_are_not_asked(tmp_path: Path, patent: PreparedDataset) -> None:
    from tests.train.evaluation.datasets import write

    lines = [{"content": "甲", "summary": ""}, {"content": "乙", "summary": "二"}, {"content": " ", "summary": "三"}]
    found = held_out(write(tmp_path / "legal", "legal", {"test": lines}), "test", most=None, seed=0)

    assert (found.numbers, found.prompts) == ([1], ["乙"])
