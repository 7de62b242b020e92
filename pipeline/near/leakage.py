"""The leakage certificate: what the held-out records have in common with those that are trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.arrays import Flags, Numbers, Shares
from pipeline.fates import FATE
from pipeline.near.buckets import Buckets, buckets_of
from pipeline.near.memory import Memory
from schemas.dataset import SPLITS
from schemas.places import ROW

_DIGITS = 4
SAME = {
    "identical_prompts": "prompt_hash",
    "identical_first_questions": "group_hash",
    "identical_responses": "answer_hash",
}
NOTHING_NEAR = {"near_duplicates": 0, "largest_similarity": None}


def certificate(lines: pl.DataFrame, memory: Memory | None, held: Sequence[str] = SPLITS[1:]) -> dict[str, Any]:
    """How many records of dev and test share a prompt (with its history), a first question or a response with train.

    Also how many questions these are, and the largest Jaccard similarity of any record to one of train, among the
    candidates that the bands give.
    """
    hashes = lines.select(FATE, *SAME.values())
    train = hashes.filter(pl.col(FATE) == "train")
    near = _buckets(lines, held, memory)
    return {
        split: {
            "records": those.height,
            **{name: _also_in(train[column], those[column]).len() for name, column in SAME.items()},
            "shared_first_questions": _also_in(train["group_hash"], those["group_hash"]).n_unique(),
            **({} if memory is None or near is None else _nearest(lines, split, memory, near)),
        }
        for split in held
        if (those := hashes.filter(pl.col(FATE) == split)).height
    }


def _also_in(train: pl.Series, those: pl.Series) -> pl.Series:
    """Those hashes that train has, too. A table is made of the few that are held out, never of all of train."""
    shared = train.filter(train.is_in(those.implode()))
    return those.filter(those.is_in(shared.implode()))


def _buckets(lines: pl.DataFrame, held: Sequence[str], memory: Memory | None) -> Buckets | None:
    """Of the records of train and of what is held out together; None where there are no bands."""
    if memory is None or memory.bands is None:
        return None
    return buckets_of(memory.bands, memory.of_kept(lines[FATE].is_in(["train", *held]).to_numpy()))


def _nearest(lines: pl.DataFrame, split: str, memory: Memory, buckets: Buckets) -> dict[str, Any]:
    is_train, is_held = ((lines[FATE].cast(pl.String) == name).to_numpy() for name in ("train", split))
    trained, held, found = _candidates(memory, buckets, is_train, is_held)
    if not len(found):
        return dict(NOTHING_NEAR)
    most = int(np.argmax(found))
    return {
        "near_duplicates": len(np.unique(held[found >= memory.threshold])),
        "largest_similarity": round(float(found[most]), _DIGITS),
        "between": [_place(lines, int(held[most])), _place(lines, int(trained[most]))],
    }


def _candidates(memory: Memory, buckets: Buckets, is_train: Flags, is_held: Flags) -> tuple[Numbers, Numbers, Shares]:
    """Pairs of a record of train and one that is held out, with their true similarities."""
    in_train = memory.of_kept(is_train).astype(np.int64)
    left, right = buckets.of(memory.of_kept(is_train | is_held)).mixed(in_train).pairs()
    differ = in_train[left] != in_train[right]
    left, right = left[differ], right[differ]
    trained = np.where(in_train[left] == 1, left, right)
    held = np.where(in_train[left] == 1, right, left)
    return trained - memory.held.height, held - memory.held.height, memory.similarities(trained, held)


def _place(lines: pl.DataFrame, line: int) -> dict[str, Any]:
    at = lines.select("file", row=ROW, record="record").row(line, named=True)
    return dict(at)
