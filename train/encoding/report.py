"""What stands on the terminal before training: one whole example, and how many examples lose text."""

from dataclasses import dataclass
from typing import Any

from train.encoding.examples import HIDDEN, Encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeExample:
    """One example as the model gets it."""

    given: str
    """Text before the answer. Control tokens are no text: they show in the ids alone."""
    learnt: str
    """Text of the labels that carry loss."""
    input_ids: list[int]
    labels: list[int]


def whole_example(encoded: Encoded, tokenizer: Any, row: int = 0) -> WholeExample:
    """Take an example back to text; ``row`` counts from 0."""
    example, start = encoded.examples[row], int(encoded.examples.answer_starts[row])
    ids, labels = example["input_ids"].tolist(), example["labels"].tolist()
    return WholeExample(
        given=str(tokenizer.decode(ids[:start])),
        learnt=str(tokenizer.decode([label for label in labels if label != HIDDEN])),
        input_ids=ids,
        labels=labels,
    )


def cut_shares(encoded: Encoded) -> dict[str, str]:
    """Of each kind of loss, how many examples suffer it: ``20 of 925 (2.2 %)``; only kinds that occur."""
    losses, number = encoded.losses, len(encoded.examples)
    counts = {
        "lose text of their answer": losses.answers_cut,
        "lose text of their question": losses.questions_cut,
        "lose earlier turns": losses.turns_cut,
        "teach nothing and are left out": encoded.without_labels,
    }
    shares = {what: f"{count} of {number} ({100 * count / number:.1f} %)" for what, count in counts.items() if count}
    if encoded.empty:
        shares["left out, without prompt or answer"] = str(encoded.empty)
    return shares
