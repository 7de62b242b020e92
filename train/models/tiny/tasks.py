"""What the tiny model is pre-trained on: sentences of the samples to be finished, and made-up tasks about their words.

The samples are too few to teach more than themselves. What a tuning needs from its base is the skill to find a word in
the question and to say it at the right place of the answer: the made-up tasks teach that, with ever new words. Here no
question of the samples meets its answer: how to answer them is left for tuning to teach.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import NamedTuple

_SENTENCES = re.compile(r"[^。！？!?\n]{2,}[。！？!?]?")
_WORDS = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z]+|\d+")


class Task(NamedTuple):
    """What is asked, and the answer."""

    question: str
    answer: str


class Texts:
    """Draws sentences, and words of one to four characters, as they come."""

    def __init__(self, texts: Sequence[str], random: Random) -> None:
        self.sentences: list[str] = [sentence for text in texts for sentence in _SENTENCES.findall(text)]
        self.runs: list[str] = [run for text in texts for run in _WORDS.findall(text)]
        self.random = random

    def word(self) -> str:
        run, length = self.random.choice(self.runs), self.random.randint(1, 4)
        start = self.random.randrange(max(1, len(run) - length + 1))
        return run[start : start + length]

    def words(self, most: int) -> list[str]:
        return [self.word() for _ in range(self.random.randint(1, most))]

    def facts(self) -> list[tuple[str, str]]:
        """Names and their values."""
        return [(name, self.word()) for name in self.words(4)]

    def one_of(self, *choices: str) -> str:
        return self.random.choice(choices)


def finish(texts: Texts) -> Task:
    sentence = texts.random.choice(texts.sentences)
    cut = texts.random.randrange(1, len(sentence))
    return Task(sentence[:cut], sentence[cut:])


def repeat(texts: Texts) -> Task:
    told = texts.one_of("", " ", "、", "，").join(texts.words(5))
    return Task(texts.one_of("重复：", "照抄：", "请说：", "") + told, told)


def describe(texts: Texts) -> Task:
    """``类型#上衣*颜色#红`` becomes 类型是上衣，颜色是红。"""
    facts, link = texts.facts(), texts.one_of("是", "为", "：", "属于", "有", "用", "的", "，", "")
    return Task(_listed(facts, texts), "，".join(name + link + value for name, value in facts) + "。")


def list_values(texts: Texts) -> Task:
    facts, link = texts.facts(), texts.one_of("，", "和", "、", "的", "，有", "，是")
    return Task(_listed(facts, texts), link.join(value for _, value in facts) + "。")


def look_up(texts: Texts) -> Task:
    facts = texts.facts()
    name, value = texts.random.choice(facts)
    return Task(f"{_listed(facts, texts)}\n{name}？", f"{value}。")


MakeTask = Callable[[Texts], Task]
TASKS: tuple[MakeTask, ...] = (finish, finish, repeat, repeat, describe, list_values, look_up)
"""As often as each stands here."""


def next_task(texts: Texts, tasks: Sequence[MakeTask] = TASKS) -> Task:
    return texts.random.choice(tasks)(texts)


def _listed(facts: Iterable[tuple[str, str]], texts: Texts) -> str:
    equals, between = texts.one_of("#", "：", "=", "-"), texts.one_of("*", "；", "，", "\n")
    return between.join(name + equals + value for name, value in facts)
