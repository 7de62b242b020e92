"""Splits by file: the name of a source says whether its records are for training, dev or test.

Files are believed: a record stays where its file says, and what the splits have in common stands in the certificate.
"""

import re
from collections.abc import Sequence

import polars as pl

from pipeline.fates import FATES
from schemas.dataset import SPLITS, Split
from schemas.errors import OptionError

FILE = "file"
"""``--split-by file``."""
NAMED = "named"
_WORDS: dict[Split, tuple[str, str]] = {
    "train": ("train|training", "训练集"),
    "dev": ("dev|valid|validation|val|eval", "验证集|开发集"),
    "test": ("test|testing", "测试集"),
}
_PATTERNS = {
    split: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])|{chinese}", re.I) for split, (words, chinese) in _WORDS.items()
}


def split_of(name: str) -> Split:
    """By the last word for a split in a file's name, else in that of its folder; raises OptionError without one."""
    *_, folder, file = ("", *name.split("/"))
    for part in (file, folder):
        last: dict[Split, int] = {
            split: max(match.start() for match in found)
            for split in SPLITS
            if (found := [*_PATTERNS[split].finditer(part)])
        }
        if last:
            return max(last, key=lambda split: last[split])
    raise OptionError(f"{name}: --split-by file: no train, dev or test in its name; rename it, or leave out --split-by")


def with_named_splits(keys: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Add the column ``named``: the split that the file of each record is for; ``names`` are those of the tables."""
    splits = pl.Series([split_of(name) for name in names], dtype=FATES)
    return keys.with_columns(splits.gather(keys["file"]).alias(NAMED))


def by_file(alive: pl.DataFrame) -> pl.DataFrame:
    """Lines with their ``split``; raises OptionError where no file is for training."""
    if not (alive[NAMED] == "train").any():
        raise OptionError("--split-by file: no file for training; name one so, such as train.json")
    return alive.with_columns(split=NAMED)
