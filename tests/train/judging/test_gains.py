"""What is content and what is style, on items whose truth is known."""

import numpy as np
import pytest

from train.judging.bootstrap import Array
from train.judging.gains import Bits, forgetting, gains


def _bits(
    items: int, seed: int, *, style: float = 0.0, content: float = 0.0, prompting: float = 0.0, noise: float = 0.1
) -> Bits:
    """Bits of long and short references; every way to ask has its own noise on top of what is true."""
    generator = np.random.default_rng(seed)
    bare = generator.gamma(4.0, 50.0, items)

    def less(share: float) -> Array:
        return np.asarray(bare * (1 - share + generator.normal(0, noise, items)))

    return Bits(
        bare=bare,
        prompted=less(prompting),
        base_own=less(0),
        base_other=less(0),
        tuned_own=less(style + content),
        tuned_other=less(style),
    )


def test_shares_add_up() -> None:
    found = gains(_bits(500, seed=1, style=0.2, content=0.1, prompting=0.05), seed=0, resamples=200)

    values = {name: getattr(found, name).interval.value for name in ("total", "prompting", "saved", "style", "content")}
    assert values["total"] == pytest.approx(values["prompting"] + values["saved"])
    assert values["style"] == pytest.approx(0.2, abs=0.02)
    assert values["content"] == pytest.approx(0.1, abs=0.03)
    assert values["prompting"] == pytest.approx(0.05, abs=0.02)


def test_content_that_is_there_is_shown() -> None:
    found = gains(_bits(1000, seed=2, style=0.2, content=0.08), seed=0, resamples=1000)

    assert found.content.interval.above(0.02)
    assert found.style.interval.above(0.02)


def test_answers_that_were_dealt_out_show_content_as_rarely_as_chance() -> None:
    tables = [gains(_bits(200, seed, style=0.3), seed=seed, resamples=400) for seed in range(400)]

    wrong = np.mean([not (found.content.interval.low <= 0 <= found.content.interval.high) for found in tables])
    assert wrong <= 0.08
    assert all(found.style.interval.above(0.02) for found in tables)


def test_forgetting_is_the_share_of_bits_that_it_costs() -> None:
    base = np.random.default_rng(5).gamma(4.0, 50.0, 500)

    found = forgetting(base, 1.3 * base, seed=0, resamples=200)

    assert found.interval.value == pytest.approx(0.3)
    assert found.interval.within(0.3001)
