"""The model under peft: grouped heads, embeddings in front, positions that stay what they are."""

from typing import Any

import peft
import pytest
import torch
from torch import Tensor

from tests.train.models.chatglm2.tiny import TOLERANCE, assert_logits, cases, model, weights
from train.models.chatglm2.positions import layout

PROMPT_METHODS = {
    "prefix_tuning": peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4),
    "p_tuning": peft.PromptEncoderConfig(task_type="CAUSAL_LM", num_virtual_tokens=4, encoder_hidden_size=32),
    "prompt_tuning": peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4),
}


def adapted(settings: peft.PeftConfig) -> Any:
    return peft.get_peft_model(model("v2_base"), settings).eval()


def official_prefix() -> Any:
    """The prefix of the reference as peft's own."""
    tuned = adapted(PROMPT_METHODS["prefix_tuning"])
    table = weights("v2_prefix")["transformer.prefix_encoder.embedding.weight"]
    tuned.prompt_encoder["default"].embedding.load_state_dict({"weight": table})
    return tuned


def placed(tuned: Any, ids: Tensor, mask: Tensor | None = None) -> dict[str, Any]:
    return {"input_ids": ids, "attention_mask": mask, **layout(ids, tuned.base_model.config, mask)}


def test_a_prefix_has_the_size_of_the_groups() -> None:
    tuned = adapted(PROMPT_METHODS["prefix_tuning"])

    cached = tuned.get_prompt(batch_size=3)

    assert tuned.get_nb_trainable_parameters()[0] == 4 * 256
    assert cached.layers[0].keys.shape == (3, 2, 4, 16)


@pytest.mark.parametrize("case", ["single", "leftpad"])
@torch.no_grad()
def test_peft_s_prefix_gives_the_logits_of_the_reference(case: str) -> None:
    expected, tuned = cases("v2_prefix"), official_prefix()

    logits = tuned(**placed(tuned, expected[f"{case}/input_ids"], expected.get(f"{case}/attention_mask"))).logits

    assert_logits(logits, expected, case)


@pytest.mark.parametrize("case", ["single", "batch"])
def test_peft_s_prefix_generates_the_tokens_of_the_reference(case: str) -> None:
    expected, tuned = cases("v2_prefix"), official_prefix()
    ids, output = expected[f"gen_{case}/input_ids"], expected[f"gen_{case}/output"]
    mask = expected["leftpad/attention_mask"] if case == "batch" else torch.ones_like(ids)

    found = tuned.generate(
        input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=output.shape[1] - ids.shape[1]
    )

    assert torch.equal(found, output)


@pytest.mark.parametrize("method", PROMPT_METHODS)
@torch.no_grad()
def test_what_a_prompt_method_generates_is_what_its_logits_say(method: str) -> None:
    """In a padded batch, with every position counted from the first token."""
    expected, tuned = cases("v2_base"), adapted(PROMPT_METHODS[method])
    ids, mask = expected["leftpad/input_ids"], expected["leftpad/attention_mask"]

    output = tuned.generate(input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=5)

    longer = torch.nn.functional.pad(mask, (0, 5), value=1)
    logits = tuned(**placed(tuned, output, longer)).logits
    assert torch.equal(logits[:, -6:-1].argmax(-1), output[:, -5:])


@pytest.mark.parametrize("method", PROMPT_METHODS)
def test_a_prompt_method_trains_its_prompt_and_a_padded_row_counts_like_the_row_alone(method: str) -> None:
    expected, tuned = cases("v2_base"), adapted(PROMPT_METHODS[method])
    ids, mask = expected["leftpad/input_ids"], expected["leftpad/attention_mask"]
    alone = expected["leftpad_row0/input_ids"]

    together = tuned(**placed(tuned, ids, mask), labels=ids.masked_fill(mask == 0, -100))
    together.loss.backward()
    single = tuned(**placed(tuned, alone))

    assert (together.logits[0, -1] - single.logits[0, -1]).abs().max() <= TOLERANCE
    for key, weight in tuned.named_parameters():
        assert (weight.grad is not None and bool(weight.grad.abs().sum() > 0)) == weight.requires_grad, key


def test_lora_finds_its_target_by_itself_and_starts_as_the_base_model() -> None:
    ids = cases("v2_base")["single/input_ids"]

    tuned = adapted(peft.LoraConfig(task_type="CAUSAL_LM", r=2))

    trained = {
        key.split(".lora_")[0].split("layers.")[1] for key, weight in tuned.named_parameters() if weight.requires_grad
    }
    assert trained == {f"{layer}.self_attention.query_key_value" for layer in range(4)}
    assert (tuned(ids).logits - cases("v2_base")["single/logits"]).abs().max() <= TOLERANCE
