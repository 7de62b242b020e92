"""Every reason for which a row or a record does not arrive, in one place: code, stage, kind, explanation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Stage = Literal["read", "convert", "validate", "filter", "deduplicate", "sample"]
Kind = Literal["row", "record", "not_a_record", "merged"]
"""``row`` and ``record`` are rejected and stand in the ledger; ``not_a_record`` and ``merged`` are only counted."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something did not arrive."""

    code: str
    stage: Stage
    kind: Kind
    text: str


_ALL = (
    Reason("damaged", "read", "row", "the row is cut off, interleaved or otherwise no valid row of its container"),
    Reason("undecodable", "read", "row", "the bytes are text in no known encoding"),
    Reason("wrong_type", "read", "row", "a value has another type than its column, e.g. a list where text belongs"),
    Reason("wrong_field_count", "read", "row", "the row has more or fewer fields than the header"),
    Reason("too_large", "read", "row", "the row is larger than any row may be"),
    Reason("empty_row", "read", "not_a_record", "a blank line, or a row of empty cells"),
    Reason("comment", "read", "not_a_record", "a comment line"),
    Reason("repeated_header", "read", "not_a_record", "the header of a table over again, as in joined files"),
    Reason("redirect", "convert", "not_a_record", "a redirect to another article"),
    Reason("disambiguation", "convert", "not_a_record", "a page that lists the meanings of a word"),
    Reason("list_page", "convert", "not_a_record", "a list, a yearbook or a table of contents"),
    Reason("other_namespace", "convert", "not_a_record", "a talk, file, template or category page"),
    Reason("other_relation", "convert", "not_a_record", "a triple of another relation than the description"),
    Reason("merged_row", "convert", "merged", "joined with another row into one record"),
    Reason("no_answer", "convert", "row", "a dialogue in which nobody answers"),
    Reason("no_turns", "convert", "row", "a dialogue without turns, or with turns of unknown speakers only"),
    Reason("no_partner", "convert", "row", "no row with the same key in the joined file"),
    Reason("empty_prompt", "validate", "record", "no prompt, or one that means empty (无输入, None, NaN …)"),
    Reason("empty_response", "validate", "record", "no response, or one that means empty (无, None, NaN …)"),
    Reason("bad_history", "validate", "record", "a history that is no list of pairs of text"),
    Reason("same_sides", "validate", "record", "prompt and response are equal"),
    Reason("prompt_too_short", "filter", "record", "below --min-content"),
    Reason("prompt_too_long", "filter", "record", "above --max-content"),
    Reason("response_too_short", "filter", "record", "below --min-summary"),
    Reason("response_too_long", "filter", "record", "above --max-summary"),
    Reason("not_chinese", "filter", "record", "fewer Chinese characters than --min-chinese asks"),
    Reason("refusal", "filter", "record", "the response refuses (作为…语言模型)"),
    Reason("counter_question", "filter", "record", "the response is only a question back"),
    Reason("front_matter", "filter", "record", "a call for papers, a table of contents, an advertisement"),
    Reason("pii", "filter", "record", "personal data (--pii drop)"),
    Reason("lower_rank", "deduplicate", "record", "another answer to the same question is rated higher"),
    Reason("conflict", "deduplicate", "record", "the prompt has several different answers (--conflicts)"),
    Reason("over_max_per_prompt", "deduplicate", "record", "more answers to the prompt than --max-per-prompt"),
    Reason("contaminated", "deduplicate", "record", "it stands in a dataset that is held out (--against)"),
    Reason("leak", "deduplicate", "record", "it hangs together with what dev or test holds out (prep mix, --append)"),
)
REASONS: Mapping[str, Reason] = {reason.code: reason for reason in _ALL}

TURN_COUNTS: Mapping[str, str] = {
    "merged_turns": "turns joined to their neighbour of the same speaker",
    "trailing_questions": "questions at the end of a dialogue that nobody answers",
    "leading_answers": "answers at the start of a dialogue that nobody asked for",
    "system_turns": "system and tool turns left out",
    "unknown_turns": "turns of unknown speakers left out",
    "other_parts": "parts of a message that are no text (images, sounds, files) left out",
    "unused_turns": "answers that got no record of their own (--turns last)",
}
"""Counts that a converter may give beside its records: nothing of a dialogue disappears without standing here."""
