"""What is found among all lines, told of those that are ours."""

import numpy as np
import pytest

from pipeline.near.duplicates import NearDuplicates
from pipeline.near.mark import _clusters


@pytest.mark.parametrize(
    ("held", "first", "expected"),
    [
        (0, [0, 0, 2, 0], [0, 0, 2, 0]),
        (2, [0, 1, 0, 3, 0, 1, 3], [0, 1, 0, 3, 1]),
        (3, [0, 0, 2], []),
    ],
    ids=["nobody in front", "led from the front", "all in front"],
)
def test_a_cluster_is_led_by_the_first_of_our_lines(held: int, first: list[int], expected: list[int]) -> None:
    nobody = np.full(len(first), -1)
    found = NearDuplicates(
        kept=nobody, similarity=np.full(len(first), np.nan), first=np.array(first, dtype=np.int64), undecided=0
    )

    assert _clusters(found, held).tolist() == expected
