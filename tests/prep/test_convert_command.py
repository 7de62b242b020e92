"""``prep convert`` as it is used: once, again, with recipes, from Python; what it prints and what it leaves alone."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import prep
from prep.options import KNOWN
from schemas.errors import DatasetError, OptionError
from tests.running import contents, json_lines, manifest_of, patents, read_lines, run, table


def test_the_same_again_says_so_and_touches_nothing(source: Path, out: Path) -> None:
    run("convert", source, "--out", out, "--max-content", "20")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}

    again = run("convert", source, "--out", out, "--max_prompt", "20")

    assert (again.code, again.err) == (0, "")
    assert (
        again.out.splitlines()[-1] == f"{out / 'patent'}: unchanged, made from the same sources with the same options"
    )
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_the_same_text_under_another_name_is_the_same_source(source: Path, out: Path) -> None:
    run("convert", source, "--out", out)
    renamed = source.rename(source.with_name("renamed.jsonl"))

    assert "unchanged" in run("convert", renamed, "--out", out).out


def test_other_options_are_refused_until_overwritten_or_named(source: Path, out: Path) -> None:
    run("convert", source, "--out", out)
    before = contents(out)

    refused = run("convert", source, "--out", out, "--seed", "7")
    beside = run("convert", source, "--out", out, "--seed", "7", "--name", "patent.7")

    assert refused.code == 1
    assert refused.error == (
        f"prep: {out / 'patent'}: already there, made with other options: --seed was 42, is 7; "
        "replace it with --overwrite or write beside it with --name"
    )
    assert beside.code == 0
    assert {name: data for name, data in contents(out).items() if not name.startswith("patent.7/")} == before
    assert run("convert", source, "--out", out, "--seed", "7", "--overwrite").code == 0
    assert manifest_of(out / "patent")["options"]["seed"] == 7
    assert sorted(path.name for path in out.iterdir()) == ["patent", "patent.7"]


def test_a_source_that_changed_is_noticed(source: Path, out: Path) -> None:
    run("convert", source, "--out", out)
    json_lines(source, patents(61))

    assert "made with other sources" in run("convert", source, "--out", out).error


def test_a_joined_file_that_changed_is_noticed(tmp_path: Path, out: Path) -> None:
    titles = table(tmp_path / "titles.csv", [{"patent_id": n, "title": f"装置{n}"} for n in range(9)])
    abstracts = [{"patent_id": n, "abstract": f"本发明公开了装置{n}。"} for n in range(9)]
    joined = table(tmp_path / "abstracts.csv", abstracts)
    arguments = ("convert", titles, "--join", joined, "--on", "patent_id", "--domain", "patent", "--out", out)
    assert run(*arguments).code == 0

    unchanged = run(*arguments)
    table(joined, [{**row, "abstract": f"{row['abstract']}改"} for row in abstracts])

    assert "unchanged" in unchanged.out
    assert "made with another joined file" in run(*arguments).error


def test_a_ledger_that_changed_is_noticed(tmp_path: Path, out: Path) -> None:
    source = json_lines(tmp_path / "x.jsonl", [*patents(9), *({**row, "abstract": "无"} for row in patents(3, 9))])
    run("convert", source, "--out", out)
    ledger = out / "patent" / "rejected.jsonl"
    again = ("convert", tmp_path / "mended.jsonl", "--out", out, "--name", "mended", "--max-reject-rate", "1")
    mended = [line.replace('\\"无\\"', '\\"本发明\\"', 1) for line in ledger.read_text(encoding="utf-8").splitlines()]
    (tmp_path / "mended.jsonl").write_text("\n".join(mended[:2]) + "\n", encoding="utf-8")
    assert run(*again).code == 0

    (tmp_path / "mended.jsonl").write_text("\n".join(mended) + "\n", encoding="utf-8")

    assert "made with other sources" in run(*again).error


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--limit", "5"]])
def test_json_is_one_document_on_standard_output_and_nothing_else(source: Path, out: Path, options: list[str]) -> None:
    outcome = run("convert", source, "--out", out, "--json", *options)

    manifest = json.loads(outcome.out)
    assert (outcome.code, outcome.err) == (0, "")
    assert manifest["rows"]["read"] == (5 if "--limit" in options else 60)
    if not options:
        assert manifest == manifest_of(out / "patent")
        assert json.loads(run("convert", source, "--out", out, "--json").out) == manifest


@pytest.mark.parametrize("options", [["--dry-run"], ["--limit", "7"]])
def test_dry_runs_and_limits_write_nothing(source: Path, out: Path, options: list[str]) -> None:
    outcome = run("convert", source, "--out", out, *options)

    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "nothing was written"
    assert re.search(rf"^read +{7 if '--limit' in options else 60}  rows$", outcome.out, re.MULTILINE)
    assert not out.exists()


def test_a_dry_run_counts_what_the_run_counts(source: Path, out: Path) -> None:
    options = ("--min-content", "10", "--dev", "9", "--sample", "40")

    dry = json.loads(run("convert", source, "--out", out, "--json", "--dry-run", *options).out)
    wet = json.loads(run("convert", source, "--out", out, "--json", *options).out)

    assert {**dry, "files": wet["files"]} == wet


def test_nothing_stands_on_standard_error_when_it_is_a_pipe(source: Path, out: Path) -> None:
    outcome = run("convert", source, "--out", out)

    assert outcome.err == ""
    assert "\r" not in outcome.out


def test_options_may_be_written_with_underscores(source: Path, out: Path) -> None:
    run("convert", source, "--out", out, "--max_content", "10", "--min_summary=5", "--max_reject_rate", "1")

    rules = manifest_of(out / "patent")["options"]["rules"]
    assert rules["content"] == {"minimum": None, "maximum": 10}
    assert rules["summary"] == {"minimum": 5, "maximum": None}


@pytest.mark.parametrize(("dev", "test"), [("0", "0"), ("0", "6"), ("0.0", "0.2")])
def test_zero_is_an_amount_and_not_the_default(source: Path, out: Path, dev: str, test: str) -> None:
    run("convert", source, "--out", out, "--dev", dev, "--test", test)

    options = manifest_of(out / "patent")["options"]
    assert (options["dev"], options["test"]) == (0, float(test))
    assert read_lines(out / "patent" / "dev.json") == []


def test_the_command_line_wins_over_the_recipe_whatever_the_spelling(source: Path, tmp_path: Path, out: Path) -> None:
    recipe = tmp_path / "convert.yaml"
    recipe.write_text("max-prompt: 1\nmin_summary: 5\ndev: 7\nno-clean: true\n", encoding="utf-8")

    outcome = run("convert", source, "--out", out, "--recipe", recipe, "--max-content", "30", "--dev", "0")

    options = manifest_of(out / "patent")["options"]
    assert outcome.code == 0
    assert options["rules"]["content"]["maximum"] == 30
    assert options["rules"]["summary"]["minimum"] == 5
    assert (options["dev"], options["clean"]) == (0, False)


def test_a_recipe_may_join_although_yaml_takes_on_for_true(tmp_path: Path, out: Path) -> None:
    titles = table(tmp_path / "titles.csv", [{"patent_id": n, "title": f"装置{n}"} for n in range(9)])
    joined = table(tmp_path / "abs.csv", [{"patent_id": n, "abstract": f"本发明公开了装置{n}。"} for n in range(9)])
    recipe = tmp_path / "convert.yaml"
    recipe.write_text(f"join: {joined}\non: patent_id\ndomain: patent\n", encoding="utf-8")

    run("convert", titles, "--out", out, "--recipe", recipe)

    assert manifest_of(out / "patent")["options"]["on"] == "patent_id"


def test_like_takes_the_options_of_another_dataset(source: Path, out: Path) -> None:
    run("convert", source, "--out", out, "--max-content", "11", "--dev", "3", "--no-clean", "--max-reject-rate", "1")

    run("convert", source, "--out", out, "--name", "other", "--like", out / "patent", "--seed", "1")

    first, second = manifest_of(out / "patent")["options"], manifest_of(out / "other")["options"]
    assert second == {**first, "seed": 1}


@dataclass(frozen=True)
class _Doubling:
    name: str

    def count(self, texts: Sequence[str]) -> list[int]:
        return [2 * len(text) for text in texts]


def test_lengths_in_tokens_are_those_of_the_tokenizer(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prep.cli.tokenizer.load_counter", lambda path: _Doubling(str(path)))
    tokens = ("--unit", "tokens", "--tokenizer", "model", "--max-reject-rate", "1")

    outcome = run("convert", source, "--out", out, *tokens, "--max-content", "18")
    like = run("convert", source, "--out", out, "--name", "like", "--like", out / "patent")
    dataset = prep.convert(
        source, out=out, name="api", unit="tokens", tokenizer="model", max_content=18, max_reject_rate=1
    )

    manifest = manifest_of(out / "patent")
    assert (outcome.code, like.code) == (0, 0)
    assert manifest["options"]["tokenizer"] == "model"
    assert manifest["records"]["rejected"] == {"prompt_too_long": 50}
    assert contents(out / "like")["train.json"] == contents(dataset.path)["train.json"]


def test_python_gives_the_same_bytes_as_the_command(source: Path, tmp_path: Path) -> None:
    run("convert", source, "--out", tmp_path / "a", "--max-content", "11", "--no-clean", "--dev", "4")

    dataset = prep.convert(source, out=tmp_path / "b", max_content=11, no_clean=True, dev=4)

    assert contents(tmp_path / "a" / "patent") == contents(dataset.path)
    assert (dataset.name, dataset.domain, dataset.shape, dataset.count("dev")) == ("patent", "patent", "pair", 4)
    assert dataset == prep.PreparedDataset.open(str(tmp_path / "b" / "patent"))


def test_python_takes_several_sources_and_a_mapping(tmp_path: Path) -> None:
    sources = [
        table(tmp_path / f"{part}.csv", [{"甲": f"第{part}{n}问是什么？", "乙": f"第{n}答。"} for n in range(9)])
        for part in ("x", "y")
    ]

    dataset = prep.convert(sources, out=tmp_path, domain="legal", map={"content": "甲", "summary": "乙"}, dev=0, test=0)

    assert dataset.count("train") == 18


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_contnt": 3}, "no option max_contnt; did you mean max_content"),
        ({"max_content": "32"}, "--max-content '32': expected a whole number"),
        ({"domain": "patents"}, "--domain 'patents': choose one of"),
        ({"dev": True}, "--dev True: expected a number"),
        ({"limit": 5}, "limit makes a dry run, which has no dataset"),
    ],
)
def test_python_callers_get_the_same_messages(source: Path, out: Path, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(OptionError, match=re.escape(expected)):
        prep.convert(source, out=out, **options)

    assert not out.exists()


def test_a_dataset_that_is_none_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such dataset"):
        prep.PreparedDataset.open(tmp_path / "nowhere")


def test_every_option_of_the_command_is_one_for_python_callers() -> None:
    from prep.cli.convert import convert

    names = {(parameter.name or "").rstrip("_") for parameter in convert.params}

    own = {"sources", "out", "name", "recipe", "like", "overwrite", "resume", "dry_run", "as_json", "help_all"}
    own |= {"append", "engine", "ray_address", "one_file", "work", "memory"}
    assert names - own <= set(KNOWN)
    assert set(KNOWN) - names <= {"clean", "verify", "min_prompt", "max_prompt", "min_response", "max_response"}


HEAVY = ("torch", "transformers", "peft", "tensorflow")
LOADED = "import sys; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)"


def loaded_by(code: str, *arguments: str | Path) -> set[str]:
    """Top-level packages that a fresh Python has loaded behind this code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}", *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


COMMAND = "import sys; sys.argv[0] = 'prep'; from prep.cli.main import prep; prep(standalone_mode=False)"


def test_import_prep_loads_no_heavy_library() -> None:
    assert loaded_by("import prep").isdisjoint({*HEAVY, "polars", "datasets", "matplotlib"})


def test_help_loads_no_polars() -> None:
    assert loaded_by(COMMAND, "--help").isdisjoint({*HEAVY, "polars", "pyarrow", "datasets"})


def test_convert_and_stats_load_no_torch(source: Path, out: Path) -> None:
    assert loaded_by(COMMAND, "convert", source, "--out", out).isdisjoint({*HEAVY, "datasets", "matplotlib"})
    assert loaded_by(COMMAND, "stats", out / "patent", "--unit", "chars").isdisjoint(HEAVY)
