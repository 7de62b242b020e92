"""Messages between processes: in order, of any size, and never taken for those of another task."""

from collections.abc import Mapping
from typing import Any

import pytest
from torch.distributed import HashStore  # type: ignore[attr-defined]

from schemas.errors import PrepError
from train.distributed.helpers import Helpers
from train.distributed.post import Post


def test_messages_come_in_order_and_in_one_piece() -> None:
    store = HashStore()
    first, second = Post(store, 0), Post(store, 1)
    large = {"文": "字" * 2_000_000}

    for value in ([1], large, None):
        first.send(1, value)
    second.send(0, "back")

    assert [second.take(0) for _ in range(3)] == [[1], large, None]
    assert first.take(1) == "back"
    assert not first.has(1)
    assert not second.has(0)


def test_what_was_taken_leaves_the_store() -> None:
    store = HashStore()
    Post(store, 0).send(1, "x" * 3_000_000)
    before = store.num_keys()

    Post(store, 1).take(0)

    assert (before, store.num_keys()) == (4, 0)


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


def _pair() -> tuple[Helpers, Post]:
    store = HashStore()
    return Helpers(Post(store, 0), 1), Post(store, 1)
