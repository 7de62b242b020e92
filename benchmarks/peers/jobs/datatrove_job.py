"""Runs inside the environment of datatrove: read, normalise, limit, near duplicates by MinHash, write train and dev.

python datatrove_job.py FOLDER WORKERS; sources lie in FOLDER/source, one a worker.
"""

import hashlib
import html
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.word_tokenizers import WordTokenizer

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[^\S\n]+")
_TITLE, _ABSTRACT = (4, 80), (20, 2000)
_DEV_OF_256 = 13


class _Characters(WordTokenizer):
    """Its own words come from spaCy; ours are characters, and so are these."""

    def word_tokenize(self, text: str) -> list[str]:
        return list(text)

    def sent_tokenize(self, text: str) -> list[str]:
        return [text]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


class _Cleaned(PipelineStep):
    name, type = "cleaned", "format"

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        for document in data:
            document.metadata["title"] = _clean(document.metadata["title"])
            document.metadata["abstract"] = _clean(document.text)
            document.text = f"{document.metadata['title']}\n{document.metadata['abstract']}"
            yield document


class _Written(PipelineStep):
    name, type = "written", "writer"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        self._folder.mkdir(exist_ok=True)
        names = ("train", "dev")
        files = {name: (self._folder / f"{name}.{rank}.jsonl").open("w", encoding="utf-8") for name in names}
        for document in data:
            is_dev = hashlib.md5(document.metadata["title"].encode(), usedforsecurity=False).digest()[0] < _DEV_OF_256
            record = {"content": document.metadata["title"], "summary": document.metadata["abstract"]}
            files["dev" if is_dev else "train"].write(json.dumps(record, ensure_ascii=False) + "\n")
            yield document
        for file in files.values():
            file.close()


def _clean(text: str) -> str:
    plain = unicodedata.normalize("NFKC", html.unescape(text))
    return _BLANKS.sub(" ", _CONTROL.sub("", plain)).strip()


def _is_kept(document: Document) -> bool:
    title, abstract = len(document.metadata["title"]), len(document.metadata["abstract"])
    return _TITLE[0] <= title <= _TITLE[1] and _ABSTRACT[0] <= abstract <= _ABSTRACT[1]


def main(folder: Path, workers: int) -> None:
    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    at = {name: str(folder / name) for name in ("source", "clean", "signatures", "buckets", "removed", "log")}
    written = JsonlWriter(at["clean"], output_filename="${rank}.jsonl", compression=None)
    first = [JsonlReader(at["source"], text_key="abstract"), _Cleaned(), LambdaFilter(_is_kept), written]
    last = [JsonlReader(at["clean"]), MinhashDedupFilter(at["removed"]), _Written(folder / "dataset")]
    steps = (
        ("clean", [*first, MinhashDedupSignature(at["signatures"], config=config, language=_Characters())], workers),
        ("buckets", [MinhashDedupBuckets(at["signatures"], at["buckets"], config=config)], config.num_buckets),
        ("cluster", [MinhashDedupCluster(at["buckets"], at["removed"], config=config)], 1),
        ("write", last, workers),
    )
    for name, pipeline, tasks in steps:
        log = f"{at['log']}/{name}"
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(workers, tasks), logging_dir=log).run()
    lines = sum(path.read_bytes().count(b"\n") for path in (folder / "dataset").iterdir())
    print(f"kept {lines:,}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
