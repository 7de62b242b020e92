"""The tiny model is fit for what it is there for: tuning teaches it a domain, and only what there is to be learnt."""

from pathlib import Path

import pytest

from schemas.run import Run
from tests.train.models.tiny.products import products, shuffled
from tests.train.runs import Row, trained, write_rows
from train.families.registry import family_of
from train.recipe.recipe import Recipe

HELD_OUT = products(60, held_out=True, seed=1)
METHODS = {"p_tuning_v2": ({"pre_seq_len": 16}, 2e-2), "lora": ({}, 5e-3)}


def tuning(folder: Path, tiny: Path, method: str, rows: list[Row], steps: int = 100) -> Run:
    settings, rate = METHODS[method]
    return trained(
        Recipe(
            train_file=str(write_rows(folder / "train.json", rows)),
            validation_file=str(write_rows(folder / "dev.json", HELD_OUT)),
            model=str(tiny),
            method=method,
            settings=settings,
            max_source_length=64,
            max_target_length=64,
            out=str(folder / "runs"),
            name=method,
            do_train=steps > 0,
            training={
                "max_steps": steps,
                "learning_rate": rate,
                "per_device_train_batch_size": 16,
                "save_strategy": "no",
                "report_to": "none",
            },
        )
    )


def loss(run: Run) -> float:
    return float(run.facts["eval_loss"])


@pytest.fixture(scope="module")
def untuned(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """The loss of the base."""
    return loss(tuning(tmp_path_factory.mktemp("base"), tiny, "lora", products(20), steps=0))


@pytest.mark.parametrize("method", METHODS)
def test_tuning_teaches_the_form_and_the_values_are_found_even_new_ones(
    method: str, tiny: Path, untuned: float, tmp_path: Path
) -> None:
    run = tuning(tmp_path, tiny, method, products(1000))

    assert loss(run) < untuned - 1


def test_answers_that_do_not_belong_to_their_questions_teach_less(tiny: Path, untuned: float, tmp_path: Path) -> None:
    right = tuning(tmp_path / "right", tiny, "lora", products(1000))
    wrong = tuning(tmp_path / "wrong", tiny, "lora", shuffled(products(1000)))

    assert loss(right) < loss(wrong) - 0.5


def test_it_repeats_what_it_is_told_to(tiny: Path) -> None:
    model, tokenizer = family_of(tiny).load(tiny)

    answer, _ = model.chat(tokenizer, "重复：方法", do_sample=False, max_new_tokens=8)

    assert answer == "方法"


def test_it_has_a_few_million_parameters(tiny: Path) -> None:
    model, _ = family_of(tiny).load(tiny)

    assert 1_000_000 < model.num_parameters() < 5_000_000
