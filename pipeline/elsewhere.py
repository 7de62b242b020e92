"""A dataset for ``--out s3://…``: made in a folder of this machine or one that a cluster shares, then brought there."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.convert import Conversion, convert_sources
from pipeline.options import ConvertOptions
from pipeline.sources.urls import Place, is_url, place_of, reaching
from schemas.dataset import MANIFEST
from schemas.errors import DatasetError, OptionError

_AT_ONCE = 8


def convert_to(
    out: str, sources: Sequence[str], options: ConvertOptions, *, work: Path | None = None, **settings: Any
) -> Conversion:
    """Convert into a folder, or to a URL by way of ``work``; ``settings`` are those of ``convert_sources``."""
    if not is_url(out):
        if work is not None:
            raise OptionError(f"--work {work}: a folder is written where it is to be; expected --out with a URL")
        return convert_sources(sources, options, out=Path(out), **settings)
    if settings.get("append"):
        raise OptionError(f"--out {out}: --append works on folders only; convert everything at once")
    name = settings.get("name") or options.domain
    if name is not None:
        _require_room(place_of(out) / name, overwrite=settings["overwrite"])
    if work is not None:
        return _by_way_of(work, out, sources, options, settings)
    with TemporaryDirectory(prefix="prep-") as folder:
        return _by_way_of(Path(folder), out, sources, options, settings)


def _by_way_of(
    work: Path, out: str, sources: Sequence[str], options: ConvertOptions, settings: dict[str, Any]
) -> Conversion:
    done = convert_sources(sources, options, out=work, **settings)
    if done.path is None:
        return done
    place = place_of(out) / done.path.name
    _deliver(done.path, place, overwrite=settings["overwrite"])
    shutil.rmtree(done.path)
    return replace(done, path=None, place=str(place))


def _require_room(place: Place, *, overwrite: bool) -> None:
    with reaching(str(place), DatasetError):
        if not place.system.find(place.path):
            return
        is_ours = place.system.exists((place / MANIFEST).path)
    if not is_ours:
        raise DatasetError(f"{place}: in the way and not a dataset of prep; choose another --name or --out")
    if not overwrite:
        raise DatasetError(f"{place}: already there; replace it with --overwrite or write beside it with --name")


def _deliver(folder: Path, place: Place, *, overwrite: bool) -> None:
    """The manifest goes first where one is replaced, and comes last: what has one is complete."""
    _require_room(place, overwrite=overwrite)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST]
    with reaching(str(place), DatasetError, "written"):
        if place.system.find(place.path):
            place.system.rm((place / MANIFEST).path)
            place.system.rm(place.path, recursive=True)
        for parent in sorted({(place / path.relative_to(folder).as_posix()).path.rpartition("/")[0] for path in files}):
            place.system.makedirs(parent, exist_ok=True)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for sent in [pool.submit(_put, path, place / path.relative_to(folder).as_posix()) for path in files]:
                sent.result()
        _put(folder / MANIFEST, place / MANIFEST)


def _put(path: Path, place: Place) -> None:
    place.system.put_file(str(path), place.path)
