"""A question whose answer is known: a rate at which an untrained model learns, against one at which it cannot."""

from pathlib import Path

from tests.pipeline.mixing.folders import folder, pairs
from tests.train.experiments.stated import read
from train.experiments.run import run_experiment

CLAIMS = """\
success:
  - {metric: bits_per_character, row: high, baseline: low, direction: less, margin: 0.5}
  - {metric: bits_per_character, row: low, baseline: high, direction: less, margin: 0.5}
"""


def test_what_is_so_is_shown_and_its_opposite_refuted(tmp_path: Path, model_folder: Path) -> None:
    folder(tmp_path / "data" / "legal", train=pairs("法", 40), test=pairs("法", 100, 50))
    one = "success:\n  - {metric: ROUGE-L, row: high, baseline: low, direction: more, margin: 1}\n"
    stated = read(
        tmp_path,
        (one, CLAIMS),
        ("  method: p_tuning_v2\n  pre_seq_len: 2\n", "  method: full\n"),
        ("items: 5", "items: 100"),
        ("train: 10", "train: 40"),
        ("max_steps: 2", "max_steps: 30"),
        ("low: {learning_rate: 1e-3}", "low: {learning_rate: 1e-9}"),
        ("high: {learning_rate: 1e-1}", "high: {learning_rate: 1e-2}"),
        pairs=("metrics=[bits_per_character]",),
        model=model_folder,
    )

    report = run_experiment(stated, data=tmp_path / "data", out=tmp_path / "out", resamples=500, batch_size=32).report

    assert [claim.outcome for claim in report.claims] == ["shown", "refuted"]
    assert report.outcome == "refuted"
    assert report.conclusion["en"].startswith("No: ")
    assert "Shown." in report.claims[0].words["en"]
