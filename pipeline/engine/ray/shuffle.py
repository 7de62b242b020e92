"""A shuffle: tasks that divide what they have among partitions, and tasks that each put one partition together.

Plain tasks: texts are compared in rounds, each a shuffle, and Ray Data takes longer to plan one than most of them
take. A piece that is lost with its worker is made anew by running its task again.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")
_RETRIES = 10
"""Of a task whose worker dies; what it writes it writes again."""


def shuffled(
    scatter: Callable[..., Sequence[Any]],
    given: Sequence[tuple[Any, ...]],
    gather: Callable[..., Result],
    partitions: Sequence[tuple[Any, ...]],
) -> list[Result]:
    """``scatter(*each)`` gives a piece for every partition; ``gather(*its own, *pieces)`` what comes of them.

    Pieces of a partition are in the order of ``given``, results in that of ``partitions``.
    """
    import ray

    count = len(partitions)
    scattering = ray.remote(num_cpus=1, num_returns=count, max_retries=_RETRIES)(
        scatter if count > 1 else _only(scatter)
    )
    gathering = ray.remote(num_cpus=1, max_retries=_RETRIES)(gather)
    pieces = [scattering.remote(*each) for each in given]
    columns = pieces if count > 1 else [[piece] for piece in pieces]
    asked = [gathering.remote(*own, *(each[at] for each in columns)) for at, own in enumerate(partitions)]
    return list(ray.get(asked))


def _only(scatter: Callable[..., Sequence[Any]]) -> Callable[..., Any]:
    def alone(*given: Any) -> Any:
        [piece] = scatter(*given)
        return piece

    return alone


def spread(work: Callable[..., Result], given: Sequence[tuple[Any, ...]]) -> list[Result]:
    """``work(*each)`` for all of them, results in their order."""
    import ray

    working = ray.remote(num_cpus=1, max_retries=_RETRIES)(work)
    return list(ray.get([working.remote(*each) for each in given]))
