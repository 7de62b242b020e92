"""Examples in one row train as they do in rows of their own: logits, loss and gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN
from train.encoding.pack import Pack
from train.families.chatglm import CHATGLM
from train.families.chatglm2 import CHATGLM2
from train.families.family import Family
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.packing import has_kernel

PAD, GMASK, SOP = 3, 11, 12
PREFIX = 5


def first(prefix: int | None) -> ChatGLMForCausalLM:
    sizes: Any = {
        "vocab_size": 48,
        "hidden_size": 32,
        "inner_hidden_size": 64,
        "num_layers": 3,
        "num_attention_heads": 2,
    }
    special: Any = {"bos_token_id": SOP, "eos_token_id": 13, "mask_token_id": 10, "gmask_token_id": GMASK}
    return ChatGLMForCausalLM(ChatGLM1Config(**sizes, **special, pre_seq_len=prefix, prefix_dropout=0.0))


def second(prefix: int | None) -> ChatGLM2ForCausalLM:
    sizes: Any = {"padded_vocab_size": 48, "hidden_size": 32, "ffn_hidden_size": 64, "num_layers": 3, "kv_channels": 16}
    heads: Any = {"num_attention_heads": 4, "multi_query_group_num": 2}
    return ChatGLM2ForCausalLM(ChatGLM2Config(**sizes, **heads, pre_seq_len=prefix, prefix_dropout=0.0))


FAMILIES: list[tuple[Family, Callable[[int | None], Any]]] = [(CHATGLM, first), (CHATGLM2, second)]


def examples(seed: int, count: int = 7) -> list[dict[str, Any]]:
    """Prompts of any length, one of a single token, and answers; some labels in the middle hidden."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        prompt = random.integers(14, 48, size=int(random.integers(0, 9)) if number else 0).tolist()
        answer = random.integers(14, 48, size=int(random.integers(1, 12))).tolist()
        labels = [HIDDEN if random.random() < 0.2 else each for each in answer[:-1]] + answer[-1:]
        start = [*prompt, GMASK, SOP]
        ids, all_labels = start + answer, [HIDDEN] * len(start) + labels
        made.append({"input_ids": np.asarray(ids, np.int32), "labels": np.asarray(all_labels, np.int32)})
    return made


def batches(family: Family, model: Any, seed: int, multiple_of: int = 8) -> tuple[dict[str, Any], dict[str, Any]]:
    def layout(ids: Tensor) -> Any:
        return family.layout(ids, model.config)

    rows = examples(seed)
    return PadRight(pad=PAD, layout=layout)(rows), Pack(pad=PAD, layout=layout, multiple_of=multiple_of)(rows)


def gradients(model: Any, batch: dict[str, Any], **more: Any) -> tuple[Tensor, dict[str, Tensor]]:
    model.zero_grad()
    loss = model(**batch, **more).loss
    loss.backward()
    return loss.detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("prefix", [None, PREFIX])
@pytest.mark.parametrize(("family", "make"), FAMILIES)
@pytest.mark.parametrize("seed", range(4))
def test_a_packed_row_has_the_logits_of_its_examples(
    seed: int, family: Family, make: Callable[[int | None], Any], prefix: int | None
) -> None:
    torch.manual_seed(seed)
    model = make(prefix).eval()
    plain, packed = batches(family, model, seed)
    lengths = [len(each["input_ids"]) for each in examples(seed)]

    apart = model(**without(plain, "labels"), use_cache=False).logits
    together = model(**without(packed, "labels", "label_columns"), use_cache=False).logits

    wanted = torch.cat([row[:length] for row, length in zip(apart, lengths, strict=True)])
    torch.testing.assert_close(together[0, : len(wanted)], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("prefix", [None, PREFIX])
@pytest.mark.parametrize(("family", "make"), FAMILIES)
@pytest.mark.parametrize("number", [None, 50])
def test_a_packed_row_has_the_loss_and_gradients_of_its_examples(
    number: int | None, family: Family, make: Callable[[int | None], Any], prefix: int | None
) -> None:
    torch.manual_seed(1)
    model = make(prefix).train()
    plain, packed = batches(family, model, 1)

    loss, wanted = gradients(model, plain, num_items_in_batch=number)
    same, found = gradients(model, packed, num_items_in_batch=number)

    torch.testing.assert_close(same, loss)
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("family", "make"), FAMILIES)
def test_a_packed_step_never_reads_a_value_of_the_device(family: Family, make: Callable[[int | None], Any]) -> None:
    """On the meta device there are no values: whoever asks for one fails."""
    model = make(PREFIX).train()
    _, packed = batches(family, model, 7)

    loss = model.to("meta")(**moved(packed, "meta"), num_items_in_batch=50).loss
    loss.backward()

    assert loss.is_meta


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing_enable:FutureWarning")
@pytest.mark.parametrize(("family", "make"), FAMILIES)
def test_packed_rows_can_be_checkpointed(family: Family, make: Callable[[int | None], Any]) -> None:
    torch.manual_seed(2)
    model = make(PREFIX).train()
    _, packed = batches(family, model, 2)
    loss, wanted = gradients(model, packed)

    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    same, found = gradients(model, packed)

    assert same == loss
    assert all(torch.equal(found[name], gradient) for name, gradient in wanted.items())


def test_no_example_sees_another() -> None:
    torch.manual_seed(3)
    model: Any = first(PREFIX)
    model.eval()
    _, packed = batches(CHATGLM, model, 3)
    before = model(**without(packed, "labels", "label_columns")).logits
    second_example = slice(*packed["packing"]["starts"][1:3].tolist())

    packed["input_ids"][0, second_example.start] = 20
    after = model(**without(packed, "labels", "label_columns")).logits

    changed = (before != after).any(-1)[0].nonzero()[:, 0]
    assert changed.min() >= second_example.start
    assert changed.max() < second_example.stop


def test_the_loss_without_logits_is_the_loss_with_them() -> None:
    torch.manual_seed(4)
    model = first(None).train()
    plain, _ = batches(CHATGLM, model, 4)
    columns = PadRight(pad=PAD, label_columns=True)(examples(4))["label_columns"]

    loss, wanted = gradients(model, plain)
    same, found = gradients(model, plain | {"label_columns": columns})

    torch.testing.assert_close(same, loss)
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card")
@pytest.mark.parametrize("prefix", [None, PREFIX])
@pytest.mark.parametrize(("family", "make"), FAMILIES)
def test_the_kernel_gives_what_the_mask_gives(
    family: Family, make: Callable[[int | None], Any], prefix: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(5)
    model = make(prefix).train().to("cuda", torch.bfloat16)
    _, packed = batches(family, model, 5)
    packed = moved(packed, "cuda")
    assert has_kernel(model.get_input_embeddings().weight, model.config.cached_head_size)

    loss, found = gradients(model, packed)
    monkeypatch.setattr("train.models.backbone.has_kernel", lambda *_: False)
    same, wanted = gradients(model, packed)

    torch.testing.assert_close(same, loss, rtol=1e-2, atol=1e-3)
    for name, gradient in wanted.items():
        size = gradient.float().norm()
        assert (found[name] - gradient).float().norm() <= 0.03 * size + 1e-4, name


def without(batch: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in batch.items() if name not in names}


def moved(values: Any, device: str) -> Any:
    if isinstance(values, dict):
        return {name: moved(each, device) for name, each in values.items()}
    return values.to(device) if isinstance(values, Tensor) else values


@pytest.mark.parametrize(("family", "make"), FAMILIES)
def test_rows_that_are_made_alike_train_the_same_and_have_few_shapes(
    family: Family, make: Callable[[int | None], Any]
) -> None:
    torch.manual_seed(4)
    model = make(PREFIX).train()
    pack = Pack(pad=PAD, layout=lambda ids: family.layout(ids, model.config), multiple_of=64, alike=9)
    made = [pack(examples(seed, count)) for seed, count in ((1, 7), (2, 6), (3, 9), (4, 1))]
    plain = batches(family, model, 1)[1]

    loss, wanted = gradients(model, plain)
    same, found = gradients(model, made[0])

    torch.testing.assert_close(same, loss)
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)
    assert {len(each["packing"]["contexts"]) for each in made} == {10}
    assert {each["label_columns"].shape[0] % 64 for each in made} == {0}
    assert {each["packing"]["longest"] for each in made} <= {16, 32, 64}
