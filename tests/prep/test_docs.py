"""The pages say what the program does: commands, options, formats, links, and examples with what they print."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from converters.converter import Column, Converter
from converters.registry import CONVERTERS
from pipeline.readers.registry import READERS
from prep.cli.main import COMMANDS, prep
from schemas.reasons import REASONS
from tests.running import run
from train.recipe.gone import GONE
from train.recipe.keys import every_key
from train.recipe.names import SAME

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
READMES = sorted(ROOT.glob("README*.md"))
PAGES = [*READMES, *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("families/*.md"))]
FORMATS = (DOCS / "formats.md").read_text(encoding="utf-8")
CONSOLE_PAGES = [page for page in PAGES if "```console" in page.read_text(encoding="utf-8")]
LAUNCHERS = ("nproc_per_node", "hostfile", "module", "no_local_rank", "no_ssh", "node_rank", "master_addr")
"""Of ``torchrun`` and ``deepspeed``."""
RECIPE_FLAGS = {
    f"--{name.replace('_', '-')}"
    for name in (*LAUNCHERS, "gradient_checkpointing", *(key.name for key in every_key()), *SAME, *GONE)
}
"""Every key of a recipe is an option of ``prep train`` too."""
ABOUT_OTHER_PROGRAMS = ("benchmarks.md", "design.md", "interop.md", "real-files.md", "scale.md")
"""Pages that may name options of programs that are not ours."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9_-]*[a-z0-9]")


def command(name: str) -> click.Command:
    found = prep.get_command(click.Context(prep), name)
    assert found is not None
    return found


def options(name: str) -> set[str]:
    """Every spelling of every option, hidden ones too; ``--help`` is the same everywhere."""
    parameters = command(name).params
    return {spelling for each in parameters if isinstance(each, click.Option) for spelling in each.opts}


def fenced(page: Path) -> list[tuple[str, str]]:
    return _FENCE.findall(page.read_text(encoding="utf-8"))


def prep_lines(page: Path, *, pasted: bool = False) -> Iterator[str]:
    """Command lines of fenced blocks; what stands behind two blanks explains them.

    A block of ``text`` is there to be read: its lines need what we have not, a card or the released weights.
    """
    for language, block in fenced(page):
        for line in block.splitlines() if not pasted or language != "text" else ():
            if found := re.match(r"(?:\$ )?(prep .*?)(?:\s{2,}|\s+#|$)", line):
                yield found[1]


def console(page: Path) -> list[tuple[str, str]]:
    """Commands of the ``console`` blocks of a page, with what they print."""
    blocks = [block for language, block in fenced(page) if language == "console"]
    return [tuple(each.split("\n", 1)) for block in blocks for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]  # type: ignore[misc]


def printed(line: str) -> str:
    """What a command line prints, run by us where it is ``prep``."""
    if line.startswith("prep "):
        outcome = run(*shlex.split(line)[1:])
        return outcome.out + outcome.err
    return subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_the_indexes_name(name: str) -> None:
    page = DOCS / f"{name}.md"

    assert page.read_text(encoding="utf-8").startswith(f"# prep {name}\n")
    assert f"({page.name})" in (DOCS / "README.md").read_text(encoding="utf-8")
    assert f"(docs/{page.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_names_every_option_of_its_command(name: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")

    assert options(name) - set(_OPTION.findall(page)) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_no_option_that_no_command_has(page: Path) -> None:
    if page.name in ABOUT_OTHER_PROGRAMS:
        pytest.skip("names options of other programs")
    known = {"--help", "--version"}.union(RECIPE_FLAGS, *map(options, COMMANDS))

    named = {option.replace("_", "-") for option in _OPTION.findall(page.read_text(encoding="utf-8"))}

    assert named - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_of_a_page_can_be_parsed(page: Path) -> None:
    for line in prep_lines(page):
        name, *arguments = shlex.split(line)[1:]

        with command(name).make_context(name, arguments) as context:
            assert context.params, line


def test_what_the_readme_shows_works_when_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "README.md"
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)

    outcomes = {line: run(*shlex.split(line)[1:]) for line in prep_lines(page, pasted=True)}
    scripts = [
        subprocess.run([sys.executable, "-c", block], check=False, capture_output=True, text=True)
        for language, block in fenced(page)
        if language == "python"
    ]

    assert {line: outcome.err for line, outcome in outcomes.items() if outcome.code} == {}
    assert [script.stderr for script in scripts if script.returncode] == []
    assert len(outcomes) > 1


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_a_translated_readme_shows_nothing_else(page: Path) -> None:
    assert {*prep_lines(page)} <= {*prep_lines(ROOT / "README.md")}
    assert {block for block in fenced(page) if block[0] == "python"} <= {*fenced(ROOT / "README.md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        linked = (page.parent / target) if target else page

        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", CONSOLE_PAGES, ids=lambda page: page.name)
def test_examples_print_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder with the samples in it, one command after the other."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    said = console(page)

    assert [(line, printed(line)) for line, _ in said] == said


@pytest.mark.parametrize("converter", CONVERTERS.values(), ids=lambda converter: converter.name)
def test_every_format_is_in_the_page_with_its_columns_and_whether_it_was_seen(converter: Converter) -> None:
    [row] = [line for line in FORMATS.splitlines() if line.startswith(f"| `{converter.name}` |")]
    _, _, columns, _, seen, becomes = row.strip("| ").split(" | ")

    assert seen == ("yes" if converter.verified else "no")
    assert becomes
    assert re.findall(r"`([^`]+)`(\??)", columns) == [
        name for each in converter.columns.values() for name in names(each)
    ]


def names(column: Column) -> list[tuple[str, str]]:
    """In the order in which they are tried, the unverified ones with their mark."""
    return [(alias, "") for alias in column.aliases] + [(alias, "?") for alias in column.unverified]


def test_the_page_of_formats_names_no_others() -> None:
    named = set(re.findall(r"^\| `(\w+/\w+)` \|", FORMATS, flags=re.MULTILINE))

    assert named == set(CONVERTERS)


def test_every_reason_is_explained_in_the_page_of_rules() -> None:
    rules = (DOCS / "rules.md").read_text(encoding="utf-8")

    assert set(REASONS) - set(re.findall(r"^\| `(\w+)` \|", rules, flags=re.MULTILINE)) == set()


def test_every_reader_is_in_the_page_of_formats_in_the_table_of_containers() -> None:
    containers = FORMATS.partition("## Containers")[2].partition("###")[0]

    assert sorted(re.findall(r"^\| `([\w-]+)` \|", containers, flags=re.MULTILINE)) == sorted(r.name for r in READERS)
