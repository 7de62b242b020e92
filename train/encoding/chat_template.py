"""A dialogue as a model's own chat template writes it, found by writing: nothing is known of any template.

What stands before an answer is the template's text with its opening of the answer; the answer is what the template adds
when it is told the answer too, up to the token that ends it. A control token that was typed in the data is cut after
its first character before the tokenizer sees it, so it is text: it ends no answer and opens no turn. (Where no text
holds one, every text is tokenised as a whole, as ``apply_chat_template`` does.) Markers that are no tokens but plain
text, as ``[INST]`` of LLaMA 2, cannot be told from text by anyone.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError

from schemas.errors import OptionError
from train.encoding.examples import Dialogue, Ids
from train.encoding.form import Form

Message = dict[str, str]
_SEAMS = [chr(code) for code in range(0xFDD0, 0xFDEF)]
"""Characters that Unicode keeps out of texts: one that no text holds stands where a control token is cut."""
_TOLD = "\ufdef"
"""Stands for any answer; and before a text that goes on from another, where tokenizers treat a beginning otherwise."""
_ASKED = "?"
_SETTINGS: dict[str, Any] = {"enable_thinking": False, "thinking": False, "date_string": "26 Jul 2024"}
"""What templates ask for: records hold no thoughts, so answers begin at once."""
_DAY = "{% macro strftime_now(form) %}{{ '2024-07-26' if form == '%Y-%m-%d' else '26 Jul 2024' }}{% endmacro %}"
"""In the place of today, which some templates write: what is encoded must not change overnight."""


def chat_form(tokenizer: Any, template: str | None = None) -> Form:
    """How a tokenizer's template (or another one) writes; raises OptionError where there is none, or it refuses us."""
    if not (template or tokenizer.chat_template):
        raise OptionError(f"{tokenizer.name_or_path}: its tokenizer has no chat template; use --encoding instruct")
    chosen = str(template or tokenizer.get_chat_template())
    dated = _DAY + chosen if "strftime_now" in chosen else chosen
    return _form(tokenizer, dated, bool(tokenizer.split_special_tokens))


@lru_cache(maxsize=8)
def _form(tokenizer: Any, template: str, guards: bool) -> Form:
    control = control_tokens(tokenizer)
    pen = _Pen(tokenizer, template, _any_of(control) if guards else None, _goes_on(tokenizer))
    opened, told = pen.written([[_said(_ASKED)]], opened=True)[0], pen.written([_answered(_TOLD)])[0]
    before, _, after = told.partition(_TOLD)
    if not after and _TOLD not in told:
        raise OptionError(f"{tokenizer.name_or_path}: its chat template leaves an answer out; use --encoding instruct")
    found = _any_of(control).search(after) if control else None
    end = found[0] if found else tokenizer.eos_token
    if end is None:
        raise OptionError(f"{tokenizer.name_or_path}: neither template nor tokenizer has a token that ends an answer")
    writer = _Writer(
        pen=pen,
        opening=opened if told.startswith(opened) else before,
        opens_itself=told.startswith(opened),
        gap=after[: found.start()] if found else "",
        after=after,
    )
    used = [token for token in control if token in told]
    stops = {*tokenizer.convert_tokens_to_ids(used), tokenizer.eos_token_id, *_declared(tokenizer)}
    end_id = int(tokenizer.convert_tokens_to_ids(end))
    return Form(sources=writer.sources, answers=writer.answers, end=end_id, stops=tuple(sorted(stops - {end_id, None})))


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes messages and turns what was written into ids."""

    tokenizer: Any
    template: str
    guard: re.Pattern[str] | None
    goes_on: bool

    def seam(self, texts: Iterable[str]) -> str:
        whole = "".join(texts) if self.guard else ""
        return next((seam for seam in _SEAMS if seam not in whole), _SEAMS[0])

    def guarded(self, text: str, seam: str) -> str:
        """The text with each control token in it cut after its first character."""
        if self.guard is None or not self.guard.search(text):
            return text
        parts, start = [], 0
        while found := self.guard.search(text, start):
            parts.append(text[start : found.start() + 1])
            start = found.start() + 1
        return seam.join([*parts, text[start:]])

    def written(self, dialogues: Sequence[Sequence[Message]], *, opened: bool = False) -> list[str]:
        if not dialogues:
            return []
        options = {**_SETTINGS, "chat_template": self.template}
        try:
            texts: list[str] = self.tokenizer.apply_chat_template(
                [list(dialogue) for dialogue in dialogues], tokenize=False, add_generation_prompt=opened, **options
            )
        except (TemplateError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise OptionError(
                f"{self.tokenizer.name_or_path}: its chat template cannot write the dialogue: {reason}; use --encoding "
                "instruct"
            ) from None
        return texts

    def ids(self, texts: Sequence[str], seam: str, *, go_on: bool) -> list[Ids]:
        """Each text as ids, cut at its seams; ``go_on`` where it stands behind other text."""
        pieces = [text.split(seam) for text in texts]
        first = iter(self._encoded([parts[0] for parts in pieces], go_on=go_on))
        rest = iter(self._encoded([part for parts in pieces for part in parts[1:]], go_on=True))
        return [sum((next(rest) for _ in parts[1:]), next(first)) for parts in pieces]

    def _encoded(self, texts: Sequence[str], *, go_on: bool) -> list[Ids]:
        if not go_on or not self.goes_on or not texts:
            return encoded(self.tokenizer, texts)
        [before], joined = encoded(self.tokenizer, [_TOLD]), encoded(self.tokenizer, [_TOLD + text for text in texts])
        return [
            ids[len(before) :] if ids[: len(before)] == before else encoded(self.tokenizer, [text])[0]
            for ids, text in zip(joined, texts, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """A template that was looked at."""

    pen: _Pen
    opening: str
    """What stands before the answer to ``_ASKED``."""
    opens_itself: bool
    """Whether what the template opens for a model to go on is how an answer begins; else the model is asked with the
    beginning that answers have."""
    gap: str
    """Between an answer and the token that ends it."""
    after: str
    """What follows an answer, the ending token included."""

    def sources(self, dialogues: Sequence[Dialogue]) -> list[Ids]:
        seam = self.pen.seam(text for asked in dialogues for text in _texts(asked))
        messages = [_messages(asked, lambda text: self.pen.guarded(text, seam)) for asked in dialogues]
        if self.opens_itself:
            texts = self.pen.written(messages, opened=True)
        else:
            told = self.pen.written([[*turns, _told(_TOLD)] for turns in messages])
            texts = [text.rpartition(_TOLD)[0] for text in told]
        return self.pen.ids(texts, seam, go_on=False)

    def answers(self, texts: Sequence[str]) -> list[Ids]:
        seam = self.pen.seam(texts)
        told = self.pen.written([_answered(self.pen.guarded(text, seam)) for text in texts])
        answers = [text.removeprefix(self.opening).removesuffix(self.after) + self.gap for text in told]
        return self.pen.ids(answers, seam, go_on=True)


def encoded(tokenizer: Any, texts: Sequence[str]) -> list[Ids]:
    """Ids of texts in which control tokens are control tokens."""
    if not texts:
        return []
    found = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=False)
    return [list(ids) for ids in found["input_ids"]]


def control_tokens(tokenizer: Any) -> list[str]:
    """Tokens that no text may reach, the longest first."""
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    return sorted(added | {*map(str, tokenizer.all_special_tokens)}, key=lambda token: (-len(token), token))


def _any_of(tokens: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, tokens)) or "(?!)")


def _goes_on(tokenizer: Any) -> bool:
    """Whether the tokenizer puts a blank before a text, which must not stand within one."""
    [ids] = encoded(tokenizer, ["一"])
    return bool(ids) and str(tokenizer.convert_ids_to_tokens(ids)[0]).startswith("\u2581")


def _declared(tokenizer: Any) -> list[int]:
    """What the model's own settings end a generation with."""
    path = Path(str(tokenizer.name_or_path)) / "generation_config.json"
    try:
        ends = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id")
    except (OSError, ValueError):
        return []
    return [int(end) for end in (ends if isinstance(ends, list) else [ends]) if end is not None]


def _said(text: str) -> Message:
    return {"role": "user", "content": text}


def _told(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _answered(text: str) -> list[Message]:
    return [_said(_ASKED), _told(text)]


def _texts(asked: Dialogue) -> Iterable[str]:
    return (asked.prefix, asked.question, *(text for turn in asked.history for text in turn))


def _messages(asked: Dialogue, guarded: Any) -> list[Message]:
    """Turns in their order; the prefix stands before the first question."""
    turns = [message for told in asked.history for message in (_said(told[0]), _told(told[1]))]
    messages = [*turns, _said(asked.question)]
    messages[0] = _said(asked.prefix + messages[0]["content"])
    return [{**message, "content": guarded(message["content"])} for message in messages]
