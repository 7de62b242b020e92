"""What methods, chat and dry runs ask of a family."""

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from tests.train.families.folders import GENERATIONS, model_folder
from train.families.family import Family
from train.families.registry import FAMILIES, released

EVERY = pytest.mark.parametrize("family", [FAMILIES[name] for name in GENERATIONS], ids=lambda family: family.name)
PARAMETERS = {"THUDM/chatglm-6b": 6_173_286_400, "THUDM/chatglm2-6b": 6_243_584_000}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_released_model_is_known_without_its_files(name: str) -> None:
    found = released(name.upper())

    assert found is not None
    family, fields = found
    model = family.skeleton(**fields)
    assert sum(parameter.numel() for parameter in model.parameters()) == PARAMETERS[name]
    assert model.dtype == torch.float16
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


def test_a_model_that_nobody_released_is_unknown() -> None:
    assert released("somebody/some-model") is None


@EVERY
def test_blocks_and_norm_are_where_the_family_says_so(family: Family, tmp_path: Path) -> None:
    model, _ = family.load(model_folder(family.name, tmp_path))
    adapted = get_peft_model(family.load(tmp_path)[0], LoraConfig(target_modules=list(family.target_modules)))

    for each in (model, adapted):
        assert len(family.blocks(each)) == each.config.num_layers
        for block in family.blocks(each):
            inside = dict(block.named_children())
            assert {family.attention_module, family.mlp_module} <= inside.keys()
    assert "Norm" in type(model.get_submodule(family.final_norm)).__name__


@EVERY
@torch.no_grad()
def test_the_layout_changes_nothing_but_the_work(family: Family, tmp_path: Path) -> None:
    model, tokenizer = family.load(model_folder(family.name, tmp_path), dtype="float32")
    rows = [tokenizer.build_inputs_with_special_tokens(ids, ids) for ids in tokenizer.encode_texts(["你好", "95度"])]
    width = max(map(len, rows)) + 3
    ids = torch.tensor([row + [int(tokenizer.pad_token_id)] * (width - len(row)) for row in rows])

    places = family.layout(ids, model.config)

    assert torch.equal(model(ids, **places).logits, model(ids).logits)
    assert all(places[name].shape[0] == 2 for name in places)


@EVERY
def test_sampling_is_what_generate_takes(family: Family, tmp_path: Path) -> None:
    model, tokenizer = family.load(model_folder(family.name, tmp_path), dtype="float32")
    ids = tokenizer(["你好"], return_tensors="pt")["input_ids"]

    output = model.generate(ids, **family.sampling | {"max_length": ids.shape[1] + 2})

    assert ids.shape[1] < output.shape[1] <= ids.shape[1] + 2


@EVERY
@pytest.mark.parametrize("dtype", ["float16", torch.bfloat16, "auto"])
def test_a_model_is_loaded_in_the_precision_asked_for(family: Family, tmp_path: Path, dtype: torch.dtype | str) -> None:
    model, _ = family.load(model_folder(family.name, tmp_path), dtype=dtype, num_layers=4)

    wanted = {"float16": torch.float16, "auto": torch.float32}
    assert model.dtype == (dtype if isinstance(dtype, torch.dtype) else wanted[dtype])
    assert not model.training
