"""A cell is measured once, goes on where it was broken off, and is never taken for another."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import PrepError
from tests.train.answer.speaking import run_on
from train.answer.answerer import Answerer, Asking
from train.answer.load import tuned
from train.answer.manner import Manner
from train.evaluation import cells as module
from train.evaluation.asked import Asked
from train.evaluation.bits import reference_bits
from train.evaluation.cells import Cells
from train.evaluation.models import Models, Side
from train.evaluation.watcher import Unwatched
from train.run_folder import read_json

MANNER = Manner(max_new_tokens=6)


class Watch(Unwatched):
    """Keeps what it is told; interrupts after so many batches."""

    def __init__(self, ends_after: int | None = None) -> None:
        self.begun: list[tuple[int, int]] = []
        self.done: list[bool] = []
        self._left = ends_after

    def started(self, cell: str, total: int, done: int) -> None:
        self.begun.append((total, done))

    def advanced(self, items: int) -> None:
        if self._left is not None:
            self._left -= 1
            if not self._left:
                raise KeyboardInterrupt

    def finished(self, cell: str, *, is_new: bool) -> None:
        self.done.append(is_new)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 2)


def asked(models: Models, side: Side = "tuned", **changed: Any) -> Asked:
    questions = {number: [5 + number, *models.tokenizer.build_inputs_with_special_tokens([])] for number in range(5)}
    references = {number: "装置" * (1 + number) for number in range(5)}
    asking = models.base.asking
    return replace(Asked(name="x", side=side, asking=asking, prompts=questions, references=references), **changed)


def measured(models: Models, folder: Path, given: Asked | None = None, watch: Watch | None = None) -> Any:
    return Cells(folder, models, watch or Watch(), batch_size=1).bits(given or asked(models))


def answered(models: Models, folder: Path, watch: Watch | None = None, manner: Manner = MANNER) -> Any:
    return Cells(folder, models, watch or Watch(), batch_size=1).answers(asked(models), manner)


def again(models: Models) -> Models:
    return Models(models.base, models.tuned)


def test_rows_come_in_the_order_of_the_prompts(models: Models, tmp_path: Path) -> None:
    given = asked(models)
    backwards = replace(given, prompts=dict(reversed([*given.prompts.items()])))

    rows = measured(models, tmp_path, backwards)

    assert [row.record for row in rows] == [4, 3, 2, 1, 0]
    assert rows == [*reversed(measured(models, tmp_path, given))]


@pytest.mark.parametrize("ask", [measured, answered])
def test_a_finished_cell_is_not_measured_again_nor_its_model_loaded(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Any
) -> None:
    first = ask(models, tmp_path)
    monkeypatch.setattr(type(models.base), "load", lambda _: pytest.fail("the model is loaded"))
    watch = Watch()

    second = ask(again(models), tmp_path, watch=watch)

    assert second == first
    assert (watch.begun, watch.done) == ([], [False])


@pytest.mark.parametrize("ask", [measured, answered])
@pytest.mark.parametrize("ends_after", [1, 2, 3, 4, 5])
def test_a_cell_goes_on_where_it_was_broken_off(models: Models, tmp_path: Path, ask: Any, ends_after: int) -> None:
    whole = ask(models, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        ask(models, tmp_path / "cells", watch=Watch(ends_after))
    watch = Watch()

    found = ask(again(models), tmp_path / "cells", watch=watch)

    kept = ends_after if ask is answered else 2 * ((ends_after - 1) // 2)
    assert watch.begun == [(5, kept)]
    assert found == whole
    assert len([*(tmp_path / "cells").iterdir()]) == 1


def test_base_and_tuned_share_a_model_and_say_different_things(models: Models, tmp_path: Path) -> None:
    tuned_bits = measured(models, tmp_path)
    base_bits = measured(models, tmp_path, asked(models, "base"))

    with models.opened("tuned", Asking()) as first, models.opened("base", Asking()) as second:
        assert first.model is second.model
    assert [row.bits for row in tuned_bits] != [row.bits for row in base_bits]
    alone = measured(Models(models.base), tmp_path / "alone", asked(models, "base"))
    assert [row.bits for row in base_bits] == pytest.approx([row.bits for row in alone])


def _other_prompt(given: Asked) -> Asked:
    return replace(given, prompts={**given.prompts, 0: given.prompts[1]})


def _other_reference(given: Asked) -> Asked:
    return replace(given, references={**given.references, 0: "别的"})


def _other_limit(given: Asked) -> Asked:
    limits = replace(given.asking.limits, target=2)
    return replace(given, asking=replace(given.asking, limits=limits))


@pytest.mark.parametrize("change", [_other_prompt, _other_reference, _other_limit])
def test_what_decides_the_numbers_makes_another_cell(models: Models, tmp_path: Path, change: Any) -> None:
    measured(models, tmp_path)

    measured(models, tmp_path, change(asked(models)), watch := Watch())

    assert watch.done == [True]


def test_an_adapter_with_other_bytes_makes_another_cell(models: Models, model: Path, tmp_path: Path) -> None:
    measured(models, tmp_path / "cells")
    found = tuned(run_on(model, tmp_path / "run", noise=2).path)

    measured(Models(found.without_adapter(), found), tmp_path / "cells", watch=(watch := Watch()))

    assert watch.done == [True]


def test_the_same_adapter_elsewhere_is_the_same_cell(models: Models, model: Path, tmp_path: Path) -> None:
    measured(models, tmp_path / "cells")
    found = tuned(run_on(model, tmp_path / "moved").path)

    measured(Models(found.without_adapter(), found), tmp_path / "cells", watch=(watch := Watch()))

    assert watch.done == [False]


def test_drawn_answers_are_another_cell(models: Models, tmp_path: Path) -> None:
    answered(models, tmp_path)

    answered(models, tmp_path, watch := Watch(), Manner(max_new_tokens=6, sampling="official"))

    assert watch.done == [True]


def test_a_damaged_cell_is_measured_anew(models: Models, tmp_path: Path) -> None:
    whole = measured(models, tmp_path)
    [path] = tmp_path.iterdir()
    path.write_text(path.read_text()[:-10])

    assert measured(again(models), tmp_path) == whole


def test_a_cell_says_what_it_depends_on(models: Models, tmp_path: Path) -> None:
    measured(models, tmp_path)

    [path] = tmp_path.iterdir()
    facts: Mapping[str, Any] = json.loads(path.read_text())["facts"]
    assert facts["model"]["method"] == "p_tuning_v2"
    assert {"asked", "target", "torch", "transformers", "kind"} <= facts.keys()
    assert str(tmp_path.parent) not in json.dumps(facts)


def test_a_dry_run_loads_no_weights_and_writes_nothing(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(models.base), "load", lambda _: pytest.fail("the model is loaded"))
    cells = Cells(tmp_path, models, Watch(), dry_run=True)

    cells.bits(asked(models))
    cells.bits(asked(models))
    cells.answers(asked(models), MANNER)

    planned = [*cells.planned.values()]
    assert [(cell.kind, cell.items, cell.is_there) for cell in planned] == [("bits", 5, False), ("answers", 5, False)]
    assert planned[0].tokens == sum(map(len, asked(models).prompts.values()))
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_cannot_be_written_is_told_in_one_line(models: Models, tmp_path: Path) -> None:
    (tmp_path / "cells").write_text("in the way")

    with pytest.raises(PrepError, match=r"cannot be written: .*; choose another --out"):
        measured(models, tmp_path / "cells")


def test_bits_of_a_cell_are_those_of_its_parts(models: Models, tmp_path: Path) -> None:
    given = asked(models)

    rows = measured(models, tmp_path, given)

    with models.opened("tuned", given.asking) as answerer:
        direct = _direct(answerer, given)
    assert [row.bits for row in rows] == pytest.approx(direct, rel=1e-5)


def _direct(answerer: Answerer, given: Asked) -> list[float]:
    [batch] = reference_bits(answerer, given.prompts, given.references)
    found = {bits.record: bits.bits for bits in batch}
    return [found[record] for record in given.prompts]


def test_of_two_processes_one_measures_and_the_other_finds_it(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looks before the first is done, and waits for its lock."""
    whole = measured(models, tmp_path)
    looks: list[bool] = []

    def too_early(path: Path) -> Mapping[str, Any]:
        looks.append(True)
        return read_json(path) if len(looks) > 1 else {}

    monkeypatch.setattr(module, "read_json", too_early)
    monkeypatch.setattr(type(models.base), "load", lambda _: pytest.fail("the model is loaded"))

    assert measured(again(models), tmp_path) == whole
