"""LoRA and its kin, and prompts: sizes, targets, merging, peft's own folders, AdaLoRA's schedule."""

import json
import warnings
from copy import copy
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from peft import PeftModel

from schemas.errors import ModelError, OptionError
from tests.train.families.folders import GENERATIONS, model_folder
from tests.train.methods.tiny import CONFIGS, adapted, answer, base, case, facts, logits, train
from train.methods.lora import LORA, Lora
from train.methods.p_tuning import P_TUNING
from train.methods.prompt_tuning import PROMPT_TUNING, PromptTuning
from train.methods.registry import settings_of
from train.methods.saved import adapter_of, load_adapter, save_adapter
from train.methods.through_peft import save_peft, wrap
from train.methods.trained import trained_parameters

every_family = pytest.mark.parametrize("family", CONFIGS)
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing. is deprecated:FutureWarning")


@pytest.mark.parametrize(
    ("family", "settings", "count"),
    [
        ("chatglm", Lora(), 3_670_016),
        ("chatglm2", Lora(), 1_949_696),
        ("chatglm", Lora(lora_target="all"), 14_680_064),
    ],
)
def test_the_real_models_train_as_many_parameters_as_is_known(family: str, settings: Lora, count: int) -> None:
    model = LORA.adapt(facts(family).skeleton(dtype=torch.float16), settings, facts(family))

    assert sum(parameter.numel() for parameter in trained_parameters(model).values()) == count


@every_family
@pytest.mark.parametrize("name", ["lora", "lora everywhere", "DoRA", "rsLoRA", "AdaLoRA", "IA3"])
def test_a_merged_model_is_the_family_s_own_and_gives_the_same_logits(name: str, family: str) -> None:
    model = train(adapted(name, family), name, family)
    expected = logits(model, family)

    merged = LORA.merge(model)  # type: ignore[misc]

    assert type(merged) is CONFIGS[family][0]
    assert merged.state_dict().keys() == base(family).state_dict().keys()
    assert (logits(merged, family) - expected).abs().max() <= 1e-4 * expected.abs().max()


@every_family
@pytest.mark.parametrize("name", ["lora", "DoRA", "AdaLoRA", "IA3", "prompt_tuning"])
def test_peft_itself_reads_what_is_saved(name: str, family: str, tmp_path: Path) -> None:
    model = train(adapted(name, family), name, family)
    save_adapter(model, *case(name), tmp_path)

    theirs = PeftModel.from_pretrained(base(family), str(tmp_path))

    assert torch.equal(logits(theirs, family), logits(model, family))
    assert answer(theirs, family) == answer(model, family)


@every_family
@pytest.mark.parametrize(
    ("config", "method"),
    [
        (peft.LoraConfig(task_type="CAUSAL_LM", r=3, use_dora=True, bias="all"), "lora"),
        (peft.LoHaConfig(task_type="CAUSAL_LM", r=3), "lora"),
        (peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4), "prompt_tuning"),
        (peft.PromptEncoderConfig(task_type="CAUSAL_LM", num_virtual_tokens=4), "prompt_tuning"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.peft_type.value,
)
def test_a_folder_that_peft_saved_is_read(config: Any, method: str, family: str, tmp_path: Path) -> None:
    config = copy(config)
    if method == "lora":
        config.target_modules = {facts(family).targets(base(family))[-1]}
    theirs = wrap(base(family), config)
    train(theirs, "lora", family) if method == "lora" else None
    expected = logits(theirs, family)
    theirs.save_pretrained(str(tmp_path))

    ours = load_adapter(base(family), tmp_path, facts(family))

    assert adapter_of(tmp_path)[0].name == method
    assert (logits(ours, family) - expected).abs().max() <= 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"enable_lora": [True, False, True]}, r"first versions of peft \(MergedLinear, enable_lora\)"),
        ({"peft_type": "LORA9"}, "peft_type 'LORA9' is unknown to the installed peft"),
        ({"use_something_new": True}, "the installed peft does not know use_something_new"),
    ],
)
def test_a_folder_of_another_age_of_peft_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    save_peft(adapted("lora", "chatglm"), tmp_path)
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), encoding="utf-8")

    with pytest.raises(ModelError, match=message):
        adapter_of(tmp_path)


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    save_peft(adapted("lora", "chatglm"), tmp_path)
    (tmp_path / "adapter_model.safetensors").unlink()

    with pytest.raises(ModelError, match=r"neither adapter_model.safetensors nor adapter_model.bin"):
        load_adapter(base("chatglm"), tmp_path, facts("chatglm"))


def test_what_peft_refuses_is_one_line() -> None:
    with pytest.raises(OptionError, match=r"peft cannot tune ChatGLMForCausalLM so: .*q_proj"):
        LORA.adapt(base("chatglm"), Lora(lora_target="q_proj"), facts("chatglm"))


PARTS_OF_THE_BASE: dict[str, dict[str, Any]] = {
    "biases": {"bias": "all"},
    "vocabulary": {"modules_to_save": ["lm_head", "output_layer"]},
    "embeddings": {"modules_to_save": ["word_embeddings"]},
    "tokens": {"trainable_token_indices": [11, 12]},
    "norms": {"peft_type": "LN_TUNING", "target_modules": ["input_layernorm"]},
}


@every_family
@pytest.mark.filterwarnings("ignore:.*(tied|Unsupported layer type):UserWarning:peft")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("part", PARTS_OF_THE_BASE)
def test_parts_of_the_base_can_train_too(part: str, family: str, dtype: torch.dtype, tmp_path: Path) -> None:
    settings = Lora(peft_config=PARTS_OF_THE_BASE[part])
    model = train(LORA.adapt(base(family, dtype), settings, facts(family)), "lora", family)
    expected = logits(model, family)
    save_adapter(model, LORA, settings, tmp_path)

    again = load_adapter(base(family, dtype), tmp_path, facts(family))
    found = logits(again, family)
    merged = LORA.merge(again)  # type: ignore[misc]

    assert torch.equal(found, expected)
    assert {parameter.dtype for parameter in merged.parameters()} == {dtype}
    assert (logits(merged, family) - expected).abs().max() <= 0.05 * expected.abs().max()


def test_adalora_spends_its_ranks_over_the_steps_of_the_training() -> None:
    model = adapted("AdaLoRA", "chatglm")

    train(model, "AdaLoRA", "chatglm", steps=10)

    ranks = model.peft_config["default"].rank_pattern
    assert model.peft_config["default"].total_step == 10
    assert sum(sum(kept) for kept in ranks.values()) == 8 * len(ranks)


@every_family
def test_adalora_as_peft_cuts_it_is_read(family: str, tmp_path: Path) -> None:
    model = train(adapted("AdaLoRA", family), "AdaLoRA", family, steps=10)
    expected = logits(model, family)
    model.save_pretrained(str(tmp_path))

    ours = load_adapter(base(family), tmp_path, facts(family))

    assert (logits(ours, family) - expected).abs().max() <= 1e-5


def test_adalora_goes_back_to_a_checkpoint_while_it_trains(tmp_path: Path) -> None:
    model = train(adapted("AdaLoRA", "chatglm"), "AdaLoRA", "chatglm", steps=4)
    expected = logits(model, "chatglm")
    LORA.save(model, tmp_path)
    train(model, "AdaLoRA", "chatglm", steps=4)

    LORA.restore(model, tmp_path)

    assert torch.equal(logits(model, "chatglm"), expected)


def test_adalora_refuses_a_training_too_short_for_its_schedule() -> None:
    settings = Lora(peft_config={"peft_type": "ADALORA", "tinit": 6, "tfinal": 6})
    model = LORA.adapt(base("chatglm"), settings, facts("chatglm"))

    with pytest.raises(OptionError, match="tinit 6 and tfinal 6 leave no steps of 10"):
        LORA.begin(model, 10)  # type: ignore[misc]


@every_family
@pytest.mark.parametrize("name", ["p_tuning", "p_tuning by LSTM"])
def test_the_encoder_of_a_prompt_is_folded_away(name: str, family: str, tmp_path: Path) -> None:
    model = train(adapted(name, family), name, family)
    expected, said = logits(model, family), answer(model, family)

    method, values, folded = P_TUNING.fold(model.train(), case(name)[1])  # type: ignore[misc]
    save_adapter(folded, PROMPT_TUNING, settings_of(PROMPT_TUNING, values), tmp_path)

    assert method == "prompt_tuning"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = load_adapter(base(family), tmp_path, facts(family))
    for again in (ours, PeftModel.from_pretrained(base(family), str(tmp_path))):
        assert (logits(again, family) - expected).abs().max() <= 1e-5
        assert answer(again, family) == said


@pytest.mark.parametrize("family", GENERATIONS)
def test_a_prompt_may_start_as_a_text(family: str, tmp_path: Path) -> None:
    model, tokenizer = facts(family).load(model_folder(family, tmp_path), dtype=torch.float32)
    (ids,) = facts(family).form(tokenizer).answers(["这件衬衫"])
    settings = PromptTuning(num_virtual_tokens=len(ids) + 1, prompt_tuning_init_text="这件衬衫")
    expected = model.get_input_embeddings()(torch.tensor([*ids, ids[0]]))

    tuned = PROMPT_TUNING.adapt(model, settings, facts(family))

    assert torch.equal(tuned.prompt_encoder["default"].embedding.weight, expected)


def test_what_starts_from_weights_or_a_text_can_be_counted_without_them() -> None:
    prompt = PromptTuning(num_virtual_tokens=7, prompt_tuning_init_text="这件衬衫")
    models = [
        PROMPT_TUNING.adapt(base("chatglm").to("meta"), prompt, facts("chatglm")),
        LORA.adapt(base("chatglm").to("meta"), Lora(peft_config={"init_lora_weights": "pissa"}), facts("chatglm")),
    ]

    counts = [sum(parameter.numel() for parameter in trained_parameters(model).values()) for model in models]

    assert counts == [7 * 32, 3 * 8 * (32 + 96)]


@every_family
@pytest.mark.parametrize("start", ["pissa", "olora"])
def test_a_start_that_changes_the_base_is_made_again(start: str, family: str, tmp_path: Path) -> None:
    settings = Lora(peft_config={"init_lora_weights": start})
    model = train(LORA.adapt(base(family), settings, facts(family)), "lora", family)
    save_adapter(model, LORA, settings, tmp_path)

    again = load_adapter(base(family), tmp_path, facts(family))

    assert torch.equal(logits(again, family), logits(model, family))
