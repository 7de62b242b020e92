"""The methods of peft around the model: their masks, positions and caches."""

from copy import deepcopy
from typing import Any

import peft
import pytest
import torch
from torch import Tensor

from tests.train.models.chatglm.tiny import TOLERANCE, cases, model
from train.models.chatglm.positions import layout

GREEDY = {"max_new_tokens": 8, "do_sample": False}


def prefix_tuned() -> Any:
    """The golden prefix in peft's prefix encoder: it lays its numbers out as the official one does."""
    tiny = model("v1_base")
    tuned = peft.get_peft_model(tiny, peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4))
    weight = model("v1_prefix").transformer.prefix_encoder.embedding.weight
    tuned.prompt_encoder["default"].embedding.weight.data.copy_(weight)
    return tuned.eval()


def prompt_tuned(tokens: Tensor) -> Any:
    """Prompt tuning whose virtual tokens are real ones."""
    tiny = model("v1_base")
    tuned = peft.get_peft_model(tiny, peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=len(tokens)))
    tuned.prompt_encoder["default"].embedding.weight.data.copy_(tiny.transformer.word_embeddings.weight[tokens])
    return tuned.eval()


@torch.no_grad()
def test_prefix_tuning_gives_the_logits_of_the_official_prefix() -> None:
    expected = cases("v1_prefix")
    ids = expected["train/input_ids"]

    output = prefix_tuned()(ids, labels=expected["train/labels"], **layout(ids, model("v1_base").config))

    assert (output.logits[..., ::8] - expected["train/logits_stride8"]).abs().max() <= TOLERANCE
    assert abs(output.loss - expected["train/loss"]) <= TOLERANCE


@pytest.mark.parametrize("case", ["gen_single", "gen_batch"])
def test_prefix_tuning_generates_what_the_official_prefix_does(case: str) -> None:
    expected = cases("v1_prefix")
    ids, wanted = expected[f"{case}/input_ids"], expected[f"{case}/output"]

    output = prefix_tuned().generate(
        input_ids=ids,
        attention_mask=ids.ne(3).long(),
        max_new_tokens=wanted.shape[1] - ids.shape[1],
        do_sample=False,
    )

    assert torch.equal(output, wanted)


@torch.no_grad()
def test_virtual_tokens_act_as_tokens_before_the_prompt() -> None:
    ids, virtual = cases("v1_base")["single/input_ids"], torch.tensor([42, 7, 99])
    tiny = model("v1_base")

    tuned = prompt_tuned(virtual)(ids, **layout(ids, tiny.config)).logits
    typed = tiny(torch.cat((virtual[None], ids), dim=1)).logits

    assert (tuned - typed).abs().max() <= TOLERANCE


def test_virtual_tokens_keep_their_places_while_generating() -> None:
    expected, virtual = cases("v1_base"), torch.tensor([42, 7, 99])
    ids = expected["gen_batch/input_ids"]
    tuned, tiny = prompt_tuned(virtual), model("v1_base")

    together = tuned.generate(input_ids=ids, attention_mask=ids.ne(3).long(), **GREEDY)

    for row in range(3):
        prompt = torch.cat((virtual[None], expected[f"leftpad_row{row}/input_ids"]), dim=1)
        typed = tiny.generate(prompt, **GREEDY)
        assert together[row, -8:].tolist() == typed[0, -8:].tolist()


@torch.no_grad()
def test_embeddings_without_their_layout_are_refused() -> None:
    with pytest.raises(ValueError, match=r"positions and context_lengths that layout\(\) makes"):
        model("v1_base")(inputs_embeds=torch.zeros(1, 3, 64))


def test_generating_from_embeddings_is_generating_from_their_ids() -> None:
    tiny, expected = model("v1_base"), cases("v1_base")
    ids = expected["gen_single/input_ids"]

    output = tiny.generate(
        inputs_embeds=tiny.get_input_embeddings()(ids), **layout(ids, tiny.config), max_new_tokens=20, do_sample=False
    )

    assert torch.equal(output, expected["gen_single/output"][:, 41:])


def test_lora_trains_the_joined_projection_alone_and_merges() -> None:
    expected, tiny = cases("v1_base"), model("v1_base")
    tuned = peft.get_peft_model(tiny, peft.LoraConfig(task_type="CAUSAL_LM", r=2, init_lora_weights=False))

    tuned(expected["train/input_ids"], labels=expected["train/labels"]).loss.backward()
    trained = {
        name.partition("transformer.")[2].partition(".lora_")[0]
        for name, parameter in tuned.named_parameters()
        if parameter.grad is not None
    }
    before = tuned(expected["single/input_ids"]).logits
    after = tuned.merge_and_unload()(expected["single/input_ids"]).logits

    assert trained == {f"layers.{layer}.attention.query_key_value" for layer in range(4)}
    assert (before - after).abs().max() <= TOLERANCE
    assert not torch.equal(before, expected["single/logits"])


def test_a_filled_cache_is_read_under_gradient_checkpointing_and_not_filled_twice() -> None:
    tiny, given = model("v1_base"), cases("v1_base")
    ids = given["train/input_ids"]
    with torch.no_grad():
        cached = tiny(ids[:, :2], use_cache=True, **empty_context(ids[:, :2])).past_key_values
    places = layout(ids, tiny.config)
    expected = tiny(ids, past_key_values=deepcopy(cached), **places).logits
    newest = getattr(tiny, "activation_checkpointing_enable", None)
    (newest or tiny.gradient_checkpointing_enable)()

    found = tiny.train()(ids, past_key_values=cached, **places).logits
    found.sum().backward()

    assert cached.get_seq_length() == 2
    assert (found - expected).abs().max() <= TOLERANCE


def empty_context(ids: Tensor) -> dict[str, Tensor]:
    return {
        "context_lengths": torch.zeros(len(ids), dtype=torch.long),
        "positions": torch.zeros(len(ids), 2, ids.shape[1], dtype=torch.long),
    }
