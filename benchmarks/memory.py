"""How much memory ``prep convert`` takes on a large source, whatever the container, and on the whole job.

    python -m benchmarks.memory [--gigabytes 2] [--containers jsonl array csv gz xml]
    python -m benchmarks.memory --near-dedup [--gigabytes 5] [--memory 128M]

The second limits lengths, leaves out exact and near duplicates and splits a corpus of JSON Lines with planted copies;
beside the memory it prints how many records were kept and how many should be.
"""

import argparse
import csv
import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.corpus import FOLDER, drawn, records, truth, write_lines
from benchmarks.measure import machine, run

_BASE = 20_000
_RECORD_BYTES = 1128
"""Of the corpus with planted copies, on average."""
_WHOLE_JOB = ("--min-content", "4", "--max-content", "80", "--min-summary", "20", "--max-summary", "2000")
Row = dict[str, str]


def _rows(size: int) -> Iterator[Row]:
    """Rows of about ``size`` bytes of text in all, no two alike; abstracts with line feeds and quotes."""
    base = list(records(_BASE))
    written = copy = 0
    while written < size:
        for record in base:
            abstract = f'第{copy}篇："{record["abstract"]}"\n完。'
            yield {"id": f"{record['id']}-{copy}", "title": record["title"] + str(copy), "abstract": abstract}
            written += 3 * len(abstract)
        copy += 1


def _json_lines(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _array(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, row in enumerate(rows):
            file.write(("," if number else "") + json.dumps(row, ensure_ascii=False))
        file.write("]")


def _csv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "title", "abstract"])
        writer.writeheader()
        writer.writerows(rows)


def _gzip(path: Path, rows: Iterator[Row]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _xml(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<papers>\n')
        for row in rows:
            leaves = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in row.items())
            file.write(f"<paper>{leaves}</paper>\n")
        file.write("</papers>\n")


CONTAINERS: dict[str, tuple[str, Callable[[Path, Iterator[Row]], None]]] = {
    "jsonl": ("JSON Lines", _json_lines),
    "array": ("one JSON array on one line", _array),
    "csv": ("CSV with quoted line feeds", _csv),
    "gz": ("JSON Lines, gzip", _gzip),
    "xml": ("XML", _xml),
}


def main() -> None:
    """Make each source, convert it, print its line, and remove it again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--containers", nargs="*", default=list(CONTAINERS), choices=list(CONTAINERS))
    parser.add_argument("--near-dedup", action="store_true", help="the whole job on JSON Lines")
    parser.add_argument("--memory", default="128M", help="of hashes and signatures, with --near-dedup")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if arguments.near_dedup:
        _measure_whole_job(int(arguments.gigabytes * 1e9), arguments.memory)
        return
    print(f"{arguments.gigabytes:g} GB of text each; {machine()}")
    print("| container | file | rows | seconds | peak memory |\n|---|---|---|---|---|")
    for name in arguments.containers:
        _measure(name, int(arguments.gigabytes * 1e9))


def _measure(name: str, size: int) -> None:
    about, write = CONTAINERS[name]
    source, out = FOLDER / f"large.{name}", FOLDER / "out"
    write(source, _rows(size))
    shutil.rmtree(out, ignore_errors=True)
    done = run("-m", "prep", "convert", str(source), "--domain", "paper", "--out", str(out), "--json")
    rows = json.loads(done.output)["rows"]["read"]
    megabytes = source.stat().st_size / 1e6
    print(f"| {about} | {megabytes:,.0f} MB | {rows:,} | {done.seconds:.1f} | {done.peak_mib:,.0f} MiB |", flush=True)
    source.unlink()
    shutil.rmtree(out)


def _measure_whole_job(size: int, memory: str) -> None:
    source, out, count = FOLDER / "large.jsonl", FOLDER / "out", size // _RECORD_BYTES
    with source.open("w", encoding="utf-8") as file:
        write_lines(file, drawn(count), source)
    shutil.rmtree(out, ignore_errors=True)
    options = (*_WHOLE_JOB, "--near-dedup", "0.8", "--memory", memory)
    done = run("-m", "prep", "convert", str(source), "--domain", "paper", "--out", str(out), "--json", *options)
    records = json.loads(done.output)["records"]
    kept = sum(records[split] for split in ("train", "dev", "test"))
    print(f"{source.stat().st_size / 1e9:.2f} GB, {count:,} records, --memory {memory}; {machine()}")
    print("| seconds | of processors | records/s | peak memory | without mapped files | kept | to be kept |")
    print("|---|---|---|---|---|---|---|")
    speed, peak = count / done.seconds, f"{done.peak_mib:,.0f} MiB | {done.private_mib:,.0f} MiB"
    cells = (f"{done.seconds:.1f}", f"{done.cpu_seconds:.1f}", f"{speed:,.0f}", peak, f"{kept:,}", f"{truth(source):,}")
    print(f"| {' | '.join(cells)} |")
    source.unlink()
    shutil.rmtree(out)


if __name__ == "__main__":
    main()
