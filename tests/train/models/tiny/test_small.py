"""The small models of every family: each is made in seconds, trains, saves, is loaded again, answers and is judged."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import prep
from schemas.run import LOG, Run
from tests.train.evaluation.datasets import dataset
from tests.train.models.tiny.products import products
from tests.train.runs import trained, write_rows
from train.answer.generate import answers
from train.answer.load import base, tuned
from train.answer.manner import Manner
from train.callbacks.log import read_log
from train.encoding.examples import Ids
from train.evaluation.bits import reference_bits
from train.families.registry import FAMILIES, family_of
from train.models.locate import locate
from train.models.tiny import folder as place
from train.models.tiny.folder import small_folder
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small
from train.recipe.recipe import Recipe

EVERY = pytest.mark.parametrize("name", SMALL)
OWN = {"tiny-qwen": "causal"}
"""The others are of the family that they are called after."""
METHODS: dict[str, dict[str, Any]] = {"p_tuning_v2": {"pre_seq_len": 8}, "lora": {"lora_target": "all"}}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Made anew, with few steps: what is tested is that it can be made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREP_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(place.small_folder, "__kwdefaults__", {"steps": 3})
        yield


def tuning(folder: Path, name: str, method: str) -> Run:
    return trained(
        Recipe(
            train_file=str(write_rows(folder / "train.json", products(16))),
            model=name,
            method=method,
            settings=METHODS[method],
            max_source_length=96,
            max_target_length=64,
            out=str(folder / "runs"),
            name="run",
            do_eval=False,
            training={
                "max_steps": 8,
                "learning_rate": 3e-2,
                "lr_scheduler_type": "constant",
                "per_device_train_batch_size": 8,
                "logging_steps": 2,
                "save_strategy": "no",
                "report_to": "none",
            },
        )
    )


def bits(answerer: Any, prompts: dict[int, Ids], references: dict[int, str]) -> float:
    return sum(found.bits for batch in reference_bits(answerer, prompts, references) for found in batch)


@EVERY
def test_it_belongs_to_its_family_and_says_what_it_is_worth(name: str) -> None:
    said: list[str] = []

    folder = locate(name, said.append)
    family = family_of(folder)
    model, tokenizer = family.load(folder)

    assert family.name == OWN.get(name, name.removeprefix("tiny-"))
    assert "hardly trained" in said[0]
    assert "its numbers mean nothing" in said[0]
    assert model.num_parameters() < 1_000_000
    assert len(tokenizer.get_vocab()) <= model.config.vocab_size
    assert locate(name) == folder


@EVERY
@pytest.mark.parametrize("method", METHODS)
def test_it_trains_saves_loads_answers_and_is_judged(name: str, method: str, tmp_path: Path) -> None:
    run = tuning(tmp_path, name, method)

    losses = [row["loss"] for row in read_log(run.path / LOG) if "loss" in row]
    after, before = tuned(run.path, device="cpu").load(), base(name, device="cpu").load()
    rows = products(4)
    prompts = {number: after.prompt(row["content"])[0] for number, row in enumerate(rows)}
    references = {number: row["summary"] for number, row in enumerate(rows)}
    [said] = answers(after, prompts, Manner(max_new_tokens=6))
    saved = [load_file(path) for path in run.adapter.glob("*.safetensors")]
    assert losses[-1] < losses[0]
    assert len(said) == 4
    assert all(answer.tokens <= 6 for answer in said)
    assert bits(after, prompts, references) < bits(before, prompts, references)
    assert sum(tensor.numel() for file in saved for tensor in file.values()) == run.facts["parameters_trained"]


@EVERY
def test_a_run_of_it_is_evaluated_beside_its_base(name: str, tmp_path: Path) -> None:
    data = dataset(tmp_path / "legal", "legal", test=5)
    options: dict[str, Any] = {"max_source_length": 96, "max_target_length": 12, "max_steps": 2, "learning_rate": 1e-2}
    quiet: dict[str, Any] = {"report_to": "none", "health_guard": False, "save_strategy": "no", "do_eval": False}
    run = prep.train(data, model=name, method="lora", out=str(tmp_path / "runs"), **options, **quiet)

    report = prep.evaluate(run, others=[], out=tmp_path / "evaluations", resamples=100, examples=1)

    (domain,) = report.domains
    assert (domain.dataset, domain.items) == ("legal", 5)
    assert domain.gain.value != 0
    assert next((tmp_path / "evaluations").glob("*/report.html")).stat().st_size > 0


@EVERY
def test_two_makings_are_equal_byte_for_byte(name: str, tmp_path: Path) -> None:
    folders = [write_small(SMALL[name], tmp_path / place, steps=1) for place in ("a", "b")]

    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]

    assert contents[0] == contents[1]


def test_its_folder_changes_with_how_long_it_is_trained() -> None:
    folders = {small_folder(SMALL["tiny-llama"], steps=steps) for steps in (0, 1)}

    assert len(folders) == 2


def test_making_one_leaves_torch_alone(tmp_path: Path) -> None:
    state = torch.random.get_rng_state()

    write_small(SMALL["tiny-qwen"], tmp_path / "model", steps=1)

    assert torch.equal(torch.random.get_rng_state(), state)


def test_every_family_has_one() -> None:
    assert {OWN.get(name, name.removeprefix("tiny-")) for name in SMALL} | {"chatglm"} == FAMILIES.keys()
