"""The JSON reader, layout by layout and damage by damage."""

import json
import random

import polars as pl
import pytest

from pipeline.readers.chunk import OFFSET, ROW
from pipeline.readers.json_reader import JSON
from tests.pipeline.readers.read_bytes import as_input, read_bytes, rejects, total, whole
from tests.shared_data import shared

TEXT = {"a": pl.String(), "b": pl.String()}
RECORDS = [{"a": f"题目{number}", "b": f'摘要"{number}\\ \n{{[,]}}'} for number in range(50)]

LAYOUTS = {
    "lines": "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS) + "\n",
    "lines without a final line feed": "\n".join(json.dumps(record) for record in RECORDS),
    "lines with CRLF": "\r\n".join(json.dumps(record) for record in RECORDS) + "\r\n",
    "array on one line": json.dumps(RECORDS, ensure_ascii=False),
    "pretty array": json.dumps(RECORDS, ensure_ascii=False, indent=2),
    "array, one element a line": "[\n" + ",\n".join(json.dumps(record) for record in RECORDS) + "\n]\n",
    "array whose brackets share lines with elements": "[" + ",\n".join(json.dumps(record) for record in RECORDS) + "]",
    "array that is never closed": "[\n" + ",\n".join(json.dumps(record) for record in RECORDS) + ",\n",
    "array with a trailing comma": json.dumps(RECORDS, indent=1)[:-2] + ",\n]",
    "pretty array that is never closed": json.dumps(RECORDS, indent=1)[:-2],
    "array of arrays of one object": json.dumps([[record] for record in RECORDS], indent=1),
    "array inside an object": json.dumps({"version": "v1.0", "data": RECORDS, "total": 50}, indent=1),
    "array inside an object, one line": json.dumps({"version": "v1.0", "data": RECORDS, "total": 50}),
    "pretty objects one after the other": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "two arrays one after the other": json.dumps(RECORDS[:20]) + "\n" + json.dumps(RECORDS[20:]),
}


@pytest.mark.parametrize("chunk_bytes", [200, 1 << 20])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_rows(layout: str, chunk_bytes: int) -> None:
    chunks = read_bytes(JSON, LAYOUTS[layout].encode(), TEXT, chunk_bytes=chunk_bytes)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS
    assert rejects(chunks).is_empty()
    assert whole(chunks)[ROW].is_sorted()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_raw_text_of_a_row_is_the_row(layout: str) -> None:
    chunks = read_bytes(JSON, LAYOUTS[layout].encode(), TEXT, chunk_bytes=300)

    raws = [raw for chunk in chunks for raw in chunk.raw(chunk.frame)]

    assert [_only(json.loads(raw)) for raw in raws] == RECORDS


def _only(value: object) -> object:
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("layout", ["lines", "array on one line", "pretty array"])
def test_every_encoding_gives_the_same_rows(layout: str, encoding: str) -> None:
    chunks = read_bytes(JSON, LAYOUTS[layout].encode(encoding), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_offset_is_the_byte_at_which_the_line_starts(encoding: str) -> None:
    data = LAYOUTS["lines"].encode(encoding)

    chunks = read_bytes(JSON, data, TEXT, chunk_bytes=300)

    starts = [0] + [position + 1 for position, byte in enumerate(data[:-1]) if byte == ord("\n")]
    starts[0] = 3 if encoding == "utf-8-sig" else 0
    assert whole(chunks)[OFFSET].to_list() == starts


def test_an_offset_in_an_array_is_the_byte_at_which_the_element_starts() -> None:
    data = LAYOUTS["pretty array"].encode()

    chunks = read_bytes(JSON, data, TEXT, chunk_bytes=300)

    for offset, record in zip(whole(chunks)[OFFSET], RECORDS, strict=True):
        assert json.JSONDecoder().raw_decode(data[offset:].decode())[0] == record


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": "cut off', "damaged"),
        ('{"a": "x", "b": "y"} and more', "damaged"),
        ('{"a": ["a", "list"], "b": "y"}', "wrong_type"),
        ('{"a": {"an": "object"}, "b": "y"}', "wrong_type"),
        ("[" * 100_000, "damaged"),
        ('{"a": ' + "9" * 5000 + "}", "damaged"),
    ],
)
@pytest.mark.parametrize("layout", ["lines", "array, one element a line"])
def test_a_bad_line_costs_one_row(layout: str, line: str, reason: str) -> None:
    lines = LAYOUTS[layout].splitlines()
    lines.insert(10, line + ("," if layout != "lines" else ""))

    chunks = read_bytes(JSON, "\n".join(lines).encode(), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS
    assert rejects(chunks).select(ROW, "reason").rows() == [(11, reason)]


def test_damage_in_a_pretty_array_costs_the_damaged_element() -> None:
    lines = LAYOUTS["pretty array"].splitlines()
    lines[7] = lines[7][:-5]  # the closing quote of the second record's "b"

    chunks = read_bytes(JSON, "\n".join(lines).encode(), TEXT, chunk_bytes=400)

    assert whole(chunks).select("a", "b").to_dicts() == [RECORDS[0], *RECORDS[2:]]
    assert rejects(chunks)["reason"].to_list() == ["damaged"]


def test_damage_in_an_array_on_one_line_costs_the_damaged_element() -> None:
    text = json.dumps(RECORDS, ensure_ascii=False).replace('"题目7", "b', '"题目7, "b', 1)

    chunks = read_bytes(JSON, text.encode(), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == [*RECORDS[:7], *RECORDS[8:]]
    assert rejects(chunks)["reason"].to_list() == ["damaged"]


def test_whatever_is_cut_out_of_an_array_the_rest_survives() -> None:
    text = json.dumps(RECORDS, ensure_ascii=False, indent=1)
    rng = random.Random(7)
    for _ in range(60):
        start = rng.randrange(len(text) - 40)
        cut = text[:start] + text[start + rng.randrange(1, 40) :]

        chunks = read_bytes(JSON, cut.encode(), TEXT, chunk_bytes=500)

        found = whole(chunks).select("a", "b").to_dicts()
        assert sum(record in found for record in RECORDS) >= len(RECORDS) - 3, (start, cut[start - 20 : start + 20])


def test_comments_and_blank_lines_are_counted_and_are_no_records() -> None:
    lines = ["// a comment", *LAYOUTS["lines"].splitlines()[:3], "", "   ", "// another", '{"a": "x", "b": "y"}']

    chunks = read_bytes(JSON, "\n".join(lines).encode(), TEXT)

    counts = [chunk.not_a_record for chunk in chunks]
    assert whole(chunks).height == 4
    assert (total(counts, "comment"), total(counts, "empty_row")) == (2, 2)


def test_a_key_that_first_appears_late_is_not_lost() -> None:
    rows = [{"a": "x"}] * 5000 + [{"a": "y", "b": "late"}]
    data = "\n".join(json.dumps(row) for row in rows).encode()

    chunks = read_bytes(JSON, data, TEXT, chunk_bytes=10_000)

    assert whole(chunks)["b"].drop_nulls().to_list() == ["late"]


def test_numbers_are_text_where_text_is_wanted() -> None:
    data = b'{"a": 12, "b": "x"}\n{"a": 1.50, "b": true}\n{"a": null, "b": "2019-01-01"}\n'

    chunks = read_bytes(JSON, data, TEXT)

    assert whole(chunks).select("a", "b").rows() == [("12", "x"), ("1.5", "true"), (None, "2019-01-01")]


def test_half_a_surrogate_pair_is_replaced_and_counted() -> None:
    data = b'{"a": "x\\ud83d", "b": "\\ud83d\\ude00"}\n'

    chunks = read_bytes(JSON, data, TEXT)

    assert whole(chunks).select("a", "b").rows() == [("x\ufffd", "\U0001f600")]
    assert chunks[0].notes == {"lone_surrogate": 1}


def test_lines_in_another_encoding_are_decoded_and_counted() -> None:
    good = json.dumps({"a": "标题", "b": "摘要"}, ensure_ascii=False)
    data = b"\n".join([good.encode()] * 20 + [good.encode("gb18030")] + [good.encode()] * 20)

    chunks = read_bytes(JSON, data, TEXT)

    assert whole(chunks).select("a", "b").unique().rows() == [("标题", "摘要")]
    assert chunks[0].notes == {"mixed_encoding": 1}


def test_a_line_in_no_known_encoding_is_rejected_with_its_place() -> None:
    good = '{"a": "标题", "b": "摘要"}'.encode()
    data = b"\n".join([good, good[:-6] + b'\xff"}', good])

    chunks = read_bytes(JSON, data, TEXT)

    assert whole(chunks).height == 2
    assert rejects(chunks).select(ROW, OFFSET, "reason").rows() == [(2, len(good) + 1, "undecodable")]


def test_nested_columns_keep_their_shape() -> None:
    wanted = {"turns": pl.List(pl.Struct({"from": pl.String, "value": pl.String})), "laws": pl.List(pl.String)}
    row = {"turns": [{"from": "human", "value": "问", "extra": 1}], "laws": ["甲", "乙"]}

    chunks = read_bytes(JSON, json.dumps([row, {**row, "laws": "no list"}]).encode(), wanted)

    assert whole(chunks).select("turns", "laws").to_dicts() == [
        {"turns": [{"from": "human", "value": "问"}], "laws": ["甲", "乙"]}
    ]
    assert rejects(chunks)["detail"].to_list() == ["laws is text, expected a list"]


def test_arrays_of_values_have_numbered_columns() -> None:
    chunks = read_bytes(JSON, '[["甲", "乙"], ["丙", "丁"]]'.encode(), {"0": pl.String(), "1": pl.String()})

    assert whole(chunks).select("0", "1").rows() == [("甲", "乙"), ("丙", "丁")]


def test_one_object_is_one_row() -> None:
    chunks = read_bytes(JSON, json.dumps(RECORDS[0], indent=2).encode(), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS[:1]


@pytest.mark.parametrize("data", ["title,abstract\n1,2\n", "%0 Journal\n%T x\n", "<doc>x</doc>", "纯文本\n第二行\n"])
def test_what_is_no_json_is_not_recognised(data: str) -> None:
    assert not JSON.recognises(as_input(data.encode()), data.encode())


@pytest.mark.parametrize(
    ("file", "rows", "damaged"),
    [
        ("encyclopedia/baidubaike_items.json", 410, 10),
        ("encyclopedia/cmrc2018_dev_flat.json", 848, 0),
        ("encyclopedia/cmrc2018_squad_trial.json", 256, 0),
        ("instruct/alpaca_hikariming_trailing_comma_INVALID.json", 2801, 0),
        ("legal/lawyer_llama_legal_advice_nested.json", 5000, 0),
        ("legal/lawgpt_zh_statutes_9k.json", 1500, 0),
        ("official/AdvertiseGen_train_5000.gb18030.json", 5000, 0),
    ],
)
def test_real_files_are_read_whole(file: str, rows: int, damaged: int) -> None:
    path = shared(file)

    chunks = read_bytes(JSON, path.read_bytes(), None)

    assert (sum(chunk.frame.height for chunk in chunks), rejects(chunks).height) == (rows, damaged)


def test_an_array_of_arrays_with_one_inner_array_a_line_is_read() -> None:
    text = "[\n" + ",\n".join(json.dumps([record]) for record in RECORDS) + "\n]\n"

    chunks = read_bytes(JSON, text.encode(), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS
    assert rejects(chunks).is_empty()


def test_a_comment_behind_the_opening_bracket_is_passed_over() -> None:
    text = "[\n  // made by hand\n" + json.dumps(RECORDS, indent=2)[1:]

    chunks = read_bytes(JSON, text.encode(), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS
    assert total([chunk.not_a_record for chunk in chunks], "comment") == 1


def test_an_array_deep_inside_an_object_on_one_line_is_found() -> None:
    text = json.dumps({"status": "ok", "message": {"total": 50, "items": RECORDS}})

    chunks = read_bytes(JSON, text.encode(), TEXT)

    assert whole(chunks).select("a", "b").to_dicts() == RECORDS


def test_a_list_inside_a_row_of_values_costs_that_row() -> None:
    text = '[["a", "第一条", "x"], ["b", "第二条", ["x", "y"]], ["c", "第三条", "z"]]'

    chunks = read_bytes(JSON, text.encode(), {"0": pl.String(), "1": pl.String(), "2": pl.String()})

    assert whole(chunks)["0"].to_list() == ["a", "c"]
    assert rejects(chunks)["reason"].to_list() == ["wrong_type"]


def test_a_row_may_ask_for_any_json_as_text() -> None:
    chunks = read_bytes(JSON, b'[{"a": {"x": [0, 2]}}, {"a": "y"}, {}]', {"a": pl.Object()})

    assert whole(chunks)["a"].to_list() == ['{"x": [0, 2]}', "y", None]
