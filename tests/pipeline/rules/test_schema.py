import jsonschema
import pytest

from pipeline.rules.schema import _BLANKS
from schemas.records import JSON_SCHEMAS, on_disk
from tests.pipeline.rules.records import Pairs, frame, judged, reason, record

TEXTS = [
    "x",
    " x ",
    "中",
    "0",
    "\u200b",
    "\ufeff",
    "&nbsp;",
    "",
    " ",
    "\n\t",
    "\u3000",
    "\xa0",
    "\x1c",
    "\x1f ",
    "\x85",
    "\u2028",
    None,
]
HISTORIES: list[Pairs] = [
    [],
    [["a", "b"]],
    [["a", "b"], ["", ""]],
    [["a"]],
    [["a", "b", "c"]],
    [[]],
    [None],
    [["a", None]],
    [["a", "b"], ["c"]],
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("side", ["prompt", "response"])
def test_texts_pass_just_where_the_json_schemas_let_them_pass(side: str, text: str | None) -> None:
    given = record(**{side: text})

    found = reason(given)

    assert (found is None) == all(_is_valid(given, shape) for shape in JSON_SCHEMAS)
    assert found in {None, f"empty_{side}"}


@pytest.mark.parametrize("history", HISTORIES, ids=str)
def test_histories_pass_just_where_the_json_schema_lets_them_pass(history: Pairs) -> None:
    given = record(history=history)

    assert (reason(given) is None) == _is_valid(given, "chat")


def _is_valid(given: dict, shape: str) -> bool:
    row = on_disk(frame(given), shape).to_dicts()[0]
    return jsonschema.Draft202012Validator(JSON_SCHEMAS[shape]).is_valid(row)


def test_a_missing_history_is_an_empty_one() -> None:
    assert reason(record(history=None)) is None


@pytest.mark.parametrize(
    ("text", "detail"),
    [(None, "null"), ("", "blank"), (" \u3000\x1f", "blank"), (" &lt;无输入&gt; ", "&lt;无输入&gt;"), ("None", "None")],
)
def test_the_detail_says_what_stood_in_place_of_a_text(text: str | None, detail: str) -> None:
    empty = judged(record(response=text))

    assert empty["reason"][0] == "empty_response"
    assert empty["detail"][0] == detail


def test_equal_sides_are_told_apart_by_nothing_but_edge_blanks() -> None:
    assert reason(record("同 样", "\u3000同 样\n")) == "same_sides"
    assert reason(record("同 样", "同样")) is None


def test_the_blanks_that_are_stripped_are_those_of_python() -> None:
    assert set(_BLANKS) == {chr(code) for code in range(0x3100) if chr(code).isspace()}
