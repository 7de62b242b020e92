"""What the base of the known answers can do, and what it cannot: four made-up skills, taught side by side.

It rewrites facts in some way or other, lists them when it is told to, speaks dialects badly and one language well.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from random import Random

from schemas.prompts import apply_prompt
from train.models.tiny.samples import sample_texts
from train.models.tiny.tasks import MakeTask, Task, Texts

NAMES = ("类型", "颜色", "材质", "风格", "图案", "用途", "产地", "型号")
_LETTERS, _LENGTH = 90, 12
Facts = list[tuple[str, str]]


@cache
def characters() -> list[str]:
    """The most frequent ones of the samples, each a token."""
    counts = Counter(sign for text in sample_texts() for sign in text if "\u4e00" <= sign <= "\u9fff")
    return [sign for sign, _ in counts.most_common(300)]


def word(random: Random) -> str:
    return "".join(random.choices(characters(), k=random.randint(1, 2)))


def facts(random: Random, count: int) -> Facts:
    """Different names, each with a word as its value."""
    return [(name, word(random)) for name in random.sample(NAMES, count)]


def listed(found: Facts) -> str:
    return "*".join(f"{name}#{value}" for name, value in found)


def values(found: Facts) -> str:
    """What the instruction asks for."""
    return "、".join(value for _, value in found) + "。"


def speak(texts: Texts) -> Task:
    """Many dialects are heard, in each of which about half of the signs are said otherwise."""
    random = texts.random
    told = random.choices(characters(), k=random.randint(1, 6))
    said = [random.choice((sign, random.choice(characters()))) for sign in told]
    return Task(in_dialect(told), " ".join(said))


def in_dialect(signs: Sequence[str]) -> str:
    return f"说方言：{' '.join(signs)}"


def rewrite(texts: Texts) -> Task:
    """Nobody says how: names or values or both, in one order or the other, with this or that between them."""
    found = facts(texts.random, texts.random.randint(1, 3))
    asked = listed(found)
    if texts.random.random() < 0.5:
        found.reverse()
    link, between = texts.one_of("是", "为", "：", "有", "的", ""), texts.one_of("，", "；", "、", "")
    name = texts.one_of("", "{name}")
    return Task(asked, between.join(name.format(name=own) + link + value for own, value in found) + "。")


def obey(texts: Texts) -> Task:
    found = facts(texts.random, texts.random.randint(1, 3))
    return Task(apply_prompt("instruction", listed(found)), values(found))


def go_on(texts: Texts) -> Task:
    return go_on_from(texts.random)


def go_on_from(random: Random) -> Task:
    """A story in a made-up language, in which one of three characters follows on each."""
    places = [random.randrange(_LETTERS)]
    while len(places) < _LENGTH:
        places.append((places[-1] * 7 + random.choice((1, 30, 60))) % _LETTERS)
    story = "".join(characters()[place] for place in places)
    return Task(f"续写：{story[:4]}", story[4:])


SKILLS: tuple[MakeTask, ...] = (speak, rewrite, obey, obey, obey, go_on)
"""As often as each stands here."""
