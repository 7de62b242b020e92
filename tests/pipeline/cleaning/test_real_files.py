"""Cleaning on real files: how many texts each step touches, and what must stay. Counts were checked by eye once."""

import json
from collections.abc import Iterator
from functools import cache

import polars as pl

from pipeline.cleaning.clean import clean
from pipeline.cleaning.registry import STEPS, steps_for
from tests.shared_data import shared


@cache
def texts_of(name: str) -> pl.Series:
    content = shared(name).read_text("utf-8")
    values = json.loads(content) if content.startswith("[") else [json.loads(line) for line in content.splitlines()]
    return pl.Series("text", list(_strings(values)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def test_unk_of_advertisegen_stays_in_300_texts() -> None:
    texts = texts_of("official/AdvertiseGen_dev.json")

    cleaned, counts = clean(texts, steps_for("instruct"))

    assert cleaned.str.contains("<UNK>", literal=True).sum() == 300
    assert cleaned.str.count_matches("<UNK>", literal=True).sum() == 470
    assert counts["style_tags"] == 0


def test_entities_and_zero_width_characters_of_alpaca_are_found() -> None:
    texts = texts_of("instruct/alpaca_chinese_part01.json")

    _, counts = clean(texts, [STEPS["entities"]])
    cleaned, _ = clean(texts, steps_for("instruct"))

    assert counts["entities"] == 367
    assert texts.str.contains("\u200b", literal=True).sum() == 79
    assert cleaned.str.contains("\u200b", literal=True).sum() == 0


def test_html_that_alpaca_asks_for_stays_html() -> None:
    texts = texts_of("instruct/alpaca_chinese_part01.json")

    cleaned, counts = clean(texts, steps_for("instruct"))

    assert "<p>这是一个段落</p>" in cleaned.to_list()
    assert counts["style_tags"] == 2  # 70 m<sup>2</sup>, 小镇<b>挤满了</b>人


def test_empty_brackets_of_cmrc_go() -> None:
    empty = r"[（(][，,；;、\s]*[）)]"
    articles = json.loads(shared("encyclopedia/cmrc2018_dev_flat.json").read_text("utf-8"))
    texts = pl.Series([article["context_text"] for article in articles])

    cleaned, _ = clean(texts, steps_for("encyclopedia"))

    assert texts.str.contains(empty).sum() == 229
    assert cleaned.str.contains(empty).sum() == 0


def test_only_ten_patents_hold_tags_and_they_lose_them() -> None:
    train = texts_of("patent/bdci2022_patents_train.json")
    texts = pl.concat([train, texts_of("patent/bdci2022_patents_testA_subset.jsonl")])

    cleaned, counts = clean(texts, steps_for("patent"))

    assert counts["tags"] == 10
    assert cleaned.str.contains("</i>", literal=True).sum() == 0


def test_a_wikipedia_shard_stays_as_long_as_it_was_but_for_markup() -> None:
    texts = texts_of("encyclopedia/wiki2019zh_AA_wiki_00.jsonl")

    cleaned, _ = clean(texts, steps_for("encyclopedia"))

    assert cleaned.str.len_chars().sum() > 0.98 * texts.str.len_chars().sum()
