"""The official preprocessing, record by record and run by run, against the reference."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from schemas.records import HISTORY
from schemas.statistics import SequenceLimits
from tests.golden_data import golden
from train.encoding import official
from train.encoding.default import with_both_sides
from train.encoding.instruct import collate_instructions, context, encode_instructions
from train.families.chatglm import CHATGLM
from train.families.chatglm2 import CHATGLM2
from train.families.family import Family
from train.models.tokenizer import ChatGLMTokenizer

FAMILIES = {"v1": CHATGLM, "v2": CHATGLM2}
RUNS = range(14)
SCHEMA = {"prompt": pl.String(), "response": pl.String(), "history": HISTORY}


class _Run:
    """One run of a golden file, and the arguments that it was made with."""

    def __init__(self, generation: str, number: int) -> None:
        golden_file = json.loads(golden(f"preprocess_{generation}.json").read_text(encoding="utf-8"))
        run = golden_file["runs"][number]
        columns = {name: column for name, column in run["columns"].items() if column}
        rows = golden_file["multi" if "history" in columns else "single"]
        self.expected = run
        self.records = pl.DataFrame(
            {name: [row[column] for row in rows] for name, column in columns.items()},
            schema={name: SCHEMA[name] for name in columns},
        )
        self.tokenizer = ChatGLMTokenizer.from_pretrained(golden(f"tok/{generation}"))
        self.family: Family = FAMILIES[generation]
        self.limits = SequenceLimits(source=run["max_source_length"], target=run["max_target_length"])
        self.options = {key: run[key] for key in ("source_prefix", "ignore_pad_token_for_loss")}

    def training(self) -> Any:
        assert isinstance(self.family.official, official.Official)
        return official.encode(self.records, self.tokenizer, self.family.official, self.limits, **self.options)

    def evaluation(self) -> Any:
        assert isinstance(self.family.official, official.Official)
        return official.encode_evaluation(
            self.records, self.tokenizer, self.family.official, self.limits, **self.options
        )


@pytest.mark.parametrize("generation", FAMILIES)
@pytest.mark.parametrize("number", RUNS)
def test_training_examples_are_those_of_the_reference(generation: str, number: int) -> None:
    run = _Run(generation, number)

    examples = run.training()

    assert [example["input_ids"].tolist() for example in examples] == run.expected["train"]["input_ids"]
    assert [example["labels"].tolist() for example in examples] == run.expected["train"]["labels"]


@pytest.mark.parametrize("generation", FAMILIES)
@pytest.mark.parametrize("number", RUNS)
def test_evaluation_inputs_are_those_of_the_reference(generation: str, number: int) -> None:
    run = _Run(generation, number)

    (batch,) = run.evaluation()

    for key, rows in run.expected["eval"].items():
        assert [_written(row) for row in batch[key]] == rows, key


@pytest.mark.parametrize("generation", FAMILIES)
def test_no_golden_run_is_forgotten(generation: str) -> None:
    runs = json.loads(golden(f"preprocess_{generation}.json").read_text(encoding="utf-8"))["runs"]

    assert len(runs) == len(RUNS)


@pytest.mark.parametrize("generation", FAMILIES)
@pytest.mark.parametrize("number", RUNS)
def test_prompts_without_padding_are_the_same_prompts(generation: str, number: int) -> None:
    run = _Run(generation, number)
    assert isinstance(run.family.official, official.Official)

    asked = with_both_sides(run.records)
    prompts = official.evaluated_ids(
        asked, run.tokenizer, run.family.official, run.limits, source_prefix=run.options["source_prefix"]
    )

    pad = run.tokenizer.pad_token_id
    padded = [
        row[next(i for i, index in enumerate(row) if index != pad) :] for row in run.expected["eval"]["input_ids"]
    ]
    assert prompts == padded


def test_an_answer_starts_after_the_last_control_token() -> None:
    first, second = _Run("v1", 0), _Run("v2", 0)

    assert first.training().answer_starts[0] == 5
    assert first.training()[0]["input_ids"][4] == first.tokenizer.bos_token_id
    assert second.training()[0]["labels"][second.training().answer_starts[0] - 1] == -100
    assert second.training()[0]["labels"][second.training().answer_starts[0]] != -100


@pytest.mark.parametrize("number", range(3))
def test_instructions_are_encoded_as_in_the_early_trainer(number: int) -> None:
    golden_file = json.loads(golden("preprocess_instruct_v1.json").read_text(encoding="utf-8"))
    run = golden_file["runs"][number]
    records = golden_file["records"]
    tokenizer = ChatGLMTokenizer.from_pretrained(golden("tok/v1"))

    contexts, answers = [context(record) for record in records], [record["output"] for record in records]
    examples = encode_instructions(
        contexts, answers, tokenizer, run["max_seq_length"], skip_overlength=run["skip_overlength"]
    )
    batch = collate_instructions(examples, int(tokenizer.pad_token_id))

    assert [{"context": asked, "target": told} for asked, told in zip(contexts, answers, strict=True)] == run[
        "formatted"
    ]
    assert [example["input_ids"].tolist() for example in examples] == [row["input_ids"] for row in run["features"]]
    assert examples.answer_starts.tolist() == [row["seq_len"] for row in run["features"]]
    assert {key: value.tolist() for key, value in batch.items()} == run["collated"]


def _written(row: Any) -> Any:
    """A row as the golden files write it."""
    if isinstance(row, np.ndarray) and row.dtype == np.bool_:
        lines = ["".join("1" if hidden else "0" for hidden in line) for line in row[0]]
        return {"mask_rows": lines, "shape": list(row.shape)}
    return row.tolist() if isinstance(row, np.ndarray) else row
