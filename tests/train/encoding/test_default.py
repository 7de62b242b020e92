"""Our encoding: whole turns go, the question stays, answers carry loss; all of it with a form of one token a letter."""

import polars as pl
import pytest

from schemas.errors import OptionError
from schemas.prompts import PROMPTS
from schemas.statistics import SequenceLimits
from tests.train.encoding.letters import LETTERS, letters, records, text_of
from train.encoding import examples
from train.encoding.default import encode, encode_prompts, every_answer, truncation
from train.encoding.examples import require_labels
from train.encoding.form import Wording

WIDE = SequenceLimits(source=1000, target=1000)


def _limits(source: int = 1000, target: int = 1000) -> SequenceLimits:
    return SequenceLimits(source=source, target=target)


def _shown(rows: pl.DataFrame, limits: SequenceLimits = WIDE, **options: object) -> list[tuple[str, str]]:
    encoded = encode(rows, LETTERS, limits, **options)  # type: ignore[arg-type]
    return [(text_of(example["input_ids"]), text_of(example["labels"])) for example in encoded.examples]


def test_only_the_answer_and_its_end_carry_loss() -> None:
    assert _shown(records(("问题", "答案", []))) == [("^问题|答案$", "····答案$")]


def test_a_dialogue_that_fits_stands_whole() -> None:
    assert _shown(records(("c", "C", [["a", "A"], ["b", "B"]]))) == [("^a>A;b>B;c|C$", "···········C$")]


@pytest.mark.parametrize(
    ("source", "kept"),
    [(11, "^a>A;b>B;c|"), (10, "^b>B;c|"), (7, "^b>B;c|"), (6, "^c|"), (3, "^c|")],
)
def test_the_oldest_whole_turns_go_and_the_question_stays(source: int, kept: str) -> None:
    rows = records(("c", "C", [["a", "A"], ["b", "B"]]))

    ((text, _),) = _shown(rows, _limits(source))

    assert text == f"{kept}C$"


@pytest.mark.parametrize("turns", range(1, 12))
@pytest.mark.parametrize("source", [3, 12, 30, 47, 60])
def test_no_more_turns_go_than_must(turns: int, source: int) -> None:
    history = [["x" * (number % 3 + 1), "y" * (number % 4 + 1)] for number in range(turns)]

    (asked,) = encode_prompts(records(("q", "a", history)), LETTERS, _limits(source))

    candidates = ["".join(f"{q}>{a};" for q, a in history[start:]) for start in range(turns + 1)]
    longest = next(text for text in candidates if len(text) + 3 <= source)
    assert text_of(asked) == f"^{longest}q|"


@pytest.mark.parametrize("source", range(2, 12))
def test_a_question_that_is_too_long_loses_its_end_and_keeps_the_form_of_the_prompt(source: int) -> None:
    (asked,) = encode_prompts(records(("0123456789", "a", [["x", "y"]])), LETTERS, _limits(source))

    assert text_of(asked) == f"^{'0123456789'[: source - 2]}|"


def test_the_words_of_a_preset_are_not_what_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROMPTS, "test", "<{content}>")  # type: ignore[arg-type]

    (asked,) = encode_prompts(records(("0123456789", "a", [])), LETTERS, _limits(8), wording=Wording(preset="test"))

    assert text_of(asked) == "^<0123>|"


def test_a_source_prefix_stands_before_the_whole_prompt() -> None:
    (asked,) = encode_prompts(records(("q", "a", [["x", "y"]])), LETTERS, WIDE, wording=Wording(prefix="P:"))

    assert text_of(asked) == "^P:x>y;q|"


def test_a_limit_without_room_for_the_form_is_refused() -> None:
    with pytest.raises(OptionError, match=r"max_source_length 1: .* alone take 2 tokens"):
        encode(records(("q", "a", [])), LETTERS, _limits(1))


def test_training_and_evaluation_ask_the_same() -> None:
    rows = records(("c", "C", [["a", "A"], ["b", "B"]]), ("0123456789", "D", []), ("d", "D", []))
    encoded = encode(rows, LETTERS, _limits(8))

    asked = encode_prompts(rows, LETTERS, _limits(8))

    starts = encoded.examples.answer_starts
    assert [row["input_ids"][:start].tolist() for row, start in zip(encoded.examples, starts, strict=True)] == asked


@pytest.mark.parametrize(("target", "learnt", "cut"), [(4, "abc$", 0), (3, "abc", 0), (2, "ab", 1), (1, "a", 1)])
def test_an_answer_that_is_cut_does_not_end(target: int, learnt: str, cut: int) -> None:
    encoded = encode(records(("q", "abc", [])), LETTERS, _limits(target=target))

    assert text_of(encoded.examples[0]["labels"]) == f"···{learnt}"
    assert encoded.losses.answers_cut == cut


def test_losses_are_counted() -> None:
    rows = records(
        ("c", "C" * 9, [["a", "A"], ["b", "B"]]),  # loses two turns and answer
        ("c", "C", [["b", "B"]]),  # loses a turn
        ("012345", "D", []),  # loses the end of the question
        ("d", "D", []),
    )

    losses = encode(rows, LETTERS, _limits(6, 5)).losses

    assert (losses.records, losses.answers_cut, losses.turns_cut, losses.lost_turns) == (4, 1, 2, 3)
    assert (losses.questions_cut, losses.questions_gone) == (1, 0)
    assert encode(rows, LETTERS, _limits(2, 5)).losses.questions_gone == 4


def test_the_rule_of_the_statistics_reports_what_encoding_loses() -> None:
    rows = records(("c", "C" * 9, [["a", "A"], ["b", "B"]]), ("012345", "D", []), ("", "x", []), ("y", "", []))
    limits = [_limits(source, target) for source in (2, 5, 8, 99) for target in (1, 5, 99)]

    assert truncation(rows, LETTERS, limits) == [encode(rows, LETTERS, pair).losses for pair in limits]


def test_records_without_a_side_are_left_out_and_counted() -> None:
    rows = records(("q", "a", []), ("", "a", []), ("q", "", []))
    nulls = pl.DataFrame({"prompt": ["q", None], "response": [None, "a"]}, schema_overrides={"prompt": pl.String})

    assert (len(encode(rows, LETTERS, WIDE).examples), encode(rows, LETTERS, WIDE).empty) == (1, 2)
    assert encode(nulls, LETTERS, WIDE).empty == 2


def test_records_without_a_history_are_single_turns() -> None:
    rows = pl.DataFrame({"prompt": ["q"], "response": ["a"]})

    assert _shown(rows) == [("^q|a$", "···a$")]
    assert _shown(rows, loss="all") == [("^q|a$", "···a$")]


def test_a_history_of_null_is_empty() -> None:
    rows = records(("q", "a", [])).with_columns(history=pl.lit(None, dtype=pl.List(pl.List(pl.String))))

    assert _shown(rows) == _shown(rows, loss="all") == [("^q|a$", "···a$")]


def test_all_answers_of_a_dialogue_carry_the_loss_of_separate_records() -> None:
    dialogue = records(("c", "C", [["a", "A"], ["b", "B"]]))
    separate = records(("a", "A", []), ("b", "B", [["a", "A"]]), ("c", "C", [["a", "A"], ["b", "B"]]))

    assert _shown(dialogue, loss="all") == _shown(separate, loss="last")


def test_an_answer_with_a_record_of_its_own_is_not_learnt_twice() -> None:
    rows = records(("b", "B", [["a", "A"]]), ("a", "A", []), ("c", "C", [["a", "A"], ["b", "B"]]), ("a", "A", []))

    answers = every_answer(rows)["response"].to_list()

    assert answers == ["B", "A", "C", "A"]  # the two equal records of the input stay two


def test_it_stops_when_every_label_is_hidden() -> None:
    nothing = encode(records(("q", "", [])), LETTERS, _limits(9, 9))
    something = encode(records(("q", "a", [])), LETTERS, _limits(9, 9))

    require_labels(something)
    with pytest.raises(OptionError, match=r"every label of 0 examples is hidden.*max_target_length 9"):
        require_labels(nothing)


def test_many_records_are_encoded_in_parts_like_few(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = records(*((f"q{number}" * number, "a" * number, [["x", "y"]] * number) for number in range(9)))
    few, asked = encode(rows, LETTERS, _limits(12, 5), loss="all"), encode_prompts(rows, LETTERS, _limits(12))
    losses = truncation(rows, LETTERS, [_limits(12, 5), _limits(6, 3)])

    monkeypatch.setattr(examples, "SLICE", 2)

    parts = encode(rows, LETTERS, _limits(12, 5), loss="all")
    assert [row["labels"].tolist() for row in parts.examples] == [row["labels"].tolist() for row in few.examples]
    assert (parts.losses, parts.empty) == (few.losses, few.empty)
    assert encode_prompts(rows, LETTERS, _limits(12)) == asked
    assert truncation(rows, LETTERS, [_limits(12, 5), _limits(6, 3)]) == losses


def test_answers_alone_are_measured_by_their_letters() -> None:
    assert LETTERS.answers(["ab"]) == [letters("ab")]
