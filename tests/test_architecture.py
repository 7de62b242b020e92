"""The house keeps its shape: who may import whom, a first line for every module, and no file that wants to be two."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "prep": {"prep", "pipeline", "train", "converters", "schemas"},
    "pipeline": {"pipeline", "converters", "schemas"},
    "train": {"train", "schemas"},
    "converters": {"converters", "schemas"},
    "schemas": {"schemas"},
}
HEAVY = {"torch", "transformers", "peft"}
MOST_LINES = 300
MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))
BESIDE = sorted(path for folder in ("samples", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imported(tree: ast.Module) -> Iterator[str]:
    """Top-level packages that a module imports anywhere, also inside functions and for types only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import; say the package's name"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_run_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]

    ours = set(_imported(ast.parse(path.read_text(encoding="utf-8")))) & set(MAY_IMPORT)

    assert ours <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", [path for path in MODULES if path.relative_to(ROOT).parts[0] != "train"], ids=_name)
def test_only_train_knows_the_model_libraries(path: Path) -> None:
    assert HEAVY.isdisjoint(_imported(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", [*MODULES, *BESIDE], ids=_name)
def test_every_module_begins_with_a_line_on_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring
    assert docstring.splitlines()[0].strip()


@pytest.mark.parametrize("path", [*MODULES, *BESIDE, *TESTS], ids=_name)
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_either_every_folder_of_tests_is_a_package_or_none() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}

    assert all((folder / "__init__.py").is_file() for folder in folders)
