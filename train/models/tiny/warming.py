"""A few seconds of training on made-up tasks, in the form of the model's own family."""

from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import torch
from torch.nn.utils import clip_grad_norm_

from schemas.statistics import SequenceLimits
from train.models.tiny.samples import sample_texts
from train.models.tiny.tasks import Texts, next_task

_TASKS, _BATCH = 1200, 16


def warm(model: Any, folder: Path, *, steps: int, seed: int) -> None:
    """Train all of a model whose configuration and vocabulary lie in ``folder``."""
    from train.encoding.collate import PadRight
    from train.families.registry import family_of

    family = family_of(folder)
    tokenizer = family.load_tokenizer(folder)
    texts = Texts(sample_texts(), Random(seed))  # noqa: S311 (repeatable, not secret)
    records = pl.DataFrame([next_task(texts)._asdict() for _ in range(_TASKS)])
    renamed = records.rename({"question": "prompt", "answer": "response"})
    examples = family.encode(renamed, tokenizer, SequenceLimits(source=96, target=48)).examples
    places = sorted(range(len(examples)), key=lambda place: int(examples.lengths[place]))
    batches = [places[start : start + _BATCH] for start in range(0, len(places), _BATCH)]
    Random(seed).shuffle(batches)  # noqa: S311
    collate = PadRight(
        pad=int(tokenizer.pad_token_id), multiple_of=8, layout=lambda ids: family.layout(ids, model.config)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98), fused=True)
    model.train()
    for batch in islice(cycle(batches), steps):
        model(**collate([examples[place] for place in batch])).loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
