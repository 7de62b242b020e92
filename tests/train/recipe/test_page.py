"""The page about recipes says what the code does."""

import re

from tests.train.recipe.page import BEGIN, END, PAGE, page_with_tables, presets, tables
from train.recipe.keys import every_key, training_keys

_LIST = re.compile(r"^`per_device_train_batch_size`, .*$", re.MULTILINE)
TEXT = PAGE.read_text(encoding="utf-8")


def without_library_names(text: str) -> str:
    """They depend on the installed transformers."""
    return _LIST.sub("", text)


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    """``python -m tests.train.recipe.page`` writes them anew."""
    said = TEXT.partition(BEGIN)[2].partition(END)[0]

    assert without_library_names(said).splitlines() == without_library_names(tables()).splitlines()


def test_writing_the_tables_anew_keeps_what_stands_around_them() -> None:
    assert without_library_names(page_with_tables(TEXT)) == without_library_names(TEXT)


def test_every_key_is_on_the_page() -> None:
    named = set(re.findall(r"`(\w+)`", TEXT))

    assert {key.name for key in every_key()} - named == set()
    assert len(training_keys()) > 90


def test_every_key_has_an_explanation() -> None:
    assert [key.name for key in every_key() if not key.about] == []


def test_every_preset_is_on_the_page_with_its_line() -> None:
    assert [line for line in presets() if line not in TEXT] == []
