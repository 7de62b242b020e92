"""Against an independent reference: logits, cached decoding, padding on the left, generation."""

import pytest
import torch

from tests.train.models.baichuan2.reference import SLOPES_OF_40, reference
from tests.train.models.baichuan2.tiny import KINDS, SLOPES, TOLERANCE, ids, model
from train.models.baichuan2.alibi import slopes

every_kind = pytest.mark.parametrize("kind", KINDS)


def expected(kind: str, tokens: list[int]) -> torch.Tensor:
    return torch.tensor(reference(model(kind), SLOPES[kind]).logits(tokens)).float()


def close(found: torch.Tensor, wanted: torch.Tensor) -> None:
    assert wanted.std() > 0.3  # far more than the tolerance
    assert (found - wanted).abs().max() <= TOLERANCE


@every_kind
@torch.no_grad()
def test_logits_are_the_reference_s(kind: str) -> None:
    tokens = ids(21)

    close(model(kind)(torch.tensor([tokens])).logits[0], expected(kind, tokens))


def test_the_13b_s_40_heads_have_the_slopes_of_the_paper() -> None:
    torch.testing.assert_close(slopes(40), SLOPES_OF_40)
    torch.testing.assert_close(slopes(8), [2.0**-number for number in range(1, 9)])


@every_kind
@torch.no_grad()
def test_tokens_after_cached_ones_get_the_same_logits(kind: str) -> None:
    tokens, tiny = ids(14), model(kind)
    wanted = expected(kind, tokens)

    first = tiny(torch.tensor([tokens[:6]]), use_cache=True)
    chunk = tiny(torch.tensor([tokens[6:10]]), past_key_values=first.past_key_values, use_cache=True)
    steps = [tiny(torch.tensor([[token]]), past_key_values=chunk.past_key_values).logits[0] for token in tokens[10:]]

    close(torch.cat((first.logits[0], chunk.logits[0], *steps)), wanted)


@every_kind
@torch.no_grad()
def test_padding_on_the_left_changes_nothing(kind: str) -> None:
    rows, tiny = [ids(12, 1), ids(7, 2), ids(1, 3)], model(kind)
    batch = torch.tensor([[0] * (12 - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (12 - len(row)) + [1] * len(row) for row in rows])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)

    output = tiny(batch, attention_mask=mask, positions=positions, use_cache=True)
    follow = tiny(
        torch.tensor([[9]] * 3),
        attention_mask=torch.nn.functional.pad(mask, (0, 1), value=1),
        positions=positions[:, -1:] + 1,
        past_key_values=output.past_key_values,
    )

    assert output.logits.isfinite().all()
    for number, row in enumerate(rows):
        close(output.logits[number, -len(row) :], expected(kind, row))
        close(follow.logits[number], expected(kind, [*row, 9])[-1:])


@every_kind
@torch.no_grad()
def test_greedy_generation_takes_the_reference_s_likeliest_token_each_time(kind: str) -> None:
    prompts, tiny = [ids(8, 4), ids(5, 5)], model(kind)
    batch = torch.tensor([[0] * (8 - len(prompt)) + prompt for prompt in prompts])

    output = tiny.generate(
        batch, attention_mask=batch.ne(0).long(), max_new_tokens=6, do_sample=False, eos_token_id=None
    )

    for prompt, found in zip(prompts, output[:, 8:].tolist(), strict=True):
        tokens = list(prompt)
        for _ in range(6):
            tokens.append(int(expected(kind, tokens)[-1].argmax()))
        assert found == tokens[len(prompt) :]


@every_kind
@torch.no_grad()
def test_beam_search_with_the_cache_finds_what_a_plain_one_finds(kind: str) -> None:
    prompt, tiny = ids(6, 6), model(kind)

    found = tiny.generate(torch.tensor([prompt]), max_new_tokens=5, do_sample=False, num_beams=3, eos_token_id=None)

    beams = [(0.0, prompt)]
    for _ in range(5):
        grown = []
        for score, tokens in beams:
            likely = tiny(torch.tensor([tokens])).logits[0, -1].log_softmax(-1).topk(3)
            grown += [(score + float(gain), [*tokens, int(token)]) for gain, token in zip(*likely, strict=True)]
        beams = sorted(grown, reverse=True)[:3]
    assert found[0].tolist() == beams[0][1]


@every_kind
def test_the_loss_is_the_mean_over_what_is_learnt(kind: str) -> None:
    tokens = ids(10, 7)
    labels = [-100] * 4 + tokens[4:]
    batch = {"input_ids": torch.tensor([tokens]), "labels": torch.tensor([labels])}

    loss = model(kind)(**batch).loss

    surprise = -expected(kind, tokens).log_softmax(-1)
    wanted = torch.stack([surprise[place - 1, tokens[place]] for place in range(4, 10)]).mean()
    torch.testing.assert_close(loss.detach(), wanted, atol=1e-4, rtol=0)
