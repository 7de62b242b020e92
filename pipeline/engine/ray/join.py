"""What partitions wrote beside the dataset, put together in their order; splits stay folders of parts if they may."""

import shutil
from pathlib import Path

import polars as pl

from schemas.dataset import DUPLICATES, ORIGINS, REJECTED, SPLITS
from schemas.parts import join, parts_of_split


def join_pieces(folder: Path, beside: Path, *, one_file: bool) -> None:
    """Write duplicates, origins and the end of the ledger; every split as one file if it must be one."""
    pieces = sorted(beside.iterdir())
    join([path for piece in pieces if (path := piece / DUPLICATES).exists()], folder / DUPLICATES)
    with (folder / REJECTED).open("ab") as ledger:
        for path in (path for piece in pieces if (path := piece / REJECTED).exists()):
            with path.open("rb") as late:
                shutil.copyfileobj(late, ledger)
    origins = pl.concat([pl.read_parquet(piece / ORIGINS) for piece in pieces])
    origins.write_parquet(folder / ORIGINS)
    for split in SPLITS if one_file else ():
        join(parts_of_split(folder, split), folder / f"{split}.json")
        shutil.rmtree(folder / split)
