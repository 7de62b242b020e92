"""Parquet and Arrow: only the wanted columns, batch by batch, nested values whole."""

import datetime
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from pipeline.readers.arrow import ARROW, PARQUET
from pipeline.readers.chunk import OFFSET, ROW, Reader, ReadOptions
from schemas.errors import SourceError
from tests.pipeline.readers.table_files import input_of, patents, read, titles_and_abstracts

TURNS = pl.List(pl.Struct({"from": pl.String, "value": pl.String}))


def parquet_bytes(table: pa.Table) -> bytes:
    target = BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def feather_bytes(table: pa.Table) -> bytes:
    target = BytesIO()
    pyarrow.feather.write_feather(table, target)
    return target.getvalue()


def stream_bytes(table: pa.Table) -> bytes:
    target = BytesIO()
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    return target.getvalue()


CONTAINERS = pytest.mark.parametrize(
    ("reader", "written"),
    [(PARQUET, parquet_bytes), (ARROW, feather_bytes), (ARROW, stream_bytes)],
    ids=["parquet", "feather", "stream"],
)


@CONTAINERS
def test_the_wanted_columns_come_in_their_types(reader: Reader, written: Callable[[pa.Table], bytes]) -> None:
    turns = [[{"from": "human", "value": "问", "weight": 1}], None, []]
    data = written(pa.table({"id": [7, 8, 9], "title": ["甲", "乙", None], "conversations": turns}))
    source = input_of(data, "a.bin")

    found = read(reader, source, {"id": pl.String(), "conversations": TURNS, "absent": pl.String()})

    assert reader.recognises(source, source.head())
    assert found.table.columns == ("id", "title", "conversations")
    assert found.frame.drop(ROW, OFFSET).to_dicts() == [
        {"id": "7", "conversations": [{"from": "human", "value": "问"}], "absent": None},
        {"id": "8", "conversations": None, "absent": None},
        {"id": "9", "conversations": [], "absent": None},
    ]
    assert found.frame[ROW].to_list() == [1, 2, 3]


def test_without_wanted_columns_everything_is_text() -> None:
    table = pa.table(
        {
            "day": [datetime.date(2019, 7, 9)],
            "price": [1.5],
            "kind": pa.array(["甲"]).dictionary_encode(),
            "tags": [["一", None]],
            "map": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
            "raw": [b"\xd2\xbb\xd6\xd6\xd7\xb0\xd6\xc3"],
            "long": pa.array([1], pa.decimal256(50, 0)),
            "span": [datetime.timedelta(seconds=1)],
            "picture": [{"bytes": b"\x89PNG"}],
        }
    )

    found = read(PARQUET, input_of(parquet_bytes(table), "a.parquet"))

    assert found.values == [
        ("2019-07-09", "1.5", "甲", '["一",null]', '{"k":"v"}', "一种装置", "1", "1000000"),
    ]
    assert found.table.facts == {"columns left out": "picture (struct<bytes: binary>)"}


def test_bytes_in_no_encoding_reject_their_row() -> None:
    data = parquet_bytes(pa.table({"t": ["甲".encode(), b"\xff\xff", None]}))

    found = read(PARQUET, input_of(data, "a.parquet"), {"t": pl.String()})

    assert found.values == [("甲",), (None,)]
    assert [(row, reason) for row, reason, _ in found.reasons] == [(2, "undecodable")]


def test_nested_values_kept_as_json_text_are_read() -> None:
    table = pa.table({"conversations": ['[{"from": "human", "value": "问"}]', "问：", None]})

    found = read(PARQUET, input_of(parquet_bytes(table), "a.parquet"), {"conversations": TURNS})

    assert found.values == [([{"from": "human", "value": "问"}],), (None,)]
    assert [(row, reason) for row, reason, _ in found.reasons] == [(2, "wrong_type")]


def test_a_column_of_another_nested_type_is_refused_by_name() -> None:
    source = input_of(parquet_bytes(pa.table({"conversations": [["问", "答"]]})), "a.parquet")

    with pytest.raises(SourceError, match=r"a\.parquet: column conversations is List\(String\), expected List\(Struct"):
        read(PARQUET, source, {"conversations": TURNS})


@CONTAINERS
def test_batches_of_any_size_make_chunks_of_the_asked_size(
    reader: Reader, written: Callable[[pa.Table], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(written(pa.table({"title": [f"题{n}" for n in range(20_000)], "text": ["文" * 10] * 20_000})))

    (table,) = reader.tables(input_of(path), ReadOptions(chunk_bytes=50_000))
    chunks = list(table.chunks({"title": pl.String()}))

    assert 5 <= len(chunks) <= 12
    frame = pl.concat([chunk.frame for chunk in chunks])
    assert frame[ROW].to_list() == list(range(1, 20_001))
    assert frame["title"].to_list() == [f"题{n}" for n in range(20_000)]
    assert len(table.sample) == 200


@CONTAINERS
def test_a_damaged_file_is_refused(reader: Reader, written: Callable[[pa.Table], bytes]) -> None:
    data = written(pa.table({"title": ["甲" * 100] * 1000}))

    with pytest.raises(SourceError, match=r"a\.bin: damaged: [^\n]+$"):
        read(reader, input_of(data[: len(data) // 2], "a.bin"))


@CONTAINERS
def test_a_table_without_rows_has_columns_and_no_chunks(reader: Reader, written: Callable[[pa.Table], bytes]) -> None:
    found = read(reader, input_of(written(pa.table({"title": pa.array([], pa.string())})), "a.bin"))

    assert found.table.columns == ("title",)
    assert found.frame.is_empty()


@CONTAINERS
def test_patents_come_back(reader: Reader, written: Callable[[pa.Table], bytes]) -> None:
    rows = patents()
    titles, abstracts = zip(*rows, strict=True)

    found = read(reader, input_of(written(pa.table({"title": titles, "abstract": abstracts})), "a.bin"))

    assert titles_and_abstracts(found) == rows
