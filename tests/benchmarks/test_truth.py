"""The table of known answers counts verdicts and claims, and how far so many trainings can be trusted."""

import pytest

pytest.importorskip("torch")

from benchmarks.truth import Finding, table


def finding(seed: int, verdict: str, *, held: bool) -> Finding:
    return Finding(
        scenario="told",
        seed=seed,
        verdict=verdict,
        claims={"prompting is enough": held},
        content=(seed / 10, None, None),
        base="truth",
        seconds=20.4 + seed,
    )


def test_claims_are_counted_with_exact_bounds() -> None:
    findings = [finding(seed, "prompting is enough", held=True) for seed in range(9)]

    [*_, line] = table(["told"], [*findings, finding(9, "undecided", held=False)])

    # Clopper and Pearson's bounds of 9 in 10: https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval
    assert "| prompting is enough 9, undecided 1 | prompting is enough | 9 of 10 | 55.5% to 99.7% |" in line
    assert line.endswith("| 0.00 to 0.90 | 20 to 29 |")


def test_what_was_not_run_is_empty() -> None:
    [*_, line] = table(["told"], [])

    assert "| 0 of 0 |  |  |  |" in line
