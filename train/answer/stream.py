"""One answer as it grows: only text that no later token changes is shown, so that nothing on a screen is taken back."""

from collections.abc import Callable, Generator
from contextlib import closing
from itertools import takewhile
from typing import NamedTuple

import torch

from train.answer.answerer import Answerer
from train.answer.manner import Manner
from train.encoding.examples import Ids
from train.models.streaming import stream_ids

_REPLACED = "[[训练时间]]"
"""What the official clean-up replaces: its beginning waits for its end."""
_CONTINUATIONS = ("", "a", "一", *(_REPLACED[start:] for start in range(1, len(_REPLACED))))
_HALF_A_CHARACTER = "\ufffd"


class Growing(NamedTuple):
    text: str
    """Each begins with the one before it."""
    finished: bool = False
    """True once the model has ended its answer itself."""


def stream(answerer: Answerer, prompt: Ids, manner: Manner) -> Generator[Growing, None, None]:
    """Yield the answer so far after each token that adds to it, and the whole of it at last."""
    given = torch.tensor([prompt], device=answerer.device)
    options = manner.keywords(answerer) | {"num_beams": 1, "attention_mask": torch.ones_like(given)}
    raw, shown, finished, ends = "", "", False, answerer.ends
    with closing(stream_ids(answerer.model, given, **options)) as steps:
        for ids in steps:
            new = ids[0, len(prompt) :].tolist()
            finished = new[-1] in ends
            raw = answerer.text(new[:-1] if finished else new)
            text = settled(raw, answerer.family.tidy)
            if len(text) > len(shown) and text.startswith(shown):
                shown = text
                yield Growing(shown)
    yield Growing(answerer.family.tidy(raw), finished)


def settled(raw: str, tidy: Callable[[str], str]) -> str:
    """The part of a tidied text that stays whatever follows: a comma may yet become a full-width one."""
    whole = raw.rstrip(_HALF_A_CHARACTER)
    texts = [tidy(whole + following) for following in _CONTINUATIONS]
    pairs = zip(min(texts), max(texts), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)).rstrip()
