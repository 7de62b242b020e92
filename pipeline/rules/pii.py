"""Personal data: mobile numbers of mainland China, e-mail addresses, resident ID numbers with a valid check digit."""

import re
from collections import Counter

import polars as pl

from pipeline.cleaning.history import map_texts
from pipeline.rules.rule import Rule, RuleOptions

_GATE = r"@|1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\d{17}[\dXx]"
_ID_CARD = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])"
)
_MOBILE = re.compile(
    r"(?<![0-9A-Za-z_])(?<!\d[.-])(?:\+?86[- ]?)?"
    r"(1(?:3\d|4[0145-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9]))([- ]?)(\d{4})\2(\d{4})(?![0-9A-Za-z_])(?!\.\d)"
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9_.+-])([A-Za-z0-9])[A-Za-z0-9._%+-]*(@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})(?![A-Za-z0-9-])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SIDES = ("prompt", "response")


def is_id_card(number: str) -> bool:
    """Whether the check digit of 18 characters is right (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11] == number[17].upper()


def mask(texts: pl.Series) -> tuple[pl.Series, dict[str, int]]:
    """Texts with 138****5678, z***@example.com, 110101********1234, and how many of each kind were found."""
    rows = texts.str.contains(_GATE).arg_true()
    found: Counter[str] = Counter(mobile=0, email=0, id_card=0)
    masked = [_mask(text, found) for text in texts.gather(rows).to_list()]
    return texts.clone().scatter(rows, pl.Series(masked, dtype=pl.String)), dict(found)


def mask_personal_data(records: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Prompt, response and history masked for ``--pii mask``, and how many data were found."""
    sides = {side: mask(records[side]) for side in _SIDES}
    sides["history"] = map_texts(records["history"], mask)
    masked = records.with_columns(column.alias(name) for name, (column, _counts) in sides.items())
    return masked, sum(sum(counts.values()) for _column, counts in sides.values())


def _mask(text: str, found: Counter[str]) -> str:
    def id_card(match: re.Match[str]) -> str:
        if not is_id_card(match[0]):
            return match[0]
        found["id_card"] += 1
        return f"{match[0][:6]}********{match[0][14:]}"

    def mobile(match: re.Match[str]) -> str:
        found["mobile"] += 1
        return f"{match[1]}****{match[4]}"

    def email(match: re.Match[str]) -> str:
        found["email"] += 1
        return f"{match[1]}***{match[2]}"

    return _EMAIL.sub(email, _MOBILE.sub(mobile, _ID_CARD.sub(id_card, text)))


def _kinds(texts: pl.Series) -> pl.Series:
    """The kinds of personal data in each text, null for none."""
    rows = texts.str.contains(_GATE).arg_true()
    kinds = []
    for text in texts.gather(rows).to_list():
        found: Counter[str] = Counter()
        _mask(text, found)
        kinds.append(", ".join(sorted(found)) or None)
    return (
        pl.Series([None], dtype=pl.String)
        .new_from_index(0, texts.len())
        .scatter(rows, pl.Series(kinds, dtype=pl.String))
    )


def _found(_options: RuleOptions) -> pl.Expr:
    turns = pl.col("history").list.eval(pl.element().list.join("\n", ignore_nulls=True)).list.join("\n")
    everything = pl.concat_str(*_SIDES, turns, separator="\n", ignore_nulls=True)
    return everything.map_batches(_kinds, return_dtype=pl.String)


PII = Rule(
    reason="pii",
    about="a mobile number, an e-mail address or an ID number with a valid check digit, in prompt, response or history",
    asked=lambda options: options.pii == "drop",
    marks=lambda options: _found(options).is_not_null(),
    detail=_found,
)
