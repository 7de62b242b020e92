"""What Python callers use; the commands call the same functions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError


def convert(
    sources: str | Path | Sequence[str | Path],
    *,
    out: str | Path = "data",
    name: str | None = None,
    overwrite: bool = False,
    **options: Any,
) -> PreparedDataset:
    """Turn sources into a dataset folder, as ``prep convert`` does.

    ``options`` bear the names of the command's options: ``domain="patent"``, ``max_content=32``, ``dev=500``,
    ``map={"content": "标题", "summary": "摘要"}``. Raises a PrepError for what the caller can mend.
    """
    from pipeline.convert import convert_sources
    from prep.options import convert_options, token_counter

    listed = [sources] if isinstance(sources, (str, Path)) else list(sources)
    done = convert_sources(
        [str(source) for source in listed],
        convert_options(options),
        out=Path(out),
        name=name,
        overwrite=overwrite,
        counter=token_counter(options),
    )
    if done.path is None:
        raise OptionError("limit makes a dry run, which has no dataset; leave it out, or run prep convert --limit")
    return PreparedDataset.open(done.path)
