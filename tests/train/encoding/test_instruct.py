"""``--encoding instruct``: the early trainer's layout through a family, in training, evaluation and statistics."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.errors import OptionError
from schemas.records import HISTORY
from schemas.statistics import SequenceLimits
from tests.golden_data import golden
from train.encoding.examples import HIDDEN
from train.encoding.form import Wording
from train.families.chatglm import CHATGLM
from train.families.chatglm2 import CHATGLM2
from train.families.llama import LLAMA
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small

ROWS = pl.DataFrame(
    {"prompt": ["你好", "请问\nInput: 95"], "response": ["你好！", "检查线路"], "history": [[], [["一", "二"]]]},
    schema={"prompt": pl.String(), "response": pl.String(), "history": HISTORY},
)
WIDE = SequenceLimits(source=300, target=300)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tokenizer that brings a template, which is not asked."""
    return LLAMA.load_tokenizer(write_small(SMALL["tiny-llama"], tmp_path_factory.mktemp("llama")))


@pytest.mark.parametrize("number", [0, 1])
def test_a_family_encodes_as_the_early_trainer_did(number: int) -> None:
    """Its third run leaves out what is too long, which prep never does."""
    told = json.loads(golden("preprocess_instruct_v1.json").read_text(encoding="utf-8"))
    run, records = told["runs"][number], told["records"]
    tokenizer = CHATGLM.load_tokenizer(golden("tok/v1"))
    asked = [
        record["instruction"] + (f"\nInput: {record['input']}" if record.get("input") else "") for record in records
    ]
    rows = pl.DataFrame({"prompt": asked, "response": [record["output"] for record in records]})
    half = run["max_seq_length"] // 2
    limits = SequenceLimits(source=half, target=run["max_seq_length"] - half)

    found = CHATGLM.encode(rows, tokenizer, limits, encoding="instruct").examples

    assert [example["input_ids"].tolist() for example in found] == [row["input_ids"] for row in run["features"]]
    assert found.answer_starts.tolist() == [row["seq_len"] for row in run["features"]]


def test_only_chatglm_learns_the_token_before_the_answer() -> None:
    for family, generation, opening in ((CHATGLM, "v1", 1), (CHATGLM2, "v2", 0)):
        tokenizer: Any = family.load_tokenizer(golden(f"tok/{generation}"))

        [first, _] = family.encode(ROWS, tokenizer, WIDE, encoding="instruct").examples

        learnt = [label for label in first["labels"].tolist() if label != HIDDEN]
        [answer] = tokenizer.encode_texts(["你好！"])
        assert learnt[opening:] == [*answer, tokenizer.eos_token_id]


def test_earlier_turns_stand_before_in_the_same_form() -> None:
    tokenizer: Any = CHATGLM2.load_tokenizer(golden("tok/v2"))

    asked = CHATGLM2.encode_prompts(ROWS, tokenizer, WIDE, encoding="instruct", wording=Wording(prefix="请："))

    text = "请：Instruction: 一\nAnswer: 二\nInstruction: 请问\nInput: 95\nAnswer: "
    assert asked[1] == tokenizer.build_inputs_with_special_tokens(tokenizer.encode_texts([text])[0])


def test_prompts_of_evaluation_are_those_of_training_and_losses_those_of_statistics(llama: Any) -> None:
    for family, tokenizer in ((CHATGLM, CHATGLM.load_tokenizer(golden("tok/v1"))), (LLAMA, llama)):
        for limits in (WIDE, SequenceLimits(source=40, target=8)):
            encoded = family.encode(ROWS, tokenizer, limits, encoding="instruct")
            asked = family.encode_prompts(ROWS, tokenizer, limits, encoding="instruct")
            [losses] = family.rule(tokenizer, "instruct").losses(ROWS, "chat", [limits])

            starts = encoded.examples.answer_starts
            given = [row["input_ids"][:start].tolist() for row, start in zip(encoded.examples, starts, strict=True)]
            assert given == asked
            assert losses == encoded.losses


def test_a_llama_is_asked_in_it_whatever_template_it_brings(llama: Any) -> None:
    [first, second] = LLAMA.encode(ROWS, llama, WIDE, encoding="instruct").examples

    begin, end = llama.bos_token, llama.eos_token
    assert llama.decode(first["input_ids"]) == f"{begin}Instruction: 你好\nAnswer: 你好！{end}"
    assert llama.decode(second["input_ids"]) == (
        f"{begin}Instruction: 一\nAnswer: 二{end}\nInstruction: 请问\nInput: 95\nAnswer: 检查线路{end}"
    )


def test_a_base_without_a_template_is_asked_in_it(tmp_path: Path) -> None:
    folder = write_small(SMALL["tiny-llama"], tmp_path / "model")
    (folder / "chat_template.jinja").unlink()
    tokenizer = LLAMA.load_tokenizer(folder)

    [plain] = LLAMA.encode_prompts(ROWS[:1], tokenizer, WIDE)

    assert [plain] == LLAMA.encode_prompts(ROWS[:1], tokenizer, WIDE, encoding="instruct")


def test_all_answers_are_learnt_by_those_that_can(llama: Any) -> None:
    [_, dialogue] = LLAMA.encode(ROWS, llama, WIDE, encoding="instruct", loss="all").examples
    learnt = [label for label in dialogue["labels"].tolist() if label != HIDDEN]

    assert llama.decode(learnt) == f"二{llama.eos_token}检查线路{llama.eos_token}"
    with pytest.raises(OptionError, match="learns the last answer only"):
        CHATGLM.encode(ROWS, CHATGLM.load_tokenizer(golden("tok/v1")), WIDE, encoding="instruct", loss="all")
