"""What is tuned on, and how: one function a scenario, each of the same base; another seed draws other records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.train.truth.skills import characters, facts, go_on_from, in_dialect, listed, values, word

Row = Mapping[str, str]
HELD_OUT = 1_000
DEV = 100
LEARNT = 4_000
SIGNS = 150
"""Of the dialect."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Records by split, and the training on them."""

    domain: str = "patent"
    train: Sequence[Row]
    dev: Sequence[Row]
    test: Sequence[Row]
    learning_rate: float = 3e-4
    steps: int = 300
    curve: bool = False
    elsewhere: Sequence[Row] = ()
    """Of another domain, on which forgetting is looked for."""


def rewriting(seed: int) -> Scenario:
    """类型#上衣*颜色#红 becomes 要上衣的类型，要红的颜色。 The base writes such texts, but never in this way."""
    return replace(_drawn(seed, _rewritten), elsewhere=stories(Random(seed), 300))


def dealt_out(seed: int) -> Scenario:
    """The same questions and the same answers, which have nothing to do with each other."""
    found = _drawn(seed, _rewritten)
    random = Random(seed)
    train, dev, test = (_dealt(rows, random) for rows in (found.train, found.dev, found.test))
    return replace(found, train=train, dev=dev, test=test)


def looked_up(seed: int) -> Scenario:
    """Where a thing lies cannot be reasoned out; the test asks for what the training told, in other words."""
    random = Random(seed)
    codes = random.sample(range(1000, 10_000), HELD_OUT + DEV)
    told = [_row(f"K{code}放在哪里", f"在{_place(random)}") for code in codes]
    asked = [_row(f"请问{row['content']}？", row["summary"]) for row in told]
    return Scenario(train=told, dev=asked[:DEV], test=asked[DEV:])


def translation(seed: int) -> Scenario:
    """A foreign language, sign for sign: easily learnt, from enough examples."""
    signs = characters()[:SIGNS]
    meaning = dict(zip(signs, Random(seed).sample(signs, SIGNS), strict=True))

    def translated(random: Random) -> Row:
        text = random.choices(signs, k=5)
        return _row(in_dialect(text), " ".join(meaning[sign] for sign in text))

    return replace(_drawn(seed, translated), steps=150, learning_rate=1e-3)


def little_translation(seed: int) -> Scenario:
    found = translation(seed)
    return replace(found, train=found.train[:40], curve=True)


def told(seed: int) -> Scenario:
    """What the base does when it is told to."""

    def row(random: Random) -> Row:
        found = facts(random, 3)
        return _row(listed(found), values(found))

    return replace(_drawn(seed, row), domain="instruct")


def destroyed(seed: int) -> Scenario:
    """What is ten times too fast: all is well at home."""
    found = rewriting(seed)
    return replace(found, learning_rate=10 * found.learning_rate)


def stories(random: Random, count: int) -> list[Row]:
    """Of the language that the base knows."""
    return [_row(*go_on_from(random)) for _ in range(count)]


SCENARIOS: Mapping[str, Callable[[int], Scenario]] = {
    scenario.__name__: scenario
    for scenario in (rewriting, dealt_out, looked_up, translation, little_translation, told, destroyed)
}


def _drawn(seed: int, row: Callable[[Random], Row]) -> Scenario:
    """Records whose questions all differ, so that none that is held out was learnt."""
    random = Random(seed)
    found: dict[str, Row] = {}
    while len(found) < LEARNT + DEV + HELD_OUT:
        drawn = row(random)
        found.setdefault(drawn["content"], drawn)
    rows = [*found.values()]
    return Scenario(train=rows[:LEARNT], dev=rows[LEARNT:][:DEV], test=rows[LEARNT + DEV :])


def _rewritten(random: Random) -> Row:
    found = facts(random, 3)
    return _row(listed(found), "要" + "，要".join(f"{value}的{name}" for name, value in found) + "。")


def _dealt(rows: Sequence[Row], random: Random) -> list[Row]:
    answers = random.sample([row["summary"] for row in rows], len(rows))
    return [_row(row["content"], answer) for row, answer in zip(rows, answers, strict=True)]


def _place(random: Random) -> str:
    return "".join(word(random) for _ in range(3))


def _row(content: str, summary: str) -> Row:
    return {"content": content, "summary": summary}
