"""What is shown before training."""

from schemas.statistics import SequenceLimits
from tests.train.encoding.letters import LETTERS, records, text_of
from train.encoding.default import encode
from train.encoding.report import cut_shares, whole_example

ROWS = records(("q", "abc", []), ("q", "abcdef", []), ("012345", "a", [["x", "y"]]), ("q", "", []))


class _Letters:
    def decode(self, ids: list[int]) -> str:
        return text_of(ids)


def test_an_example_is_shown_as_text_and_ids() -> None:
    encoded = encode(ROWS, LETTERS, SequenceLimits(source=6, target=5))

    shown = whole_example(encoded, _Letters(), 2)

    assert (shown.given, shown.learnt) == ("^0123|", "a$")
    assert text_of(shown.input_ids) == "^0123|a$"
    assert text_of(shown.labels) == "······a$"


def test_the_share_of_examples_that_lose_text_is_shown() -> None:
    assert cut_shares(encode(ROWS, LETTERS, SequenceLimits(source=6, target=5))) == {
        "lose text of their answer": "1 of 3 (33.3 %)",
        "lose text of their question": "1 of 3 (33.3 %)",
        "lose earlier turns": "1 of 3 (33.3 %)",
        "left out, without prompt or answer": "1",
    }


def test_examples_that_lose_nothing_have_nothing_to_show() -> None:
    assert cut_shares(encode(ROWS[:2], LETTERS, SequenceLimits(source=99, target=99))) == {}
