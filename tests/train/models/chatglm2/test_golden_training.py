"""Loss, gradients and training steps against the reference code."""

import pytest
import torch

from tests.train.models.chatglm2.tiny import NAMES, PREFIXED, TOLERANCE, cases, meta, model
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.prefix import train_only_the_prefix

every_model = pytest.mark.parametrize("name", NAMES)
with_prefix = pytest.mark.parametrize("name", PREFIXED)


def in_training(name: str, **fields: float) -> ChatGLM2ForCausalLM:
    """The model as the reference trains it, but that nothing is dropped."""
    made = model(name, **{"prefix_dropout": 0.0} | fields).train()
    if name in PREFIXED:
        train_only_the_prefix(made)
    return made


def checkpointed(tiny: ChatGLM2ForCausalLM, **options: bool) -> ChatGLM2ForCausalLM:
    newest = getattr(tiny, "activation_checkpointing_enable", None)  # its name from transformers 5.2x on
    (newest or tiny.gradient_checkpointing_enable)(options or None)
    return tiny


def backward(tiny: ChatGLM2ForCausalLM, name: str) -> torch.Tensor:
    expected = cases(name)
    loss: torch.Tensor = tiny(expected["train/input_ids"], labels=expected["train/labels"]).loss
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach()


@every_model
def test_loss_and_gradients_are_those_of_the_reference(name: str) -> None:
    expected, norms = cases(name), meta(name)["train_grad_norms"]
    tiny = in_training(name)

    loss = backward(tiny, name)

    gradients = {key: weight.grad for key, weight in tiny.named_parameters() if weight.grad is not None}
    assert abs(loss - expected["train/loss"]) <= TOLERANCE
    assert gradients.keys() == norms.keys() == set(meta(name)["train_requires_grad"])
    assert {key: float(gradient.norm()) for key, gradient in gradients.items()} == pytest.approx(norms, rel=1e-4)
    for key, gradient in gradients.items():
        if f"train/grad/{key}" in expected:
            torch.testing.assert_close(gradient, expected[f"train/grad/{key}"], atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize(("name", "tolerance"), [("v2_prefix", 1e-4), ("v2_prefix_proj", 3e-4)])
def test_four_steps_of_adamw_give_the_losses_of_the_reference(name: str, tolerance: float) -> None:
    """Adam's first steps make whole steps of rounding noise: in float64 the projection ends 2.3e-4 from the golden."""
    tiny = in_training(name)
    trained = [weight for weight in tiny.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-2, weight_decay=0.0)

    losses = []
    for _ in range(4):
        losses.append(float(backward(tiny, name)))
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    assert losses == pytest.approx(meta(name)["adamw_losses_lr2e-2_clip1_nodropout"], abs=tolerance)


@every_model
@pytest.mark.parametrize("reentrant", [True, False])
def test_gradient_checkpointing_changes_no_gradient(name: str, reentrant: bool) -> None:
    plain, checkpointing = in_training(name), checkpointed(in_training(name), use_reentrant=reentrant)

    losses = backward(plain, name), backward(checkpointing, name)

    assert losses[0] == losses[1]
    for ours, theirs in zip(plain.parameters(), checkpointing.parameters(), strict=True):
        if theirs.requires_grad:
            torch.testing.assert_close(ours.grad, theirs.grad)


def test_gradient_checkpointing_reads_a_cache_once_and_leaves_it_alone() -> None:
    tiny, ids = in_training("v2_base"), cases("v2_base")["decode/input_ids"]
    with torch.no_grad():
        cached = tiny(ids[:, :17], use_cache=True).past_key_values
        expected = tiny(ids).logits[:, 17:]

    logits = checkpointed(tiny)(ids[:, 17:], past_key_values=cached).logits

    assert cached.get_seq_length() == 17
    assert (logits - expected).abs().max() <= TOLERANCE


@with_prefix
def test_the_prefix_drops_its_numbers_in_training_row_by_row_as_the_reference_does(name: str) -> None:
    tiny = in_training(name, prefix_dropout=0.1)
    ids = cases(name)["train/input_ids"]
    config, encoder = tiny.config, tiny.transformer.prefix_encoder

    torch.manual_seed(5)
    cached = tiny(ids, use_cache=True).past_key_values

    torch.manual_seed(5)
    rows = encoder().expand(len(ids), -1, -1).unflatten(-1, (2 * config.num_layers, config.multi_query_group_num, -1))
    dropped = torch.nn.functional.dropout(rows, 0.1)
    assert not torch.equal(dropped[0], dropped[1])
    for layer, pair in enumerate(cached.layers):
        torch.testing.assert_close(pair.keys[:, :, : config.pre_seq_len], dropped[:, :, 2 * layer].transpose(1, 2))
        torch.testing.assert_close(
            pair.values[:, :, : config.pre_seq_len], dropped[:, :, 2 * layer + 1].transpose(1, 2)
        )
