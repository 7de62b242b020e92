"""How one family's tokenizer writes a dialogue down: all that the encodings know of a family."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.prompts import apply_prompt
from train.encoding.examples import Dialogue, Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The same in training and evaluation: sources, then the answer, then ``end``."""

    sources: Callable[[Sequence[Dialogue]], list[Ids]]
    """Of each dialogue everything that stands before the answer, control tokens included."""
    answers: Callable[[Sequence[str]], list[Ids]]
    """Of each answer its text alone."""
    end: int
    """The token that ends an answer."""
    stops: tuple[int, ...] = ()
    """Others that end one where a model says them: of another turn, or what its untuned base ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a record's content is put to the model."""

    preset: str = "none"
    """One of ``schemas.prompts.PROMPTS``: joined to the question that is to be answered."""
    prefix: str = ""
    """The official ``--source_prefix``: before the prompt as a whole."""

    def dialogue(self, content: str, history: Sequence[Sequence[str]]) -> Dialogue:
        return Dialogue(apply_prompt(self.preset, content), history, self.prefix)


PLAIN = Wording()
