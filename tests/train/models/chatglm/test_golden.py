"""Logits and hidden states against the reference code."""

import pytest
import torch

from tests.train.models.chatglm.tiny import TOLERANCE, WITH_ALL_LOGITS, assert_logits, cases, config, meta, model
from train.models.chatglm.positions import layout

every_model = pytest.mark.parametrize("name", WITH_ALL_LOGITS)


@every_model
@pytest.mark.parametrize("case", ["single", "mask_token", "both_masks", "train", "train_padloss"])
@torch.no_grad()
def test_ids_alone_give_the_logits_of_the_reference(name: str, case: str) -> None:
    expected = cases(name)
    ids = expected[f"{case.removesuffix('_padloss')}/input_ids"]

    output = model(name)(ids, labels=expected.get(f"{case}/labels"))

    if case != "train_padloss":
        assert_logits(output.logits, expected, case)
    if f"{case}/loss" in expected:
        assert abs(output.loss - expected[f"{case}/loss"]) <= TOLERANCE


@every_model
@pytest.mark.parametrize("case", ["single", "mask_token", "both_masks", "train", "leftpad"])
def test_positions_are_those_of_the_reference(name: str, case: str) -> None:
    expected = cases(name)
    ids = expected[f"{case}/input_ids"]
    padding = ids.ne(3).long() if case == "leftpad" else None

    positions = layout(ids, config(name), padding)["positions"].squeeze(1)

    if (name, case) == ("v1_1dpos", "leftpad"):  # made by the tokenizer, which knows only two dimensions
        positions[:, -1] -= 1
    assert torch.equal(positions, expected[f"{case}/position_ids"])


@every_model
@torch.no_grad()
def test_hidden_states_are_the_inputs_of_each_layer_and_the_last_norm(name: str) -> None:
    expected = cases(name)

    states = model(name)(expected["single/input_ids"], output_hidden_states=True).hidden_states

    for found, wanted in zip(states, expected["single/hidden"], strict=True):  # between the layers they reach 90
        assert (found - wanted).abs().max() <= max(TOLERANCE, 5e-6 * float(wanted.abs().max()))


@every_model
@torch.no_grad()
def test_a_batch_of_the_official_tokenizer_gives_the_logits_of_the_reference(name: str) -> None:
    expected = cases(name)
    ids = expected["leftpad/input_ids"]

    logits = model(name)(
        ids, attention_mask=expected["leftpad/attention_mask"], position_ids=expected["leftpad/position_ids"]
    ).logits

    assert logits.isfinite().all()
    assert_logits(logits, expected, "leftpad", rows=ids != 3)


@every_model
@torch.no_grad()
def test_a_batch_padded_by_a_usual_mask_gives_the_logits_of_its_rows(name: str) -> None:
    expected = cases(name)
    ids = expected["leftpad/input_ids"]

    logits = model(name)(ids, attention_mask=ids.ne(3).long()).logits

    assert logits.isfinite().all()
    for row in range(3):
        assert (logits[row, -1] - expected[f"leftpad_row{row}/last_logits"][0]).abs().max() <= TOLERANCE


@every_model
@torch.no_grad()
def test_a_lone_row_gives_the_last_logits_of_the_reference(name: str) -> None:
    expected, tiny = cases(name), model(name)

    for row in range(3):
        logits = tiny(expected[f"leftpad_row{row}/input_ids"], logits_to_keep=1).logits

        assert logits.shape[1] == 1
        assert (logits[:, 0] - expected[f"leftpad_row{row}/last_logits"]).abs().max() <= TOLERANCE


@every_model
@torch.no_grad()
def test_decoding_with_a_cache_gives_the_logits_of_the_whole_row(name: str) -> None:
    expected, tiny = cases(name), model(name)
    ids = expected["decode/input_ids"]
    prompt = int(expected["decode/context_len"])
    places = layout(ids, tiny.config)

    output = tiny(ids[:, :prompt], use_cache=True)
    steps = [output.logits[:, -1]]
    for column in range(prompt, ids.shape[1]):
        output = tiny(
            ids[:, column, None],
            past_key_values=output.past_key_values,
            positions=places["positions"][..., column, None],
        )
        steps.append(output.logits[:, -1])

    found = torch.stack(steps, dim=1)
    assert (found[..., ::8] - expected["decode/full_logits_stride8"][:, prompt - 1 :]).abs().max() <= TOLERANCE
    if name != "v1_1dpos":
        assert (found[..., ::8] - expected["decode/step_logits_stride8"]).abs().max() <= TOLERANCE


@torch.no_grad()
def test_the_references_own_one_dimensional_decoding_comes_out_with_its_positions() -> None:
    """It leaves the position of every generated token at the mask's, unlike its own full pass (and unlike ours)."""
    expected, tiny = cases("v1_1dpos"), model("v1_1dpos")
    ids = expected["decode/input_ids"]
    prompt = int(expected["decode/context_len"])

    output = tiny(ids[:, :prompt], use_cache=True)
    steps = [output.logits[:, -1]]
    for column in range(prompt, ids.shape[1]):
        output = tiny(
            ids[:, column, None],
            past_key_values=output.past_key_values,
            position_ids=expected["decode/step1_position_ids"],
        )
        steps.append(output.logits[:, -1])

    found = torch.stack(steps, dim=1)
    assert (found[..., ::8] - expected["decode/step_logits_stride8"]).abs().max() <= TOLERANCE
    assert (found.mean(-1) - expected["decode/step_logits_mean"]).abs().max() <= TOLERANCE


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("v1_base", 127),
        ("v1_base", 128),
        ("v1_base", 129),
        ("v1_base", 200),
        ("v1_prefix", 128),
        ("v1_prefix_proj", 128),
    ],
)
@torch.no_grad()
def test_rows_up_to_and_beyond_the_maximum_length_are_computed_alike(name: str, length: int) -> None:
    expected = cases(name)

    logits = model(name)(expected[f"len{length}/input_ids"]).logits

    assert_logits(logits, expected, f"len{length}")


@every_model
def test_the_cache_holds_the_prefix_and_the_tokens(name: str) -> None:
    (tokens, batch, heads, size), layers = meta(name)["past_shape"]

    cached = model(name)(cases(name)["decode/input_ids"][:, :5], use_cache=True).past_key_values

    assert len(cached.layers) == layers
    assert cached.layers[0].keys.shape == (batch, heads, tokens, size)
