"""The samples of every domain: their golden output, and that they show all that they are meant to show."""

import bz2
import difflib
import gzip
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest

from converters.registry import CONVERTERS
from prep import PreparedDataset
from samples.make_containers import CONTAINERS
from samples.renew import GOLDEN, ROOT, convert_samples
from schemas.reasons import REASONS, TURN_COUNTS
from schemas.records import DOMAINS, Domain
from tests.running import contents

SAMPLES = ROOT / "samples"
MAX_SOURCE_BYTES = 160_000
ASKED_FOR = {
    *("prompt_too_short", "prompt_too_long", "response_too_short", "response_too_long", "not_chinese"),
    *("refusal", "counter_question", "front_matter", "pii", "conflict", "over_max_per_prompt", "no_partner"),
    "contaminated",
}
"""Reasons that need an option."""
OUT_OF_REACH = {"too_large", "merged_row", "leak"}
"""A row of many megabytes; rows joined into one, which no converter does so far; what mixing or appending finds."""
Datasets = Mapping[Domain, PreparedDataset]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Datasets:
    return {domain: convert_samples(domain, tmp_path_factory.mktemp("samples")) for domain in DOMAINS}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("name", GOLDEN)
def test_the_samples_give_their_golden_output(domain: Domain, name: str, datasets: Datasets) -> None:
    golden = (SAMPLES / domain / "golden" / name).read_bytes()

    made = (datasets[domain].path / name).read_bytes()

    if made != golden:
        pytest.fail(f"{domain}/{name} differs; if it is meant to: python -m samples.renew\n{difference(golden, made)}")


@pytest.mark.parametrize("domain", DOMAINS)
def test_converting_the_samples_twice_gives_the_same_bytes(domain: Domain, tmp_path: Path, datasets: Datasets) -> None:
    again = convert_samples(domain, tmp_path)

    made, before = contents(again.path), contents(datasets[domain].path)
    assert made.keys() == before.keys()
    assert [name for name in made if made[name] != before[name]] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_sample_file_is_passed_over(domain: Domain, datasets: Datasets) -> None:
    manifest = datasets[domain].manifest

    files = {path.relative_to(ROOT).as_posix() for path in (SAMPLES / domain / "sources").rglob("*") if path.is_file()}
    read = {file for file in files for source in manifest["sources"] if source["name"].startswith(file)}
    assert manifest["passed_over"] == []
    assert read == files


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_has_enough_to_learn_from_and_more_records_than_rejects(domain: Domain, datasets: Datasets) -> None:
    dataset = datasets[domain]

    kept = {split: dataset.count(split) for split in ("train", "dev", "test")}
    assert 120 <= sum(kept.values()) <= 200
    assert min(kept.values()) >= 10
    assert 0 < dataset.manifest["reject_rate"] < 0.25


def test_every_reason_that_needs_no_option_occurs(datasets: Datasets) -> None:
    found = {
        reason
        for dataset in datasets.values()
        for counts in (
            dataset.manifest["rows"]["not_a_record"],
            dataset.manifest["rows"]["rejected"],
            dataset.manifest["records"]["rejected"],
        )
        for reason in counts
    }

    assert found == set(REASONS) - ASKED_FOR - OUT_OF_REACH


def test_every_count_of_turns_occurs(datasets: Datasets) -> None:
    found = {name for dataset in datasets.values() for name in dataset.manifest["turns"]}

    assert found == set(TURN_COUNTS)


def test_every_converter_is_used_by_some_sample(datasets: Datasets) -> None:
    used = {source["converter"] for dataset in datasets.values() for source in dataset.manifest["sources"]}

    assert used == set(CONVERTERS)


def test_the_sources_stay_small() -> None:
    files = [path for domain in DOMAINS for path in (SAMPLES / domain / "sources").rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) <= MAX_SOURCE_BYTES


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name.endswith((".gz", ".bz2", ".zip"))])
def test_packed_sources_hold_the_rows_that_they_are_made_from(name: str) -> None:
    packed = (SAMPLES / name).read_bytes()

    assert unpacked(name, packed) == unpacked(name, CONTAINERS[name]())


def unpacked(name: str, data: bytes) -> list[bytes]:
    if name.endswith(".zip"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return [archive.read(member) for member in archive.namelist()]
    return [gzip.decompress(data) if name.endswith(".gz") else bz2.decompress(data)]


def difference(golden: bytes, made: bytes, max_lines: int = 30) -> str:
    """The lines that differ, those of the golden file marked with a minus."""
    lines = difflib.unified_diff(golden.decode().splitlines(), made.decode().splitlines(), "golden", "made", "", "", 0)
    return "\n".join(line[:400] for line, _ in zip(lines, range(max_lines), strict=False))
