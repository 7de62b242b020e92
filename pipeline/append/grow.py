"""What is known of new sources, put behind what is known of the dataset that they are added to."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.append.base import APPENDED, Base
from pipeline.first_pass import FirstPass
from pipeline.settle import Settled


def with_old(first: FirstPass, base: Base | None) -> FirstPass:
    """The first pass as if it had read the old sources, too."""
    if base is None:
        return first
    files = len(base.sources)
    funnel = base.funnel()
    funnel.add(first.funnel)
    return FirstPass(
        funnel=funnel,
        keys=[base.keys, *(keys.with_columns(pl.col("file") + files) for keys in first.keys)],
        rows=first.rows,
        has_history=first.has_history or bool((base.keys["turns"] > 0).any()),
        resumed=first.resumed,
    )


def grown(manifest: Mapping[str, Any], base: Base | None, settled: Settled) -> dict[str, Any]:
    """The manifest of the whole dataset; ``manifest`` knows the new sources only."""
    stayed = settled.stayed
    if base is None or stayed is None:
        return dict(manifest)
    old, new = base.manifest, manifest["sources"]
    entry = {
        "sources": [source["name"] for source in new],
        "made": manifest["records"]["made"] - old["records"]["made"],
        "bridges": stayed.new_bridges,
        "leaks": stayed.leaks,
    }
    return {
        **manifest,
        "sources": [*old["sources"], *new],
        "passed_over": [*old["passed_over"], *manifest["passed_over"]],
        "options": old["options"],
        APPENDED: [*old.get(APPENDED, ()), entry],
        "bridges": stayed.bridges,
    }
