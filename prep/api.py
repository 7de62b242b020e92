"""What Python callers use; the commands call the same functions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from schemas.dataset import PreparedDataset
from schemas.errors import OptionError
from schemas.run import RUN, Run

if TYPE_CHECKING:  # loads torch, which ``import prep`` does without
    from schemas.experiment import ExperimentReport
    from schemas.report import Lang, SuitabilityReport
    from train.evaluation.watcher import Watcher
    from train.observer import Observer
    from train.recipe.gather import Layer
    from train.suitability.watcher import StudyWatcher


def convert(
    sources: str | Path | Sequence[str | Path],
    *,
    out: str | Path = "data",
    name: str | None = None,
    overwrite: bool = False,
    resume: bool = False,
    append: bool = False,
    engine: Literal["local", "ray"] = "local",
    ray_address: str | None = None,
    one_file: bool = False,
    memory: str | int | None = None,
    **options: Any,
) -> PreparedDataset:
    """Turn sources into a dataset folder, as ``prep convert`` does.

    ``resume`` goes on where a run was broken off, and keeps finished work if this one is. ``append`` adds the sources
    to the dataset of this name.
    ``engine`` and what follows it say where the work is done: ``ray`` on a cluster, one that is running at
    ``ray_address`` or one of this machine.
    ``memory``, such as ``"2G"``: hashes and signatures past it go to disk.
    ``options`` bear the names of the command's options: ``domain="patent"``, ``max_content=32``, ``dev=500``,
    ``map={"content": "标题", "summary": "摘要"}``. Raises a PrepError for what the caller can mend.
    """
    from pipeline.convert import convert_sources
    from pipeline.engine.chosen import chosen
    from pipeline.sources.urls import is_url
    from pipeline.spill import MEMORY
    from prep.appending import options_to_append
    from prep.options import convert_options, token_counter
    from prep.sizes import bytes_of

    listed = [str(source) for source in ([sources] if isinstance(sources, (str, Path)) else sources)]
    if is_url(str(out)):
        raise OptionError(f"out {out}: expected a folder, which is opened when it is written; use prep convert --out")
    if append:
        options, name = options_to_append(listed, options, Path(out), name)
    with chosen(engine, ray_address, one_file=one_file) as where:
        done = convert_sources(
            listed,
            convert_options(options),
            out=Path(out),
            name=name,
            overwrite=overwrite,
            resume=resume,
            append=append,
            memory=MEMORY if memory is None else bytes_of("memory", memory),
            counter=token_counter(options),
            engine=where,
        )
    if done.path is None:
        raise OptionError("limit makes a dry run, which has no dataset; leave it out, or run prep convert --limit")
    return PreparedDataset.open(done.path)


def mix(
    amounts: Mapping[str, float] | Sequence[str],
    *,
    name: str | None = None,
    data: str | Path = "data",
    out: str | Path = "data",
    seed: int = 42,
    overwrite: bool = False,
) -> PreparedDataset:
    """Mix datasets into one, as ``prep mix`` does: ``{"legal": 1, "instruct": 0.3}`` or ``["legal:1"]``.

    An amount up to 1 is a share of every split, one above it a number of train records. Raises a PrepError for what
    the caller can mend.
    """
    from pipeline.mixing.mix import mix as mixed

    listed = [f"{each}:{amount}" for each, amount in amounts.items()] if isinstance(amounts, Mapping) else [*amounts]
    return mixed(listed, name=name, data=Path(data), out=Path(out), seed=seed, overwrite=overwrite).dataset


def export(
    what: PreparedDataset | Run | str | Path,
    *,
    to: str,
    out: str | Path = "exports",
    name: str | None = None,
    license: str | None = None,
    sources: Sequence[str] = (),
    overwrite: bool = False,
) -> Path:
    """Write a dataset or a run as others read it, as ``prep export`` does, and give the folder; nothing is pushed.

    ``what`` is one that ``convert`` or ``train`` gave, its folder, or a dataset's name under ``data``. Raises a
    PrepError for what the caller can mend.
    """
    place = what.path if isinstance(what, Run) else _folder(what)
    named: dict[str, Any] = {"out": Path(out), "name": name, "overwrite": overwrite}
    if (place / RUN).is_file():
        from train.export.export import export_run

        return export_run(place, to, **named).path
    from pipeline.export.export import export as exported

    return exported(PreparedDataset.open(place), to, license=license, sources=sources, **named).path


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


def evaluate(
    run: Run | str | Path | None = None,
    dataset: PreparedDataset | str | Path | None = None,
    *,
    model: str | None = None,
    others: Sequence[PreparedDataset | str | Path] | None = None,
    out: str | Path = "evaluations",
    lang: "Lang" = "en",
    rating_sheet: int | None = None,
    ratings: Sequence[str | Path] = (),
    watcher: "Watcher | None" = None,
    **settings: Any,
) -> "SuitabilityReport":
    """Judge whether a dataset is worth fine-tuning on, as ``prep evaluate`` does; the report's files lie in ``out``.

    ``dataset`` is by default what the run was trained on, ``others`` all datasets in ``data``; without a run, ``model``
    names a base. ``rating_sheet`` writes so many items for people to rate, ``ratings`` are filled sheets. ``settings``
    bear the names of ``train.evaluation.settings.Settings``: ``items=200``, ``curve=True``; and ``raters`` and
    ``checks`` those of the sheets. What was measured once is not measured again. Raises a PrepError for what the caller
    can mend.
    """
    from train.evaluation.evaluate import evaluate as evaluated
    from train.evaluation.people import People, sheets_of
    from train.evaluation.settings import Settings
    from train.evaluation.subject import models_of, subject_of
    from train.evaluation.watcher import Unwatched
    from train.report.save import save_report

    told = watcher or Unwatched()
    asked = {name: settings.pop(name) for name in ("raters", "checks") if name in settings}
    chosen = Settings(**settings)
    place = run.path if isinstance(run, Run) else run
    models = models_of(None if place is None else Path(place), model, note=told.note)
    data = None if dataset is None else _folder(dataset)
    subject = subject_of(models, data, None if others is None else [*map(_folder, others)], note=told.note)
    filled = sheets_of(map(Path, ratings))
    people = People(folder=Path(out) / subject.name, sheet=rating_sheet, filled=filled, lang=lang, **asked)
    about = models, subject.dataset, subject.others
    report = evaluated(*about, chosen, out=Path(out), people=people, watcher=told)
    save_report(report, people.folder, lang=lang)
    return report


def experiment(
    file: str | Path,
    *,
    model: str | None = None,
    data: str | Path = "data",
    out: str | Path = "experiments",
    lang: "Lang" = "en",
    overrides: Mapping[str, Any] | None = None,
    watcher: "Watcher | None" = None,
) -> "ExperimentReport":
    """Answer the question that a file states, as ``prep experiment`` does; runs and report's files lie in ``out``.

    ``file`` is a YAML file, or the name of an experiment that comes with the program; ``overrides`` is what ``--set``
    takes: ``{"max_steps": 20, "data.train": 500}``. Nothing is trained or asked twice. Raises a PrepError for what the
    caller can mend.
    """
    from prep.mixer import mixer
    from train.experiments.build import read_experiment
    from train.experiments.presets import experiment_file
    from train.experiments.run import run_experiment
    from train.experiments.save import save_experiment

    pairs = [f"{name}={value}" for name, value in (overrides or {}).items()]
    stated = read_experiment(experiment_file(str(file)), pairs, model=model)
    mixing = mixer(Path(data), Path(data), stated.data.seed)
    report = run_experiment(stated, data=Path(data), out=Path(out), mixer=mixing, watcher=watcher).report
    save_experiment(report, Path(out) / stated.name, lang=lang)
    return report


def suitability(
    datasets: Sequence[PreparedDataset | str | Path] | None = None,
    *,
    runs: Mapping[str, Run | str | Path] | None = None,
    model: str | Sequence[str] | None = None,
    method: str | None = None,
    recipe: str | Path | None = None,
    training: Mapping[str, Any] | None = None,
    budget: str | None = None,
    data: str | Path = "data",
    out: str | Path = "suitability",
    name: str | None = None,
    lang: "Lang" = "en",
    watcher: "StudyWatcher | None" = None,
    observer: "Observer | None" = None,
    **settings: Any,
) -> "SuitabilityReport":
    """Tune on each dataset, test each model on all, and judge them beside each other, as ``prep suitability`` does.

    ``datasets`` are by default all in ``data``; ``runs`` are taken for those that they are named by, the others trained
    by ``recipe`` and ``training``, keys of a recipe with their values; several ``model`` stand beside each other in one
    report. ``budget="6h"`` ends it after that time.
    ``settings`` bear the names of ``train.evaluation.settings.Settings``. What was trained or measured before is found
    again. Raises a PrepError for what the caller can mend.
    """
    from train.evaluation.settings import Settings
    from train.recipe.presets import recipe_layer
    from train.report.save import save_report
    from train.suitability.bases import setups_of
    from train.suitability.clock import clock_of
    from train.suitability.suitability import report_name
    from train.suitability.suitability import suitability as studied
    from train.suitability.watcher import Unstudied

    clock, told = clock_of(budget), watcher or Unstudied()
    named = {} if method is None else {"method": method}
    layers: list[Layer] = [] if recipe is None else [recipe_layer(str(recipe))]
    setups = setups_of(
        [model] if isinstance(model, str) else [*(model or ())],
        None if datasets is None else [each.path if isinstance(each, PreparedDataset) else each for each in datasets],
        {key: run.path if isinstance(run, Run) else Path(run) for key, run in (runs or {}).items()},
        [*layers, ("suitability", {**(training or {}), **named})],
        Settings(**settings),
        data=Path(data),
        note=told.note,
    )
    report = studied(setups, clock=clock, watcher=told, observer=observer)
    save_report(report, Path(out) / (name or report_name(setups, is_selection=datasets is not None)), lang=lang)
    return report


def _folder(dataset: PreparedDataset | str | Path) -> Path:
    if isinstance(dataset, PreparedDataset):
        return dataset.path
    path = Path(dataset)
    inside = Path("data") / path
    return inside if inside.exists() and not path.exists() else path
