"""Logits and hidden states against the reference code."""

import pytest
import torch

from tests.train.models.chatglm2.tiny import NAMES, PREFIXED, TOLERANCE, assert_logits, cases, meta, model
from train.models.chatglm2.positions import layout
from train.models.prefix import prefix_keys_and_values

every_model = pytest.mark.parametrize("name", NAMES)
with_prefix = pytest.mark.parametrize("name", PREFIXED)


@every_model
@pytest.mark.parametrize("case", ["single", "train"])
@torch.no_grad()
def test_ids_alone_give_the_logits_of_the_reference(name: str, case: str) -> None:
    expected = cases(name)

    logits = model(name)(expected[f"{case}/input_ids"]).logits

    assert_logits(logits, expected, case)


@every_model
@torch.no_grad()
def test_hidden_states_are_the_inputs_of_each_layer_and_of_the_last_norm(name: str) -> None:
    expected = cases(name)

    states = model(name)(expected["single/input_ids"], output_hidden_states=True).hidden_states

    torch.testing.assert_close(torch.stack(states), expected["single/hidden"], atol=TOLERANCE, rtol=TOLERANCE)


@every_model
@torch.no_grad()
def test_a_batch_padded_on_the_left_gives_the_logits_of_the_reference_padding_included(name: str) -> None:
    expected = cases(name)

    output = model(name)(
        expected["leftpad/input_ids"],
        attention_mask=expected["leftpad/attention_mask"],
        position_ids=expected["leftpad/position_ids"],
    )

    assert_logits(output.logits, expected, "leftpad")
    for row in range(3):
        assert (output.logits[row, -1] - expected[f"leftpad_row{row}/last_logits"][0]).abs().max() <= TOLERANCE


@every_model
@torch.no_grad()
def test_only_distances_count_so_a_padded_batch_needs_no_positions(name: str) -> None:
    expected = cases(name)

    logits = model(name)(
        expected["leftpad/input_ids"], attention_mask=expected["leftpad/attention_mask"], logits_to_keep=1
    ).logits

    assert logits.shape[1] == 1
    assert (logits[:, -1] - expected["leftpad_nopos/logits_last"]).abs().max() <= TOLERANCE


@every_model
@torch.no_grad()
def test_a_row_of_a_padded_batch_equals_the_row_alone(name: str) -> None:
    expected, tiny = cases(name), model(name)

    for row in range(3):
        logits = tiny(expected[f"leftpad_row{row}/input_ids"], logits_to_keep=1).logits

        assert (logits[:, 0] - expected[f"leftpad_row{row}/last_logits"]).abs().max() <= TOLERANCE


def test_positions_are_those_of_the_official_tokenizer() -> None:
    expected = cases("v2_base")

    places = layout(expected["leftpad/input_ids"], model("v2_base").config, expected["leftpad/attention_mask"])

    assert torch.equal(places["positions"], expected["leftpad/position_ids"])


@every_model
@pytest.mark.parametrize("given", ["position_ids", "positions", None])
@torch.no_grad()
def test_decoding_with_a_cache_gives_the_logits_of_the_reference(name: str, given: str | None) -> None:
    expected, tiny = cases(name), model(name)
    ids = expected["decode/input_ids"]
    prompt = int(expected["decode/context_len"])

    output = tiny(ids[:, :prompt], use_cache=True)
    steps = [output.logits[:, -1]]
    for column in range(prompt, ids.shape[1]):
        place = {given: torch.tensor([[column]])} if given else {}
        output = tiny(ids[:, column, None], past_key_values=output.past_key_values, **place)
        steps.append(output.logits[:, -1])

    assert_logits(tiny(ids).logits, {k.replace("full_", ""): v for k, v in expected.items()}, "decode")
    assert_logits(torch.stack(steps, dim=1), {k.replace("step_", ""): v for k, v in expected.items()}, "decode")


@every_model
@torch.no_grad()
def test_a_prompt_read_in_two_pieces_gives_the_logits_of_the_reference(name: str) -> None:
    expected, tiny = cases(name), model(name)
    split, length = int(expected["chunked/split"]), expected["chunked/logits_mean"].shape[1]
    ids = expected["decode/input_ids"][:, : split + length]

    first = tiny(ids[:, :split], use_cache=True)
    second = tiny(ids[:, split:], past_key_values=first.past_key_values)

    assert_logits(second.logits, expected, "chunked")


@pytest.mark.parametrize(
    ("name", "length"), [("v2_base", 255), ("v2_base", 256), ("v2_prefix", 256), ("v2_prefix_proj", 256)]
)
@torch.no_grad()
def test_rows_up_to_the_maximum_length_give_the_logits_of_the_reference(name: str, length: int) -> None:
    expected = cases(name)

    logits = model(name)(expected[f"len{length}/input_ids"]).logits

    assert_logits(logits, expected, f"len{length}")


@torch.no_grad()
def test_rows_beyond_the_maximum_length_are_computed_alike() -> None:
    tiny = model("v2_base")
    ids = torch.randint(5, 1200, (1, 300), generator=torch.Generator().manual_seed(0))

    logits = tiny(ids).logits

    assert (tiny(ids[:, :256]).logits - logits[:, :256]).abs().max() <= TOLERANCE


@with_prefix
@torch.no_grad()
def test_the_prefix_is_that_of_the_reference(name: str) -> None:
    expected, tiny = cases(name), model(name)
    config, transformer = tiny.config, tiny.transformer

    pairs = prefix_keys_and_values(
        transformer.prefix_encoder(),
        batch=2,
        layers=config.num_layers,
        heads=config.multi_query_group_num,
        dropout=transformer.dropout,
        dtype=torch.float32,
    )

    for layer in (0, 3):
        found = torch.stack(pairs[layer]).permute(0, 3, 1, 2, 4)  # the reference has the length first
        torch.testing.assert_close(found, expected[f"prompt/layer{layer}"], atol=1e-5, rtol=1e-5)


@with_prefix
def test_the_cache_holds_the_prefix_and_the_tokens_of_the_groups(name: str) -> None:
    (tokens, batch, heads, size), layers = meta(name)["past_shape"]

    cached = model(name)(cases(name)["decode/input_ids"][:, :17], use_cache=True).past_key_values

    assert len(cached.layers) == layers
    assert cached.layers[0].keys.shape == (batch, heads, tokens, size)
