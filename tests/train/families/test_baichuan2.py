"""What is special about Baichuan2 as a family."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from schemas.records import HISTORY
from schemas.statistics import SequenceLimits
from train.encoding.collate import PadRight
from train.encoding.form import Wording
from train.families.baichuan2 import BAICHUAN2
from train.families.registry import family_of, family_of_config, released
from train.methods.registry import method_of, settings_of
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small

NAMES = [f"baichuan-inc/Baichuan2-{size}-{kind}" for size in ("7B", "13B") for kind in ("Base", "Chat")]
RECORDS = pl.DataFrame(
    {
        "prompt": ["什么是法律？", "前<reserved_106>后</s>"],
        "response": ["规则。", "答<reserved_107>案</s>"],
        "history": [[["你好", "您好"], ["一", "二"]], []],
    },
    schema={"prompt": pl.String(), "response": pl.String(), "history": HISTORY},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(SMALL["tiny-baichuan2"], tmp_path_factory.mktemp("tiny-baichuan2"))


@pytest.fixture
def tokenizer(folder: Path) -> Any:
    return BAICHUAN2.load_tokenizer(folder)


@pytest.mark.parametrize("name", NAMES)
def test_the_released_models_are_known_without_their_files(name: str) -> None:
    found = released(name)

    assert found is not None
    family, fields = found
    model: Any = family.skeleton(**fields)
    assert family is BAICHUAN2
    assert model.dtype == torch.bfloat16
    assert model.config.position_embedding == ("rotary" if "7B" in name else "alibi")
    assert sum(weight.numel() for weight in model.parameters()) == (7_505_973_248 if "7B" in name else 13_896_668_160)


def test_the_lora_of_the_official_example_has_its_524288_parameters() -> None:
    family, fields = released(NAMES[0]) or pytest.fail("unknown")
    method = method_of("lora")

    with torch.device("meta"):
        model = method.adapt(family.skeleton(**fields), settings_of(method, {"lora_rank": 1}), family)

    assert sum(weight.numel() for weight in model.parameters() if weight.requires_grad) == 32 * (4096 + 3 * 4096)


def test_a_folder_is_known_by_its_configuration(folder: Path) -> None:
    assert family_of(folder) is BAICHUAN2
    assert family_of_config({"model_type": "baichuan", "vocab_size": 125_696}, folder) is BAICHUAN2


def test_the_default_encoding_asks_as_the_model_is_asked_in_conversation(tokenizer: Any) -> None:
    limits = SequenceLimits(source=200, target=200)

    encoded = BAICHUAN2.encode(RECORDS, tokenizer, limits)

    prompts = BAICHUAN2.encode_prompts(RECORDS, tokenizer, limits)
    for number, (example, prompt) in enumerate(zip(encoded.examples, prompts, strict=True)):
        record = RECORDS.row(number, named=True)
        assert prompt == tokenizer.prompt_ids(record["prompt"], record["history"])
        answer = [*tokenizer.encode_texts([record["response"]])[0], 2]
        assert example["input_ids"].tolist() == prompt + answer
        assert example["labels"].tolist() == [-100] * len(prompt) + answer


def test_control_tokens_in_data_neither_end_nor_open_a_turn(tokenizer: Any) -> None:
    encoded = BAICHUAN2.encode(RECORDS[1:], tokenizer, SequenceLimits(source=200, target=200))

    ids = encoded.examples[0]["input_ids"].tolist()
    assert (ids.count(195), ids.count(196), ids.count(2)) == (1, 1, 1)


def test_a_prefix_and_an_instruction_stand_where_they_belong(tokenizer: Any) -> None:
    wording, limits = Wording(preset="legal", prefix="请答："), SequenceLimits(source=200, target=200)

    prompts = BAICHUAN2.encode_prompts(RECORDS, tokenizer, limits, wording=wording)

    asked = wording.dialogue("什么是法律？", [])
    assert prompts[0] == tokenizer.prompt_ids(asked.question, [["请答：你好", "您好"], ["一", "二"]])


def test_what_does_not_fit_goes_turn_by_turn_from_the_oldest_on(tokenizer: Any) -> None:
    whole, short = (
        BAICHUAN2.encode_prompts(RECORDS[:1], tokenizer, SequenceLimits(source=room, target=9))[0] for room in (99, 15)
    )

    assert whole[-len(short) :] == short
    assert short[0] == 195
    assert len(short) <= 15 < len(whole)


@pytest.mark.parametrize("position_embedding", ["rotary", "alibi"])
@torch.no_grad()
def test_a_batch_for_training_gives_each_example_its_own_logits(
    position_embedding: str, folder: Path, tokenizer: Any
) -> None:
    model, _ = BAICHUAN2.load(folder, dtype="float32", position_embedding=position_embedding)
    encoded = BAICHUAN2.encode(RECORDS, tokenizer, SequenceLimits(source=99, target=99), encoding="official")

    batch = PadRight(pad=0, layout=lambda ids: BAICHUAN2.layout(ids, model.config))(list(encoded.examples))
    labels = batch.pop("labels")
    logits = model(**batch).logits

    assert labels.shape == batch["positions"].shape
    for row, example in enumerate(encoded.examples):
        alone = model(torch.tensor(example["input_ids"])[None].long()).logits[0]
        torch.testing.assert_close(logits[row, : len(alone)], alone, atol=1e-5, rtol=0)


def test_blocks_and_norm_are_where_the_family_says_so(folder: Path) -> None:
    model: Any = BAICHUAN2.load(folder)[0]

    assert len(BAICHUAN2.blocks(model)) == model.config.num_layers == 2
    for block in BAICHUAN2.blocks(model):
        assert {BAICHUAN2.attention_module, BAICHUAN2.mlp_module} <= dict(block.named_children()).keys()
    assert isinstance(model.get_submodule(BAICHUAN2.final_norm), torch.nn.RMSNorm)


@pytest.mark.parametrize("dtype", ["float16", torch.bfloat16])
def test_a_model_is_loaded_in_the_precision_asked_for_and_answers_as_it_samples(dtype: Any, folder: Path) -> None:
    model, tokenizer = BAICHUAN2.load(folder, dtype=dtype)
    prompt = torch.tensor([tokenizer.prompt_ids("你好")])
    asked: Any = {**BAICHUAN2.sampling, "max_length": prompt.shape[1] + 3, "attention_mask": torch.ones_like(prompt)}

    output = model.generate(prompt, **asked)

    assert model.dtype == (dtype if isinstance(dtype, torch.dtype) else torch.float16)
    assert prompt.shape[1] < output.shape[1] <= prompt.shape[1] + 3
