"""Answers and bits by all processes: prompts are dealt to them, the longest ones first, and come back as they are done.

Whole batches are dealt, those that one process alone would have had: so its numbers come out again.
"""

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, astuple, dataclass, replace
from functools import partial
from typing import Any, Protocol

from train.answer.answerer import Answerer, Asking
from train.answer.generate import Answer, Decoding, answers, longest_first
from train.answer.manner import Manner
from train.distributed.helpers import Task, Told, helpers
from train.encoding.examples import Ids
from train.evaluation.bits import Bits, Share, reference_bits
from train.evaluation.models import Models, Side
from train.evaluation.told import asking_as_told, told


class Opens(Protocol):
    """Models, or one that is ready."""

    def opened(self, side: Side, asking: Asking) -> AbstractContextManager[Answerer]: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that every process has in memory already, as after a training."""

    answerer: Answerer

    def opened(self, _: Side, asking: Asking) -> AbstractContextManager[Answerer]:
        return nullcontext(replace(self.answerer, asking=asking))


def answers_by_all(
    models: Opens,
    side: Side,
    asking: Asking,
    prompts: Mapping[int, Ids],
    manner: Manner,
    *,
    batch_size: int = 8,
    decoding: Decoding = "slots",
) -> Iterator[list[Answer]]:
    """Yield answers as they come, as ``answers`` does; other processes help where this one leads them."""
    own = dict(prompts)
    led = helpers()
    if led is not None:
        shares = _dealt(prompts, led.count + 1, batch_size, whole_batches=not manner.is_greedy)
        how = {"manner": asdict(manner), "batch_size": batch_size, "decoding": decoding}
        about = {"task": "answers", "side": side, "asking": asdict(asking), **_which(models), **how}
        own = shares[0]
        led.begin([{**about, "prompts": [*share.items()]} for share in shares[1:]])
    with models.opened(side, asking) as answerer:
        for batch in answers(answerer, own, manner, batch_size=batch_size, decoding=decoding):
            yield batch
            yield from _heard(Answer, () if led is None else led.heard())
        yield from _heard(Answer, () if led is None else led.rest())


def bits_by_all(
    models: Opens,
    side: Side,
    asking: Asking,
    prompts: Mapping[int, Ids],
    references: Mapping[int, str],
    *,
    batch_size: int = 8,
) -> Iterator[list[Bits]]:
    """The same of ``reference_bits``."""
    led = helpers()
    count = 1 if led is None else led.count + 1
    if led is not None:
        items = [(record, ids, references[record]) for record, ids in prompts.items()]
        about = {"task": "bits", "side": side, "asking": asdict(asking), **_which(models), "batch_size": batch_size}
        led.begin([{**about, "items": items, "share": [place, count]} for place in range(1, count)])
    with models.opened(side, asking) as answerer:
        for batch in reference_bits(answerer, prompts, references, batch_size=batch_size, share=Share(0, count)):
            yield batch
            yield from _heard(Bits, () if led is None else led.heard())
        yield from _heard(Bits, () if led is None else led.rest())


def asking_tasks(models: Callable[[Told], Opens]) -> dict[str, Task]:
    """What a helper does for the two of them; ``models`` gives those that it is told of."""
    return {"answers": partial(_answers, models), "bits": partial(_bits, models)}


def _answers(models: Callable[[Told], Opens], about: Told) -> Generator[Any, None, None]:
    prompts = dict(about["prompts"])
    if not prompts:
        return
    manner, how = Manner(**about["manner"]), {name: about[name] for name in ("batch_size", "decoding")}
    with models(about).opened(about["side"], asking_as_told(about["asking"])) as answerer:
        for batch in answers(answerer, prompts, manner, **how):
            yield [astuple(answer) for answer in batch]


def _bits(models: Callable[[Told], Opens], about: Told) -> Generator[Any, None, None]:
    prompts = {record: ids for record, ids, _ in about["items"]}
    references = {record: text for record, _, text in about["items"]}
    share = Share(*about["share"])
    with models(about).opened(about["side"], asking_as_told(about["asking"])) as answerer:
        for batch in reference_bits(answerer, prompts, references, batch_size=about["batch_size"], share=share):
            yield [astuple(bits) for bits in batch]


def _heard(kind: Callable[..., Any], found: Any) -> Iterator[list[Any]]:
    for rows in found:
        yield [kind(*row) for row in rows]


def _which(models: Opens) -> dict[str, Any]:
    return {"models": told(models)} if isinstance(models, Models) else {}


def _dealt(prompts: Mapping[int, Ids], count: int, batch_size: int, *, whole_batches: bool) -> Sequence[dict[int, Ids]]:
    """What is drawn depends on who shares its batch; greedy answers do not, and few of them are for all."""
    size = batch_size if whole_batches else min(batch_size, math.ceil(len(prompts) / count))
    order = longest_first(prompts)
    batches = [order[start : start + size] for start in range(0, len(order), max(size, 1))]
    return [{record: prompts[record] for batch in batches[place::count] for record in batch} for place in range(count)]
