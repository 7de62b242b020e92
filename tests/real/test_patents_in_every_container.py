"""The 4,097 real patents, rewritten in every container, give byte-identical records; and the counts of the limits."""

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import pytest

from pipeline.convert import convert_sources
from prep.options import convert_options
from tests.shared_data import shared

Patents = list[dict[str, str]]


@pytest.fixture(scope="module")
def patents() -> Patents:
    files = ("patent/bdci2022_patents_train.json", "patent/bdci2022_patents_testA_subset.jsonl")
    lines = [line for name in files for line in shared(name).read_text(encoding="utf-8").splitlines()]
    return [{key: str(value) for key, value in json.loads(line).items()} for line in lines]


def _csv(patents: Patents, path: Path) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, patents[0])
    writer.writeheader()
    writer.writerows(patents)
    path = path.with_suffix(".csv")
    path.write_bytes(("专利检索结果导出\r\n" + text.getvalue()).encode("gb18030"))
    return path


def _xlsx(patents: Patents, path: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("专利")
    sheet.append(list(patents[0]))
    for patent in patents:
        sheet.append(list(patent.values()))
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


def _xml(patents: Patents, path: Path) -> Path:
    rows = (
        "<patent>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in patent.items()) + "</patent>"
        for patent in patents
    )
    path = path.with_suffix(".xml")
    path.write_text('<?xml version="1.0" encoding="utf-8"?>\n<patents>' + "\n".join(rows) + "</patents>", "utf-8")
    return path


def _sqlite(patents: Patents, path: Path) -> Path:
    path = path.with_suffix(".sqlite")
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE patents ({', '.join(patents[0])})")
        marks = ", ".join("?" * len(patents[0]))
        rows = [tuple(patent.values()) for patent in patents]
        database.executemany(f"INSERT INTO patents VALUES ({marks})", rows)  # noqa: S608 (question marks only)
    database.close()
    return path


def _parquet(patents: Patents, path: Path) -> Path:
    pl.DataFrame(patents).write_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def _zip(patents: Patents, path: Path) -> Path:
    path = path.with_suffix(".zip")
    lines = "".join(json.dumps(patent, ensure_ascii=False) + "\n" for patent in patents)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("patents.json", lines)
    return path


def _array(patents: Patents, path: Path) -> Path:
    path = path.with_suffix(".json")
    path.write_text(json.dumps(patents, ensure_ascii=True, indent=1), encoding="utf-8")
    return path


CONTAINERS: dict[str, Callable[[Patents, Path], Path]] = {
    "GB18030 CSV with a preamble": _csv,
    "XLSX": _xlsx,
    "XML": _xml,
    "SQLite": _sqlite,
    "Parquet": _parquet,
    "zip": _zip,
    "pretty array with escapes": _array,
}


@pytest.fixture(scope="module")
def reference(patents: Patents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    source = folder / "patents.jsonl"
    source.write_text("".join(json.dumps(patent, ensure_ascii=False) + "\n" for patent in patents), encoding="utf-8")
    done = convert_sources([str(source)], convert_options({}), out=folder / "data")
    assert done.manifest["records"]["made"] == 4097
    return folder / "data" / "patent"


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_byte_identical_records(
    container: str, patents: Patents, reference: Path, tmp_path: Path
) -> None:
    source = CONTAINERS[container](patents, tmp_path / "patents")

    convert_sources([str(source)], convert_options({}), out=tmp_path / "data")

    for split in ("train.json", "dev.json", "test.json"):
        assert (tmp_path / "data" / "patent" / split).read_bytes() == (reference / split).read_bytes()


@pytest.mark.parametrize(("least", "kept"), [(None, 4043), (128, 3939)])
@pytest.mark.parametrize("clean", [False, True])
def test_the_usual_limits_keep_this_many_patents(least: int | None, kept: int, clean: bool) -> None:
    files = ("patent/bdci2022_patents_train.json", "patent/bdci2022_patents_testA_subset.jsonl")
    limits = {"clean": clean, "max_content": 32, "max_summary": 512, "min_summary": least}

    done = convert_sources([str(shared(name)) for name in files], convert_options(limits), dry_run=True)

    records = done.manifest["records"]
    assert records["made"] - sum(records["rejected"].values()) == kept


def test_all_that_cleaning_changes_in_the_patents_is_markup(patents: Patents, tmp_path: Path) -> None:
    source = tmp_path / "patents.jsonl"
    source.write_text("".join(json.dumps(patent, ensure_ascii=False) + "\n" for patent in patents), encoding="utf-8")
    sides = {}
    for clean in (True, False):
        options = convert_options({"clean": clean, "dev": 0.0, "test": 0.0})
        done = convert_sources([str(source)], options, out=tmp_path, name=f"clean-{clean}")
        assert done.path is not None
        sides[clean] = (done.path / "train.json").read_text(encoding="utf-8").splitlines()

    changed = [(dirty, tidy) for dirty, tidy in zip(sides[False], sides[True], strict=True) if dirty != tidy]

    assert len(changed) == 10
    assert all(dirty.replace("<i>", "").replace("</i>", "") == tidy for dirty, tidy in changed)
