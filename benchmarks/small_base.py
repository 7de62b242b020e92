"""A small ChatGLM that has read the training texts of datasets: a base for trying `prep suitability` without weights.

python -m benchmarks.small_base FOLDER data/encyclopedia data/legal … [--steps 4000]

It has the tiny model's vocabulary and tasks, but more of the plainest: to finish a sentence. No question meets its
answer, and of dev and test it has seen nothing. Of every dataset it reads equally many characters.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter

from schemas.dataset import PreparedDataset
from train.models.tiny.pretraining import TINY, pretrain
from train.models.tiny.samples import texts_of
from train.models.tiny.tasks import TASKS, finish
from train.models.tiny.writing import write_model, write_tokenizer
from train.models.tokenizer import ChatGLMTokenizer

CHARACTERS = 400_000
"""Of each dataset."""


def texts(folder: Path, random: Random) -> Iterator[str]:
    """Of the training records, in random order, until they are enough."""
    lines = PreparedDataset.open(folder).file("train").read_text(encoding="utf-8").splitlines()
    random.shuffle(lines)
    left = CHARACTERS
    for line in lines:
        for text in texts_of(json.loads(line)):
            left -= len(text)
            yield text
        if left < 0:
            return


def write_base(folder: Path, datasets: Sequence[Path], steps: int) -> None:
    settings = replace(TINY, hidden=192, heads=6, steps=steps)
    random = Random(settings.seed)  # noqa: S311 (repeatable, not secret)
    read = [text for dataset in datasets for text in texts(dataset, random)]
    folder.mkdir(parents=True)
    write_tokenizer(folder)
    tokenizer = ChatGLMTokenizer.from_pretrained(folder)
    write_model(pretrain(tokenizer, read, settings, [finish] * 14 + [*TASKS]), folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--steps", type=int, default=4000)
    arguments = parser.parse_args()
    began = perf_counter()
    write_base(arguments.folder, arguments.datasets, arguments.steps)
    print(f"{arguments.folder}: written, {arguments.steps} steps in {(perf_counter() - began) / 60:.1f} min")


if __name__ == "__main__":
    main()
