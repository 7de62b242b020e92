"""Sources that lie elsewhere: ``s3://``, ``gs://``, ``hdfs://`` and whatever else fsspec has a package for.

Credentials and endpoints are those that the package itself heeds. Nothing is copied but what a reader needs a file of.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from pipeline.sources.impostors import Skipped, skipped_by_name
from pipeline.sources.inputs import Input
from schemas.errors import OptionError, PrepError, SourceError

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
_BLOCK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """A path in a file system of fsspec."""

    system: Any
    path: str

    def __truediv__(self, name: str) -> "Place":
        return Place(self.system, f"{self.path.rstrip('/')}/{name}")

    def __str__(self) -> str:
        return str(self.system.unstrip_protocol(self.path))


def is_url(source: str) -> bool:
    return _URL.match(source) is not None


def place_of(url: str) -> Place:
    """The file system of a URL and the path in it; raises OptionError where what reads it is not installed."""
    from fsspec.core import url_to_fs

    protocol = url.partition("://")[0].lower()
    try:
        return Place(*url_to_fs(url))
    except ImportError as error:
        package = _PACKAGES.get(protocol)
        hint = f"pip install {package}" if package else " ".join(str(error).split())
        raise OptionError(f"{url}: needs a package that is not installed: {hint}") from None
    except (ValueError, OSError) as error:
        raise OptionError(f"{url}: cannot be opened: {' '.join(str(error).split())}") from None


def _errors() -> tuple[type[Exception], ...]:
    """Some packages have errors of their own, for a missing key or a host that does not answer."""
    theirs = (("botocore.exceptions", "BotoCoreError"), ("aiohttp", "ClientError"), ("gcsfs.retry", "HttpError"))
    known = [getattr(sys.modules[module], name, None) for module, name in theirs if module in sys.modules]
    return (OSError, ValueError, *(each for each in known if isinstance(each, type)))


@contextmanager
def reaching(url: str, kind: type[PrepError] = SourceError, what: str = "read") -> Iterator[None]:
    """Say in one line what a remote file system says at length."""
    try:
        yield
    except _errors() as error:
        found = " ".join(str(error).split())[:200] or type(error).__name__
        raise kind(f"{url}: cannot be {what}: {found}") from None


def inputs_at(url: str) -> tuple[list[Input], list[Skipped]]:
    """A file, every file of a folder, or those that a glob matches; compression not yet undone."""
    place = place_of(url)
    skipped: list[Skipped] = []
    with reaching(url):
        if place.system.isfile(place.path):
            return [_input(place)], skipped
        is_glob = any(sign in place.path for sign in "*?[")
        paths = place.system.glob(place.path) if is_glob else place.system.find(place.path)
        found = sorted(path for path in paths if not is_glob or place.system.isfile(path))
        inputs = []
        for each in (Place(place.system, path) for path in found):
            if why := skipped_by_name(PurePosixPath(each.path).relative_to(PurePosixPath(place.path).parent)):
                skipped.append(Skipped(str(each), why))
            else:
                inputs.append(_input(each))
    if not inputs:
        raise SourceError(f"{url}: no data there; expected a file, a folder with files, or a glob")
    return inputs, skipped


def _input(place: Place) -> Input:
    return Input(name=str(place), open=partial(open_place, place), size=place.system.size(place.path))


def open_place(place: Place) -> BinaryIO:
    """A buffered stream of the bytes as they lie there."""
    return cast(BinaryIO, place.system.open(place.path, "rb", block_size=_BLOCK_BYTES))


def file_at(name: str) -> Place | None:
    """The file that an input with this name is, or lies in: ``s3://b/crawl.zip`` of ``s3://b/crawl.zip/1.json``."""
    place = place_of(name)
    path = place.path
    with reaching(name):
        while path and not place.system.isfile(path):
            path = path.rpartition("/")[0]
    return Place(place.system, path) if path else None
