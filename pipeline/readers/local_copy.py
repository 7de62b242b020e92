"""A path for containers that can only be read from one: the file itself, or a temporary copy of the stream."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.sources.inputs import Input


@contextmanager
def local_path(source: Input) -> Iterator[Path]:
    """The path of the input; that of a copy, for as long as the context lasts, where it lies in an archive."""
    if source.path is not None:
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="prep-") as folder:
        copy = Path(folder) / "copy"
        with source.open() as stream, copy.open("wb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)
        yield copy
