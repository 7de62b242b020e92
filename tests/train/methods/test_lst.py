"""The ladder starts as nothing, trains without gradients of the base, and comes back as it was."""

from contextlib import AbstractContextManager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from schemas.errors import ModelError, OptionError
from tests.train.methods.side import (
    NATIVE,
    answer,
    base,
    batch,
    checkpoint_activations,
    disturb,
    facts,
    gradients,
    logits,
    take_steps,
    trained,
)
from train.methods.lst import LST, LadderSideTuning

NARROW = LadderSideTuning(lst_reduction=8)


def adapted(family: str, settings: LadderSideTuning = NARROW, dtype: torch.dtype = torch.float32) -> Any:
    torch.manual_seed(0)
    return LST.adapt(base(family, dtype), settings, facts(family))


def keeping(kept: list[Tensor]) -> AbstractContextManager[None]:
    """Collects what autograd keeps for the backward pass."""

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    return torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)


@pytest.mark.parametrize("family", NATIVE)
def test_a_model_starts_as_its_base_and_a_step_changes_it(family: str) -> None:
    model = adapted(family)
    expected = logits(base(family), family)
    before = logits(model, family)

    losses = take_steps(model, family, steps=4)

    assert torch.equal(before, expected)
    assert not torch.equal(logits(model, family), expected)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("checkpointing", [None, False, True], ids=["without", "not reentrant", "reentrant"])
@pytest.mark.parametrize("family", NATIVE)
def test_nothing_of_the_base_is_kept_for_the_backward_pass(family: str, checkpointing: bool | None) -> None:
    """Its MLPs are the only place where something is 256 (ChatGLM2-6B: 2 x 160) wide."""
    model, kept, outputs = disturb(adapted(family)), list[Tensor](), list[Tensor]()
    if checkpointing is not None:
        checkpoint_activations(model, reentrant=checkpointing)
    for block in facts(family).blocks(model):
        block.register_forward_hook(lambda module, args, output: outputs.append(output))

    with keeping(kept):
        loss = model.train()(**batch(family)).loss
    loss.backward()

    assert len(outputs) == 4
    assert not any(output.requires_grad for output in outputs)
    assert kept
    assert not {256, 320, 160} & {size for tensor in kept for size in tensor.shape}


@pytest.mark.parametrize("family", NATIVE)
def test_the_same_look_sees_the_base_of_a_model_that_trains_whole(family: str) -> None:
    model, kept = base(family), list[Tensor]()

    with keeping(kept):
        model.train()(**batch(family))

    assert {256, 320, 160} & {size for tensor in kept for size in tensor.shape}


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("family", NATIVE)
def test_gradient_checkpointing_gives_the_same_gradients(family: str, reentrant: bool) -> None:
    model = disturb(adapted(family, LadderSideTuning(lst_reduction=8, lst_dropout=0.2)))
    torch.manual_seed(1)
    expected = gradients(model, family)
    checkpoint_activations(model, reentrant=reentrant)

    torch.manual_seed(1)
    found = gradients(model, family)

    assert found.keys() == trained(model).keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(bool(gradient.any()) for gradient in expected.values())


@pytest.mark.parametrize("family", NATIVE)
def test_what_was_saved_gives_the_same_logits_and_answers_on_a_fresh_base(family: str, tmp_path: Path) -> None:
    model = disturb(adapted(family))
    LST.save(model, tmp_path)

    fresh = adapted(family)
    LST.restore(fresh, tmp_path)

    assert torch.equal(logits(fresh, family), logits(model, family))
    assert answer(fresh, family) == answer(model, family) != answer(base(family), family)


@pytest.mark.parametrize("family", NATIVE)
def test_saved_is_what_was_trained_and_the_base_keeps_its_names(family: str, tmp_path: Path) -> None:
    model = disturb(adapted(family))

    LST.save(model, tmp_path)

    (file,) = tmp_path.iterdir()
    saved = load_file(file)
    assert saved.keys() == trained(model).keys()
    assert all(torch.equal(saved[name], parameter) for name, parameter in trained(model).items())
    assert model.state_dict().keys() - saved.keys() == base(family).state_dict().keys()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("family", NATIVE)
def test_over_a_half_precision_base_the_ladder_is_in_float32(family: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = adapted(family, dtype=dtype)
    take_steps(model, family)
    LST.save(model, tmp_path)

    fresh = adapted(family, dtype=dtype)
    LST.restore(fresh, tmp_path)

    kinds = {name in trained(model): parameter.dtype for name, parameter in model.named_parameters()}
    assert kinds == {True: torch.float32, False: dtype}
    assert logits(model, family).dtype == dtype
    assert torch.equal(logits(fresh, family), logits(model, family))
    assert answer(fresh, family) == answer(model, family)


@pytest.mark.parametrize("family", NATIVE)
def test_a_position_sees_nothing_of_a_later_answer(family: str) -> None:
    model, ids = disturb(adapted(family)).eval(), batch(family)["input_ids"]
    changed = ids.clone()
    changed[:, -1] = 17

    with torch.no_grad():
        expected, found = model(ids).logits, model(changed).logits

    assert torch.equal(found[:, :-1], expected[:, :-1])
    assert not torch.equal(found[:, -1], expected[:, -1])


def test_what_is_generated_with_the_cache_is_what_the_logits_say() -> None:
    model = disturb(adapted("chatglm2"))
    prompt = batch("chatglm2")["input_ids"][:1, :6]

    output = model.eval().generate(prompt, max_new_tokens=6, do_sample=False, eos_token_id=None)

    with torch.no_grad():
        assert torch.equal(model(output).logits[:, 5:-1].argmax(-1), output[:, 6:])


@pytest.mark.parametrize("family", NATIVE)
def test_hidden_states_are_given_to_those_who_ask(family: str) -> None:
    model, ids = disturb(adapted(family)).eval(), batch(family)["input_ids"]

    with torch.no_grad():
        asked, unasked = model(ids, output_hidden_states=True), model(ids)

    assert len(asked.hidden_states) == 5
    assert unasked.hidden_states is None


def test_a_copy_of_a_model_climbs_its_own_ladder() -> None:
    model = disturb(adapted("chatglm"))
    before = logits(model, "chatglm")

    copy = disturb(deepcopy(model), seed=2)

    assert torch.equal(logits(model, "chatglm"), before)
    assert not torch.equal(logits(copy, "chatglm"), before)


@pytest.mark.parametrize("family", NATIVE)
def test_set_aside_it_leaves_the_base(family: str) -> None:
    model = disturb(adapted(family))
    tuned = logits(model, family)

    assert LST.off is not None
    with LST.off(model) as untuned:
        found = logits(untuned, family)

    assert torch.equal(found, logits(base(family), family))
    assert torch.equal(logits(model, family), tuned)


def test_a_skeleton_without_weights_can_be_counted() -> None:
    family = facts("chatglm")

    model = LST.adapt(family.skeleton(num_layers=2), LadderSideTuning(), family)

    layer = 4096 * 256 + 256 + 1 + 2 * 256 + (256 + 1) * 1024 + (1024 + 1) * 256
    ends = (4096 + 1) * 256 + 2 * 256 + (256 + 1) * 4096
    assert sum(parameter.numel() for parameter in trained(model).values()) == 2 * layer + ends
    assert all(parameter.is_meta for parameter in model.parameters())


def test_a_ladder_of_another_width_is_refused(tmp_path: Path) -> None:
    LST.save(adapted("chatglm"), tmp_path)

    with pytest.raises(ModelError, match="is not what is trained"):
        LST.restore(adapted("chatglm", LadderSideTuning(lst_reduction=4)), tmp_path)


def test_a_side_network_of_no_width_is_refused() -> None:
    with pytest.raises(OptionError, match="lst_reduction is 128, but the model is only 64 wide"):
        adapted("chatglm", LadderSideTuning(lst_reduction=128))


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(OptionError, match="lst_reduction is 0"):
        LadderSideTuning(lst_reduction=0)
