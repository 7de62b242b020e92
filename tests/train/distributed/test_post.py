"""Messages between processes: in order, and of any size."""

from typing import Any

import pytest
from torch.distributed import DistNetworkError, HashStore  # type: ignore[attr-defined]

from schemas.errors import PrepError
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


class _Gone:
    """A store whose launcher was killed."""

    def __getattr__(self, _: str) -> Any:
        raise DistNetworkError("Broken pipe\nException raised from sendBytes")


def test_a_launcher_that_has_gone_is_one_line() -> None:
    post = Post(_Gone(), 0)

    for speaking in (lambda: post.send(1, "x"), lambda: post.has(1), lambda: post.take(1)):
        with pytest.raises(PrepError, match=r"^the processes lost each other \(Broken pipe\): .* again$"):
            speaking()
