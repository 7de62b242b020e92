"""What Python callers use; the commands call the same functions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.run import Run

if TYPE_CHECKING:  # loads torch, which ``import prep`` does without
    from train.observer import Observer
    from train.recipe.gather import Layer


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


def train(
    dataset: PreparedDataset | str | Path | None = None,
    *,
    recipe: str | Path | None = None,
    observer: "Observer | None" = None,
    **options: Any,
) -> Run:
    """Tune a model on a dataset, as ``prep train`` does.

    ``dataset`` is one that ``convert`` gave, its folder, or its name under ``data``; ``recipe`` a file or a preset.
    ``options`` bear the names of a recipe's keys and win over it: ``method="lora"``, ``max_steps=3000``,
    ``train_file="train.json"``. The observer hears what the command would show. Raises a PrepError for what the caller
    can mend.
    """
    from train.observer import Silent
    from train.recipe.build import build_recipe
    from train.recipe.presets import recipe_layer
    from train.run import train as trained

    named = {} if dataset is None else {"dataset": str(_folder(dataset))}
    layers: list[Layer] = [] if recipe is None else [recipe_layer(str(recipe))]
    built, notes = build_recipe([*layers, ("train", {**named, **options})])
    told = observer or Silent()
    for line in notes:
        told.note(line)
    run = trained(built, told)
    if not isinstance(run, Run):
        raise TypeError(f"a training gives a run, not {type(run).__name__}")
    return run


def _folder(dataset: PreparedDataset | str | Path) -> Path:
    if isinstance(dataset, PreparedDataset):
        return dataset.path
    path = Path(dataset)
    inside = Path("data") / path
    return inside if inside.exists() and not path.exists() else path
