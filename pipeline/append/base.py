"""The dataset that new sources are added to: what is known of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.append.kept import KeptRecords
from pipeline.append.state import hashes_of_files, read_keys
from pipeline.fates import FATE, REJECTING
from pipeline.funnel import Funnel
from schemas.dataset import read_manifest
from schemas.errors import DatasetError

FILES = "files"
"""Field of the manifest: the hash of each file that a dataset consists of."""
APPENDED = "appended"
"""Field of the manifest: what was added, one entry each time."""
ANEW = "make it anew with --overwrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A dataset as it is before it grows."""

    folder: Path
    manifest: Mapping[str, Any]
    keys: pl.DataFrame
    """Of all its records, in source order."""
    fates: pl.Series
    """Of each."""
    records: KeptRecords

    @property
    def sources(self) -> list[Mapping[str, Any]]:
        """The tables that it was made of."""
        return list(self.manifest["sources"])

    def funnel(self) -> Funnel:
        """Its counts without those that are settled anew."""
        rows, records = self.manifest["rows"], self.manifest["records"]
        settled = self.fates.value_counts().filter(pl.col(FATE).is_in(REJECTING))
        late = Counter({str(fate): int(count) for fate, count in settled.iter_rows()})
        return Funnel(
            read=rows["read"],
            converted=rows["converted"],
            merged=rows["merged"],
            not_a_record=Counter(rows["not_a_record"]),
            rejected_rows=Counter(rows["rejected"]),
            made=records["made"],
            rejected_records=Counter(records["rejected"]) - late,
            cleaned=Counter(self.manifest["cleaned"]),
            turns=Counter(self.manifest["turns"]),
            notes=Counter(self.manifest["repaired"]),
        )


def opened(target: Path) -> Base:
    """Take up a dataset; raises DatasetError if a file of it is not what the conversion wrote."""
    manifest = read_manifest(target)
    found = hashes_of_files(target)
    for name, known in manifest[FILES].items():
        if found.get(name) != known:
            what = "changed since it was written" if name in found else "missing"
            raise DatasetError(f"{target / name}: {what}; --append adds only to what prep convert wrote; {ANEW}")
    keys = read_keys(target)
    records = KeptRecords(target, keys[FATE], manifest["shape"])
    return Base(folder=target, manifest=manifest, keys=keys.drop(FATE), fates=keys[FATE], records=records)
