"""Every rule, in the order in which they are asked: the first that marks a record gives its reason."""

from collections.abc import Mapping

from pipeline.rules.chinese import NOT_CHINESE
from pipeline.rules.counter_question import COUNTER_QUESTION
from pipeline.rules.front_matter import FRONT_MATTER
from pipeline.rules.length import PROMPT_TOO_LONG, PROMPT_TOO_SHORT, RESPONSE_TOO_LONG, RESPONSE_TOO_SHORT
from pipeline.rules.pii import PII
from pipeline.rules.refusal import REFUSAL
from pipeline.rules.rule import Rule
from pipeline.rules.schema import BAD_HISTORY, EMPTY_PROMPT, EMPTY_RESPONSE, SAME_SIDES

RULES: Mapping[str, Rule] = {
    rule.reason: rule
    for rule in (
        EMPTY_PROMPT,
        EMPTY_RESPONSE,
        BAD_HISTORY,
        SAME_SIDES,
        PROMPT_TOO_SHORT,
        PROMPT_TOO_LONG,
        RESPONSE_TOO_SHORT,
        RESPONSE_TOO_LONG,
        NOT_CHINESE,
        REFUSAL,
        COUNTER_QUESTION,
        FRONT_MATTER,
        PII,
    )
}
