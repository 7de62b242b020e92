"""How often the verdict is what it should be: every known answer, found with many seeds, each a whole training.

python -m benchmarks.truth [--seeds 50] [--scenarios rewriting told] [--out build/truth]

Thresholds stand in train/judging/thresholds.py and are the same for all. What was found is kept, a line each:
a second call goes on where the first was broken off. Delete it after a change of the code.
"""

import argparse
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import torch
from scipy.stats import binomtest

from tests.train.truth.answers import KNOWN
from tests.train.truth.base import truth_base
from tests.train.truth.finding import found
from tests.train.truth.scenarios import SCENARIOS


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one training was found to be; a line of the results."""

    scenario: str
    seed: int
    verdict: str
    claims: dict[str, bool]
    content: tuple[float, float | None, float | None]
    base: str
    seconds: float


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)  # as in the tests: more threads sum in another order
    base, results = truth_base().name, arguments.out / "findings.jsonl"
    results.parent.mkdir(parents=True, exist_ok=True)
    there = [finding for finding in _read(results) if finding.base == base]
    done = {(finding.scenario, finding.seed) for finding in there}
    for seed in range(arguments.seeds):
        for scenario in arguments.scenarios:
            if (scenario, seed) not in done:
                there.append(_find(scenario, seed, base, arguments.out / "work"))
                with results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(there[-1])) + "\n")
                print(f"{scenario}, seed {seed}: {there[-1].verdict}", flush=True)
    chosen = [each for each in there if each.seed < arguments.seeds]
    print("\n".join(["", *table(arguments.scenarios, chosen)]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50, help="so many trainings a scenario")
    parser.add_argument("--scenarios", nargs="+", choices=[*SCENARIOS], default=[*SCENARIOS])
    parser.add_argument("--out", type=Path, default=Path("build/truth"))
    return parser.parse_args()


def _read(results: Path) -> Iterator[Finding]:
    if results.is_file():
        for line in results.read_text(encoding="utf-8").splitlines():
            yield Finding(**json.loads(line))


def _find(scenario: str, seed: int, base: str, folder: Path) -> Finding:
    """Only the finding is kept."""
    began = perf_counter()
    shutil.rmtree(folder, ignore_errors=True)
    report = found(SCENARIOS[scenario](seed), folder, seed=seed)
    shutil.rmtree(folder)
    return Finding(
        scenario=scenario,
        seed=seed,
        verdict=report.verdict,
        claims={claim: holds(report) for claim, holds in KNOWN[scenario].items()},
        content=(report.content.value, report.content.low, report.content.high),
        base=base,
        seconds=round(perf_counter() - began, 1),
    )


def table(scenarios: Sequence[str], findings: Sequence[Finding]) -> Iterator[str]:
    yield "| scenario | verdicts | known answer | found | 95 % (exact) | content, bits a character | seconds |"
    yield "|---|---|---|---|---|---|---|"
    for scenario in scenarios:
        found_here = [finding for finding in findings if finding.scenario == scenario]
        verdicts = Counter(finding.verdict for finding in found_here).most_common()
        counted = ", ".join(f"{verdict} {count}" for verdict, count in verdicts)
        for claim in KNOWN[scenario]:
            held = sum(finding.claims[claim] for finding in found_here)
            cells = [
                *(scenario, counted, claim),
                *(f"{held} of {len(found_here)}", _bounds(held, len(found_here))),
                _range([finding.content[0] for finding in found_here]),
                _range([finding.seconds for finding in found_here], digits=0),
            ]
            yield f"| {' | '.join(cells)} |"


def _bounds(held: int, runs: int) -> str:
    if not runs:
        return ""
    bounds = binomtest(held, runs).proportion_ci(method="exact")
    return f"{bounds.low:.1%} to {bounds.high:.1%}"


def _range(values: Sequence[float], digits: int = 2) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}" if values else ""


if __name__ == "__main__":
    main()
