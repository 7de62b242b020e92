"""A dialogue with a model: earlier turns are asked again with every question, as far as they fit."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing

from train.answer.answerer import Answerer
from train.answer.manner import Manner
from train.answer.stream import Growing, stream

Opener = Callable[[], AbstractContextManager[Answerer]]
"""The model for the time of an answer: of a base and what was tuned on it, one is there at a time."""


class Conversation:
    """``history`` holds the turns so far."""

    def __init__(self, opened: Opener, manner: Manner, *, keeps_history: bool = True) -> None:
        self.history: list[tuple[str, str]] = []
        self.was_cut = False
        """Whether the last prompt lost something to the limits."""
        self._opened, self._manner, self._keeps_history = opened, manner, keeps_history

    def ask(self, question: str) -> Generator[Growing, None, None]:
        """Yield the answer as it grows. One that nobody waits for any longer stays in the history as it is."""
        answer = ""
        with self._opened() as answerer:
            prompt, self.was_cut = answerer.prompt(question, self.history)
            try:
                with closing(stream(answerer, prompt, self._manner)) as growing:
                    for part in growing:
                        answer = part.text
                        yield part
            finally:
                if self._keeps_history and answer:
                    self.history.append((question, answer))
