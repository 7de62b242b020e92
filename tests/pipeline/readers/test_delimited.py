"""CSV and TSV: every layout is found, every good row is read as written, every other row is accounted for."""

import csv
import random
from io import StringIO
from pathlib import Path

import polars as pl
import pytest

from pipeline.readers.chunk import OFFSET, ROW, ReadOptions
from pipeline.readers.delimited import CSV
from schemas.errors import SourceError
from tests.pipeline.readers.table_files import Read, input_of, patents, read, titles_and_abstracts
from tests.shared_data import shared


def read_text(text: str, name: str = "t.csv", chunk_bytes: int = 1 << 20) -> Read:
    return read(CSV, input_of(text.encode(), name), options=ReadOptions(chunk_bytes=chunk_bytes))


@pytest.mark.parametrize(
    ("text", "name", "columns", "rows"),
    [
        ("标题,摘要\n甲,乙\n", "t.csv", ("标题", "摘要"), [("甲", "乙")]),
        ("\ufeff标题,摘要\r\n甲,乙\r\n", "t.csv", ("标题", "摘要"), [("甲", "乙")]),
        ("标题;摘要\n甲,1;乙\n", "t.csv", ("标题", "摘要"), [("甲,1", "乙")]),
        ("标题|摘要\n甲|乙\n", "t.csv", ("标题", "摘要"), [("甲", "乙")]),
        ("标题\t摘要\n甲,1\t乙,2\n", "t.csv", ("标题", "摘要"), [("甲,1", "乙,2")]),
        ("专利导出清单\n\n标题,摘要\n甲,乙\n", "t.csv", ("标题", "摘要"), [("甲", "乙")]),
        ("专利导出清单,\n标题,摘要\n甲,乙\n", "t.csv", ("标题", "摘要"), [("甲", "乙")]),
        ('标题,摘要\n"甲\n一","乙,""二"""\n', "t.csv", ("标题", "摘要"), [("甲\n一", '乙,"二"')]),
        ('"标题","摘要"\n"甲",""\n', "t.csv", ("标题", "摘要"), [("甲", None)]),
        ("标题,摘要\n甲,", "t.csv", ("标题", "摘要"), [("甲", None)]),
        ("标题,摘要\r\n甲\r一,乙\r\n", "t.csv", ("标题", "摘要"), [("甲\r一", "乙")]),
        ("标题,数\n甲,2.02E+12\n乙,007\n", "t.csv", ("标题", "数"), [("甲", "2.02E+12"), ("乙", "007")]),
        ("标题,摘要,标题\n甲,乙,丙\n", "t.csv", ("标题", "摘要", "标题_2"), [("甲", "乙", "丙")]),
        (",标题,摘要\n0,甲,乙\n", "t.csv", ("0", "标题", "摘要"), [("0", "甲", "乙")]),
        ('to title\t"甲"的研究\t"乙\nto title\t丙\t丁"\n', "t.tsv", ("0", "1", "2"),
         [("to title", '"甲"的研究', '"乙'), ("to title", "丙", '丁"')]),
        ('"patent_id"\t"patent_abstract"\n"1"\t"a\tb ""c"""\n', "t.tsv", ("patent_id", "patent_abstract"),
         [("1", 'a\tb "c"')]),
        ("文本\n第一句,很短\n第二句,也,短\n", "t.csv", ("文本",), [("第一句,很短",), ("第二句,也,短",)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk_bytes", [1 << 20, 8], ids=["whole", "in pieces"])
def test_a_layout_is_found_and_values_come_as_written(
    text: str, name: str, columns: tuple[str, ...], rows: list[tuple[str | None, ...]], chunk_bytes: int
) -> None:
    found = read_text(text, name, chunk_bytes)

    assert found.table.columns == columns
    assert found.values == rows
    assert found.rejected.is_empty()


@pytest.mark.parametrize(
    ("text", "name", "header"),
    [
        ("foo,bar\n一种装置,本发明公开了一种装置，包括壳体\n一种方法,本申请公开了一种方法\n", "t.csv", "line 1"),
        ("导出时间,2020-01-01,\n标题,申请日,摘要\n甲,2019,丙\n", "t.csv", "line 2"),
        ("a,b,c\n1,2,3,\n4,5,6,\n", "t.csv", "line 1"),
        (",title\n0,甲\n1,乙\n", "t.csv", "line 1"),
        ("标题,摘要", "t.csv", "line 1"),
        ("一种装置,本发明公开了一种装置。\n一种方法,本发明公开了一种方法。\n", "t.csv", None),
        ("1,2\n3,4\n", "t.csv", None),
        ("体育\t姚明退役\n财经\t股市大涨\n体育\t国足\n", "t.tsv", None),
        ("姚明,职业,运动员\n姚明,身高,226\n", "t.csv", None),
        ("甲\n乙\n丙\n", "t.csv", None),
    ],
)
def test_the_header_is_told_from_the_data(text: str, name: str, header: str | None) -> None:
    found = read_text(text, name)

    assert found.table.facts["header"] == (header or "none, columns are numbered")
    lines = len(text.splitlines())
    assert found.frame.height == lines - int((header or "line 0").removeprefix("line "))


@pytest.mark.parametrize("seed", range(8))
def test_damage_costs_a_few_rows_whatever_the_chunk_size(seed: int) -> None:
    pick = random.Random(seed)
    rows = [(str(n), "".join(pick.choices(["甲", ",", "\n", '"', "乙丙"], k=8)), "文" * 9) for n in range(150)]
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("id", "title", "abstract"), *rows])
    damaged = list(text.getvalue())
    for _ in range(3):
        damaged.insert(pick.randrange(40, len(damaged)), pick.choice('",\n'))

    whole, pieces = (read_text("".join(damaged), chunk_bytes=size) for size in (1 << 20, 100))

    assert len(set(rows) - set(whole.values)) <= 12
    assert pieces.frame.equals(whole.frame)
    assert pieces.rejected.equals(whole.rejected)


@pytest.mark.parametrize(
    ("text", "bad", "rows"),
    [
        ("a,b\n1,2\n3,4,5\n6\n7,8\n",
         [(3, "wrong_field_count", "3,4,5"), (4, "wrong_field_count", "6")], [("1", "2"), ("7", "8")]),
        ("a,b\n1,2,,\n3,4\n", [], [("1", "2"), ("3", "4")]),
        ('id,t\n1,"甲\n2,乙\n3,"丙"\n', [(2, "damaged", '1,"甲')], [("2", "乙"), ("3", "丙")]),
        ('id,t\n1,甲\n2,"乙\n3,丙\n4,丁\n', [(3, "damaged", '2,"乙')], [("1", "甲"), ("3", "丙"), ("4", "丁")]),
        ('id,t\n1,"甲\n2,"乙\n3,"丙"\n', [(2, "damaged", '1,"甲\n2,"乙')], [("3", "丙")]),
        ('id,t\n1,5" 盘\n2,"他说"不"了"\n3,"丙\n丁"\n', [], [("1", '5" 盘'), ("2", '他说"不"了'), ("3", "丙\n丁")]),
        ('id,t\n1,"甲""\n2,"乙\n二"\n', [], [("1", '甲"'), ("2", "乙\n二")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk_bytes", [1 << 20, 8], ids=["whole", "in pieces"])
def test_a_bad_line_costs_itself_only(
    text: str, bad: list[tuple[int, str, str]], rows: list[tuple[str, ...]], chunk_bytes: int
) -> None:
    found = read_text(text, chunk_bytes=chunk_bytes)

    assert found.reasons == bad
    assert found.values == rows


def test_a_row_of_another_width_says_where_and_how_many() -> None:
    found = read_text('标题,摘要\n"甲\n一",乙\n丙,丁,戊\n')

    assert found.rejected["detail"].to_list() == ["line 4 has 3 fields, expected 2"]
    assert found.rejected[OFFSET].to_list() == [len('标题,摘要\n"甲\n一",乙\n'.encode())]


def test_empty_rows_and_repeated_headers_are_counted() -> None:
    found = read_text("标题,摘要\n甲,乙\n,\n\n,\n标题,摘要\n丙,丁\n\n")

    assert found.values == [("甲", "乙"), ("丙", "丁")]
    assert found.not_a_record == {"empty_row": 4, "repeated_header": 1}
    assert found.frame[ROW].to_list() == [2, 7]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_row_knows_its_line_and_its_byte(encoding: str) -> None:
    text = "题录\n标题,摘要\n" + '一种装置,"本发明\n公开了"\n一种方法,本申请提供一种方法\n' * 50
    data = text.encode(encoding)

    found = read(CSV, input_of(data, "t.csv"), options=ReadOptions(chunk_bytes=200))

    assert found.frame[ROW].to_list() == [3 + 3 * (n // 2) + 2 * (n % 2) for n in range(100)]
    plain = "gb18030" if encoding == "gb18030" else "utf-8"
    starts = found.frame[OFFSET].to_list()
    if encoding == "utf-16":
        assert starts == [None] * 100
    else:
        assert {data[start:].decode(plain)[:4] for start in starts} == {"一种装置", "一种方法"}


def test_random_tables_come_back_whole_from_any_chunk_size() -> None:
    pick = random.Random(5)
    cells = ["", "甲", "a,b", 'x"y', "一\n二", "\r\n", "；", "长" * 40, ' "', "\t"]
    rows = [(str(n), "".join(pick.choices(cells, k=3)), pick.choice(cells)) for n in range(300)]
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("id", "title", "abstract"), *rows])

    for chunk_bytes in (50, 997, 1 << 20):
        found = read_text(text.getvalue(), chunk_bytes=chunk_bytes)

        assert found.values == [tuple(cell or None for cell in row) for row in rows]


def test_mixed_and_undecodable_lines_are_told_apart() -> None:
    lines = [
        "标题,摘要".encode(),
        "甲,本发明公开".encode(),
        "乙,本发明涉及".encode("gb18030"),
        b"\xff\xff\xff,c",
        "丁,戊".encode(),
    ]
    data = b"\n".join(lines + ["一种,装置".encode()] * 20)

    found = read(CSV, input_of(data, "t.csv"))

    assert found.values[:3] == [("甲", "本发明公开"), ("乙", "本发明涉及"), ("丁", "戊")]
    assert found.notes == {"mixed_encoding": 1}
    assert [(row, reason) for row, reason, _ in found.reasons] == [(4, "undecodable")]


def test_a_converter_gets_its_columns_in_its_types() -> None:
    text = '标题,对话\n甲,"[{""from"":""human"",""value"":""问"",""x"":1}]"\n乙,没有\n'
    turns = pl.List(pl.Struct({"from": pl.String, "value": pl.String}))

    found = read(CSV, input_of(text.encode(), "t.csv"), {"标题": pl.String(), "对话": turns, "摘要": pl.String()})

    assert found.frame.drop(ROW, OFFSET).to_dicts() == [
        {"标题": "甲", "对话": [{"from": "human", "value": "问"}], "摘要": None}
    ]
    assert [(row, reason) for row, reason, _ in found.reasons] == [(3, "wrong_type")]


def test_a_quote_left_open_for_longer_than_any_record_costs_one_row() -> None:
    rows = [f"{n}," + "长" * 100 for n in range(40_000)]
    rows[7] = '7,"' + "长" * 100

    found = read_text("id,text\n" + "\n".join(rows), chunk_bytes=1 << 20)

    assert found.frame.height == 39_999
    assert [(row, reason) for row, reason, _ in found.reasons] == [(9, "damaged")]


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(SourceError, match=r"t\.csv: empty"):
        CSV.tables(input_of(b"\n \n", "t.csv"), ReadOptions())


@pytest.mark.parametrize(
    ("text", "name", "is_table"),
    [
        ("a\tb c\nd\te\nf\tg\n", "triples.txt", True),
        ("标题,摘要\n甲,乙\n丙,丁\n", "data", True),
        ("本发明,公开了一种装置。\n包括,壳体。\n还包括,盖。\n", "text.txt", False),
        ("# 标题\n\n段落一\n段落二\n", "readme.md", False),
    ],
)
def test_files_without_a_telling_name_are_recognised_by_their_lines(text: str, name: str, is_table: bool) -> None:
    source = input_of(text.encode(), name)

    assert CSV.recognises(source, source.head()) is is_table


@pytest.mark.parametrize(
    ("name", "rows", "columns", "counts"),
    [
        ("patent/chinese_patent_cpc_sample_train.bom.csv", 19, 4, {"empty_row": 4082}),
        ("patent/cnipa_2019_invention_published_709.gb18030.csv", 13_537, 10, {}),
        ("patent/cnipa_2019_FINAL_no_text_columns.csv", 11_912, 5, {}),
        ("patent/google_patents_biogas_BR.csv", 511, 10, {}),
        ("paper/csl_ts_dev.tsv", 1000, 3, {}),
        ("paper/csl_ts_test.tsv", 1000, 3, {}),
        ("paper/csl_kg_dev.tsv", 1000, 3, {}),
        ("paper/csl_cls_ctg_train.tsv", 8000, 3, {}),
        ("encyclopedia/ownthink_v2_readme_head.csv", 9, 3, {}),
    ],
)
def test_real_files_are_read_in_full(name: str, rows: int, columns: int, counts: dict[str, int]) -> None:
    found = read(CSV, input_of(shared(name)))

    assert (found.frame.height, len(found.table.columns)) == (rows, columns)
    assert found.rejected.is_empty()
    assert found.not_a_record == counts
    assert (found.table.columns[0] == "0") is ("csl" in name)


def test_patents_come_back_from_gb18030_with_a_preamble(tmp_path: Path) -> None:
    rows = patents()
    path = tmp_path / "专利.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        file.write("search URL:,https://example.com/\r\n")
        csv.writer(file).writerows([("title", "abstract"), *rows])

    found = read(CSV, input_of(path))

    assert found.table.encoding == "gb18030"
    assert titles_and_abstracts(found) == rows
