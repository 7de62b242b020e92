"""A real Ray cluster of two workers on this machine, one for all tests of the session, and conversions by it."""

import functools
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pipeline import find
from pipeline.append.base import FILES
from pipeline.convert import convert_sources
from pipeline.options import ConvertOptions
from pipeline.readers.chunk import ReadOptions
from schemas.dataset import SPLITS, STATE
from schemas.parts import parts_of_split
from tests.running import contents, manifest_of

WORKERS = 2
CHUNK_BYTES = 1 << 18
PARTITION_BYTES = 1 << 20

RAY_WARNS = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*", "ignore:.*ray.*:ResourceWarning")
"""Of what Ray itself does."""


@functools.cache
def cluster() -> ExitStack:
    """Started once; ends with the process."""
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    from pipeline.engine.ray.cluster import connected

    held = ExitStack()
    held.enter_context(connected(None, WORKERS))
    return held


def by_ray(
    sources: Sequence[Path],
    out: Path,
    patch: pytest.MonkeyPatch,
    *,
    one_file: bool = False,
    resume: bool = False,
    **options: Any,
) -> Path:
    """Convert in small chunks, so that there are several parts of every table, and several partitions of parts."""
    cluster()
    from pipeline.engine.ray.engine import RayEngine

    engine = RayEngine(connect=lambda: None, one_file=one_file, partition_bytes=PARTITION_BYTES)
    with patch.context() as small:
        small.setattr(find, "_reading", lambda _: ReadOptions(chunk_bytes=CHUNK_BYTES))
        names = [str(path) for path in sources]
        done = convert_sources(names, ConvertOptions(**options), out=out, engine=engine, resume=resume)
    assert done.resumed > 1 or not resume
    assert done.path is not None
    return done.path


def on_this_machine(sources: Sequence[Path], out: Path, **options: Any) -> Path:
    done = convert_sources([str(path) for path in sources], ConvertOptions(**options), out=out)
    assert done.path is not None
    return done.path


def whole(folder: Path) -> dict[str, Any]:
    """What a dataset holds, in whichever layout: the bytes of every split and file, and the manifest. Only the card
    names the files of a split, and only a dataset that can grow knows their hashes and keeps a state."""
    files = {name: data for name, data in contents(folder).items() if not name.startswith(f"{STATE}/")}
    parts = {
        f"{split}.json": b"".join(path.read_bytes() for path in paths)
        for split in SPLITS
        if (paths := parts_of_split(folder, split))
    }
    manifest = {name: value for name, value in manifest_of(folder).items() if name != FILES}
    single = {
        name: data for name, data in files.items() if "/" not in name and name not in ("README.md", "manifest.json")
    }
    return {**dict.fromkeys((f"{split}.json" for split in SPLITS), b""), **single, **parts, "manifest": manifest}
