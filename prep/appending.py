"""``--append``: which dataset grows, and the options that made it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prep.options import by_own_names, convert_options, options_of_manifest
from schemas.errors import OptionError


def options_to_append(
    sources: Sequence[str], given: Mapping[str, Any], out: str | Path, name: str | None
) -> tuple[dict[str, Any], str]:
    """The options of the dataset, over them those that were given, and its name: by default the domain of the sources.

    Raises DatasetError where no dataset is that can grow.
    """
    from pipeline.append.check import require_dataset

    if "://" in str(out):
        raise OptionError(f"--out {out}: --append works on folders only; convert everything at once")
    named = by_own_names(given)
    known = name or named.get("domain") or _domain_of(sources, named)
    require_dataset(Path(out) / known)
    return {**options_of_manifest(Path(out) / known), **named}, known


def _domain_of(sources: Sequence[str], given: Mapping[str, Any]) -> str:
    from pipeline.choose import one_domain
    from pipeline.find import find_tables

    if "-" in sources:
        raise OptionError("--append: standard input is read once; say with --name which dataset grows")
    options = convert_options(given)
    found = find_tables(sources, options)
    return one_domain({choice.table.name: choice for choice in found.choices}, options)
