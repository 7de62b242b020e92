"""An experiment from its file: everything that is wrong with it is said together, each with its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from schemas.report import Lang
from train.experiments.experiment import BASE, CellChoice, Claim, DataChoice, Experiment, RowChoice
from train.experiments.names import DERIVED, key_names
from train.experiments.source import Source, nearest, read_source
from train.metrics.bits import BITS_PER_CHARACTER
from train.metrics.registry import METRICS
from train.recipe.gather import Layer, shown
from train.recipe.names import SAME
from train.recipe.values import Unfitting, choices_of, typed

Kind = TypeVar("Kind")
_LEAST = {"train": 1, "items": 2, "max_source_length": 2, "max_target_length": 2}
_HOUSE: Layer = ("experiment", {"do_eval": False, "report_to": "none"})
"""A dev split would choose another step of every cell."""


def read_experiment(path: Path, pairs: Sequence[str] = (), *, model: str | None = None) -> Experiment:
    """``pairs`` and ``model`` override the file; raises OptionError with every mistake."""
    source = read_source(path, pairs)
    data = _built(source, DataChoice, source.section("data"), ("data",), also=[])
    if data is not None and len({data.dataset, *data.also}) <= len(data.also):
        source.mistake("also: names a dataset twice, or the experiment's own", "data", "also")
    cells = [*_cells(source, data.dataset if data else "", model)]
    rows = _rows(source, [cell.name for cell in cells])
    success = _claims(source, [*rows], data)
    changed, held_fixed = (_names(source, section) for section in ("changed", "held_fixed"))
    for name in sorted({*changed} & {*held_fixed}):
        source.mistake(f"{name}: both changed and held fixed; keep one of them", "held_fixed")
    question = _question(source)
    metrics = _listed(source, "metrics", [*METRICS])
    mixes = {name: _texts(source, amounts, "mixes", name) for name, amounts in source.section("mixes").items()}
    source.require()
    if data is None:
        raise ValueError("an experiment without data was not refused")
    return Experiment(
        name=path.stem,
        where=str(path),
        question=question,
        changed=changed,
        held_fixed=held_fixed,
        success=success,
        data=data,
        cells=cells,
        rows=rows,
        metrics=metrics or [*METRICS],
        mixes=mixes,
        stated=source.values,
    )


def _question(source: Source) -> dict[Lang, str]:
    given = source.values.get("question")
    if isinstance(given, str) and given.strip():
        return {"en": given.strip(), "zh": given.strip()}
    if isinstance(given, Mapping) and given and {*given} <= {"en", "zh"}:
        texts: dict[Lang, str] = {lang: str(text).strip() for lang, text in given.items()}
        return texts
    source.mistake("question: expected what is asked, a text, or one in each of en and zh", "question")
    return {}


def _cells(source: Source, dataset: str, model: str | None) -> Iterator[CellChoice]:
    common = source.section("recipe")
    cells = source.section("cells")
    if not cells:
        source.mistake("cells: expected at least one training, e.g. short: {max_source_length: 512}", "cells")
    for name, given in cells.items():
        own = dict(given) if isinstance(given, Mapping) else {}
        if given is not None and not isinstance(given, Mapping):
            source.mistake(f"{name}: expected keys of a recipe and their values", "cells", name)
        if name == BASE:
            source.mistake(f"{name}: means the untuned model; choose another name", "cells", name)
        for key in common.keys() & own.keys():
            if ("recipe", key) in source.overridden:
                source.mistake(f"the cells have it each: --set cells.{name}.{key}=…", "recipe", key)
        named = own.pop("dataset", dataset)
        layers = [_HOUSE, *_layers(source, common, "recipe"), *_layers(source, own, "cells", name)]
        above: list[Layer] = [("--model", {"model": model})] if model else []
        yield CellChoice(name=name, dataset=str(named), layers=[*layers, *above])


def _layers(source: Source, given: Mapping[str, Any], *path: str) -> Iterator[Layer]:
    """One a key, so that a mistake names its line; the method first, whose settings the others may be."""
    for key in sorted(given, key=lambda key: SAME.get(key, key) != "method"):
        yield source.place(*path, key), {key: given[key]}


def _rows(source: Source, cells: Sequence[str]) -> dict[str, RowChoice]:
    given = source.section("rows") or {cell: {"cell": cell} for cell in cells}
    rows = {}
    for name, values in given.items():
        row = _built(source, RowChoice, values, ("rows", name))
        if row is not None and row.cell not in (BASE, *cells):
            source.mistake(
                f"cell {row.cell!r}: no such cell; {nearest(row.cell, [BASE, *cells])}", "rows", name, "cell"
            )
        elif row is not None:
            rows[name] = row
    if len(given) < 2:
        source.mistake(
            "one row alone compares nothing; state two or more", "rows" if "rows" in source.values else "cells"
        )
    return rows


def _claims(source: Source, rows: Sequence[str], data: DataChoice | None) -> list[Claim]:
    given = source.values.get("success")
    listed = given if isinstance(given, list) else [given] if given else []
    if not listed:
        source.mistake("success: expected metric, row, baseline, direction and margin, before anything runs", "success")
    claims = []
    for number, values in enumerate(listed):
        path = ("success", str(number)) if isinstance(given, list) else ("success",)
        claim = _built(source, Claim, values, path)
        if claim is not None:
            claims.append(claim)
            for key, what in _wrong(claim, rows, data):
                source.mistake(what, *path, key)
    return claims


def _wrong(claim: Claim, rows: Sequence[str], data: DataChoice | None) -> Iterator[tuple[str, str]]:
    for key, name in (("row", claim.row), ("baseline", claim.baseline)):
        if name not in rows:
            yield key, f"{key} {name!r}: no such row; {nearest(name, rows)}"
    if claim.row == claim.baseline:
        yield "baseline", f"baseline {claim.baseline}: compared with itself; name another row"
    metric = METRICS.get(claim.metric)
    if metric is None:
        yield "metric", f"metric {claim.metric!r}: no such metric; {nearest(claim.metric, [*METRICS])}"
    elif metric.better not in ("neither", claim.direction):
        yield "direction", f"direction {claim.direction}: of {claim.metric} {metric.better} is better"
    if data is not None and claim.on not in (None, data.dataset, *data.also):
        yield "on", f"on {claim.on!r}: its items are not asked; {nearest(str(claim.on), [data.dataset, *data.also])}"
    elif data is not None and claim.on not in (None, data.dataset) and claim.metric != BITS_PER_CHARACTER.name:
        yield "metric", f"metric {claim.metric}: on other datasets only {BITS_PER_CHARACTER.name} is measured"


def _names(source: Source, section: str) -> list[str]:
    given = _texts(source, source.values.get(section), section)
    names = [name if name in DERIVED else SAME.get(name, name) for name in given]
    if not names:
        source.mistake(f"{section}: expected names, e.g. [learning_rate, steps]", section)
    known = [*DERIVED, *key_names()]
    for number, name in enumerate(names):
        if name not in known:
            source.mistake(f"{section} {name!r}: no such key; {_close(name, known)}", section, str(number))
    return names


def _close(name: str, known: Sequence[str]) -> str:
    said = nearest(name, known)
    return said if said.startswith("did") else f"keys are those of prep recipes --keys, and {', '.join(DERIVED)}"


def _listed(source: Source, section: str, known: Sequence[str]) -> list[str]:
    names = _texts(source, source.values.get(section) or [], section)
    for number, name in enumerate(names):
        if name not in known:
            source.mistake(f"{section} {name!r}: no such one; {nearest(name, known)}", section, str(number))
    return names


def _texts(source: Source, given: Any, *path: str) -> list[str]:
    listed = given if isinstance(given, list) else [] if given is None else [given]
    if all(isinstance(each, str) for each in listed):
        return listed
    source.mistake(f"{path[-1]}: expected a list of names", *path)
    return []


def _built(source: Source, kind: type[Kind], given: Any, path: tuple[str, ...], **defaults: Any) -> Kind | None:
    """The values as the fields of ``kind`` want them; None where they cannot be that."""
    if not isinstance(given, Mapping):
        source.mistake(f"{path[-1]}: expected keys and their values", *path)
        return None
    before, hints, built = len(source.mistakes), get_type_hints(kind), dict(defaults)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key, value in given.items():
        if key not in known:
            source.mistake(f"{key}: no such key; {nearest(key, known)}", *path, key)
            continue
        try:
            built[key] = typed(value, hints[key], choices_of(hints[key]))
        except Unfitting as error:
            source.mistake(f"{key} {shown(value)}: {error}", *path, key)
            continue
        if isinstance(built[key], int) and built[key] < _LEAST.get(key, built[key]):
            source.mistake(f"{key} {shown(value)}: expected {_LEAST[key]} or more", *path, key)
    needed = [field.name for field in fields(kind) if field.default is MISSING]  # type: ignore[arg-type]
    for key in needed:
        if key not in built and key not in given:
            source.mistake(f"{path[-1]}: no {key}; it is needed", *path)
    return kind(**built) if len(source.mistakes) == before else None
