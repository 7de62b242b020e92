"""Trained keys and values in front of the tokens: the same as tokens that stand there, padding between or not."""

import pytest
import torch
from transformers import DynamicCache

from tests.train.models.baichuan2.tiny import KINDS, TOLERANCE, ids, model

every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@torch.no_grad()
def test_a_prefix_is_keys_and_values_that_all_tokens_see(kind: str) -> None:
    tokens, tiny = torch.tensor([ids(7)]), model(kind)
    tiny.add_prefix(3)
    tiny.eval()

    found = tiny(tokens).logits

    rows = tiny.body.prefix_encoder().view(1, 3, 6, 6, 8).permute(2, 0, 3, 1, 4)
    cache = DynamicCache()
    for layer in range(3):
        cache.update(rows[2 * layer], rows[2 * layer + 1], layer)
    tiny.remove_prefix()
    by_hand = tiny(tokens, past_key_values=cache, positions=torch.arange(7)[None]).logits
    assert (found - by_hand).abs().max() <= TOLERANCE
    assert (found - tiny(tokens).logits).abs().max() > 0.05


@every_kind
@torch.no_grad()
def test_padding_between_prefix_and_tokens_changes_nothing(kind: str) -> None:
    rows, tiny = [ids(9, 1), ids(5, 2)], model(kind)
    tiny.add_prefix(3)
    tiny.eval()
    batch = torch.tensor([[0] * (9 - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (9 - len(row)) + [1] * len(row) for row in rows])

    logits = tiny(batch, attention_mask=mask, positions=(mask.cumsum(-1) - 1).clamp(min=0)).logits
    output = tiny.generate(batch, attention_mask=mask, max_new_tokens=6, do_sample=False, eos_token_id=None)

    for number, row in enumerate(rows):
        alone = torch.tensor([row])
        assert (logits[number, -len(row) :] - tiny(alone).logits[0]).abs().max() <= TOLERANCE
        answer = tiny.generate(alone, max_new_tokens=6, do_sample=False, eos_token_id=None)
        assert torch.equal(answer[0, len(row) :], output[number, 9:])


@every_kind
@torch.no_grad()
def test_embeddings_in_front_leave_the_tokens_their_places(kind: str) -> None:
    tokens, tiny = torch.tensor([ids(7)]), model(kind)
    both = torch.cat((torch.tensor([ids(3, 9)]), tokens), dim=1)

    logits = tiny(inputs_embeds=tiny.get_input_embeddings()(both), positions=torch.arange(7)[None]).logits

    assert (logits - tiny(both).logits).abs().max() <= TOLERANCE
