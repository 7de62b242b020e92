"""One process leads and the others help: nothing is taken for another task's, and nobody waits in vain."""

from collections.abc import Generator, Mapping
from typing import Any

import pytest
from torch.distributed import HashStore  # type: ignore[attr-defined]

from schemas.errors import ModelError, PrepError
from train.distributed import helpers as helping
from train.distributed.helpers import Helpers, Told, help_out
from train.distributed.post import Post


def test_what_comes_of_a_task_that_was_left_does_not_count() -> None:
    helpers, helper = _pair()
    helpers.begin([{"task": "long"}])
    left = helper.take(0)["number"]
    helpers.begin([{"task": "next"}])
    number = helper.take(0)["number"]

    for told in ({"number": left, "found": "old"}, {"number": number, "found": "new"}, {"number": number}):
        helper.send(0, told)

    assert [*helpers.rest()] == ["new"]


def test_what_a_helper_cannot_do_is_raised_at_once() -> None:
    helpers, helper = _pair()
    helpers.begin([{"task": "answers"}])
    told: Mapping[str, Any] = helper.take(0)

    helper.send(0, {"number": told["number"], "failed": "out of memory"})

    with pytest.raises(PrepError, match=r"^out of memory$"):
        [*helpers.rest()]


def test_who_is_done_leaves_the_others_busy() -> None:
    store = HashStore()
    helpers, first, second = Helpers(Post(store, 0), 2), Post(store, 1), Post(store, 2)
    helpers.begin([{"task": "answers"}, {"task": "answers"}])
    number = first.take(0)["number"]

    for helper, told in ((first, {}), (second, {"found": "late"}), (second, {})):
        helper.send(0, {"number": number, **told})

    assert [*helpers.rest()] == ["late"]


def test_a_helper_leaves_its_task_for_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    first, ended = _helper(monkeypatch, {"task": "count"}, {"task": "count"}), list[str]()

    def count(_: Told) -> Generator[Any, None, None]:
        try:
            yield from range(1000)
        finally:
            ended.append("closed")

    help_out({"count": count})

    assert [first.take(1) for _ in range(2)] == [{"number": number, "found": 0} for number in range(2)]
    assert not first.has(1)
    assert ended == ["closed", "closed"]


def test_a_helper_says_what_it_cannot_do_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _helper(monkeypatch, {"task": "fail"})

    def fail(_: Told) -> Generator[Any, None, None]:
        raise ModelError("out of memory")
        yield

    with pytest.raises(ModelError, match=r"^out of memory$"):
        help_out({"fail": fail})
    assert first.take(1) == {"number": 0, "failed": "out of memory"}


def _helper(monkeypatch: pytest.MonkeyPatch, *tasks: Mapping[str, Any]) -> Post:
    """This process helps another one, which has told it all of this already."""
    store = HashStore()
    first, letters = Post(store, 0), Post(store, 1)
    for number, task in enumerate(tasks):
        first.send(1, {**task, "number": number})
    first.send(1, {"task": "over"})
    monkeypatch.setattr(helping, "_meet", lambda: None)
    monkeypatch.setattr(helping, "post", lambda: letters)
    return first


def _pair() -> tuple[Helpers, Post]:
    store = HashStore()
    return Helpers(Post(store, 0), 1), Post(store, 1)
