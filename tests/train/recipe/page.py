"""The tables of docs/recipes.md, made from the code: ``python -m tests.train.recipe.page`` writes them anew."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from train.methods.registry import METHODS
from train.recipe.defaults import FOLLOWS, HOUSE
from train.recipe.gone import BAICHUAN2, OFFICIAL, TRANSFORMERS, Gone
from train.recipe.keys import Key, library_defaults, method_keys, own_keys, training_keys
from train.recipe.names import SAME
from train.recipe.presets import PRESETS, about

PAGE = Path(__file__).resolve().parents[3] / "docs" / "recipes.md"
BEGIN, END = "<!-- from here: made by python -m tests.train.recipe.page -->\n", "<!-- to here -->\n"


def tables() -> str:
    """What stands between BEGIN and END."""
    return "\n".join(["", *_own(), *_methods(), *_training(), *_names(), ""])


def presets() -> list[str]:
    return [f"| `{name}` | {about(name)} |" for name in PRESETS]


def page_with_tables(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{tables()}{END}{rest.partition(END)[2]}"


def _own() -> Iterator[str]:
    for section in dict.fromkeys(key.section for key in own_keys().values()):
        yield from (f"### {section.capitalize()}", "")
        yield from _table(key for key in own_keys().values() if key.section == section)


def _methods() -> Iterator[str]:
    for name, method in METHODS.items():
        yield from (
            f"### Settings of {name}",
            "",
            f"Method: {method.about}. Learning rate: {method.learning_rate:g}.",
            "",
        )
        yield from _table(method_keys(name).values())


def _training() -> Iterator[str]:
    yield from ("### Training", "")
    yield "Every field of transformers' `TrainingArguments`. These have another default here:"
    yield from ("", "| key | default here | of transformers |", "|---|---|---|")
    for name in (*HOUSE, *(name for name in FOLLOWS if name not in HOUSE)):
        here = FOLLOWS.get(name, "").removeprefix("Default here: ").rstrip(".") or _code(HOUSE[name])
        yield f"| `{name}` | {here} | {_code(library_defaults()[name])} |"
    yield from ("", "All of them, explained by `prep recipes --keys`:", "")
    yield ", ".join(f"`{name}`" for name in training_keys())
    yield ""


def _names() -> Iterator[str]:
    yield from ("### Other names", "", "| name | is |", "|---|---|")
    yield from (f"| `{name}` | `{key}` |" for name, key in SAME.items())
    yield from ("", "### Gone", "", "Names of transformers 4.27-4.30 that current transformers do not have:", "")
    yield from _gone(TRANSFORMERS)
    yield from ("", "Names of the official scripts that have no use here:", "")
    yield from _gone(OFFICIAL)
    yield from ("", "Names of Baichuan2's `fine-tune.py`:", "")
    yield from _gone(BAICHUAN2)


def _gone(names: Mapping[str, Gone]) -> Iterator[str]:
    yield from ("| name | what happens |", "|---|---|")
    for name, gone in names.items():
        yield f"| `{name}` | {gone.why if gone.becomes else f'ignored: {gone.why}'} |"


def _table(keys: Iterable[Key]) -> Iterator[str]:
    yield from ("| key | default | |", "|---|---|---|")
    for key in keys:
        choices = f" One of {', '.join(f'`{choice}`' for choice in key.choices)}." if key.choices else ""
        yield f"| `{key.name}` | {_code(key.default)} | {f'{key.about}{choices}'.strip()} |"
    yield ""


def _code(value: object) -> str:
    if value is None or value in ("", (), {}):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
