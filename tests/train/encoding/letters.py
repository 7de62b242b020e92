"""A form of one token a letter: ``^`` opens the source, ``|`` stands before the answer, ``$`` ends it."""

from collections.abc import Sequence

import polars as pl

from schemas.records import HISTORY
from train.encoding.examples import Dialogue, Ids
from train.encoding.form import Form


def _written(dialogue: Dialogue) -> str:
    turns = "".join(f"{question}>{answer};" for question, answer in dialogue.history)
    return f"^{dialogue.prefix}{turns}{dialogue.question}|"


def letters(text: str) -> Ids:
    return [ord(letter) for letter in text]


def text_of(ids: Sequence[int]) -> str:
    """Hidden labels show as a dot."""
    return "".join("·" if index == -100 else chr(index) for index in ids)


LETTERS = Form(
    sources=lambda dialogues: [letters(_written(dialogue)) for dialogue in dialogues],
    answers=lambda texts: [letters(text) for text in texts],
    end=ord("$"),
)


def records(*rows: tuple[str, str, list[list[str]]]) -> pl.DataFrame:
    """Records of prompt, response and history."""
    schema = {"prompt": pl.String(), "response": pl.String(), "history": HISTORY}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
