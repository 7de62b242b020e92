"""``prep evaluate`` of a random checkpoint: every step is timed, and nobody takes its verdict for one about the 6B."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks.full_evaluate import Clock, Step, lines, measure
from benchmarks.random_checkpoint import with_tiny_vocabulary, write_checkpoint
from train.base import find_base
from train.evaluation.stand_in import kind_of
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.tiny.writing import configuration, write_tokenizer


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    write_checkpoint(folder, configuration(layers=2, hidden=32, heads=2), shards=2)
    write_tokenizer(folder)
    return folder


def test_a_random_checkpoint_says_that_it_is_one(checkpoint: Path) -> None:
    assert kind_of(find_base(str(checkpoint))) == "random"


def test_every_step_is_timed_and_the_verdict_is_not_about_the_6b(checkpoint: Path, tmp_path: Path) -> None:
    clock = Clock()

    report = measure(
        str(checkpoint), tmp_path / "place", clock, train=40, items=4, steps=1, batch_size=4, method="lora",
        max_source_length=48, max_target_length=8,
    )  # fmt: skip

    assert "are random: times and memory count, scores and verdicts mean nothing" in report.stands_for_itself
    [domain] = report.domains
    for lang, words in (("en", "random weights: this is not about the 6B"), ("zh", "这不是关于 6B 的结论")):
        assert words in domain.reasons[lang]  # type: ignore[index]
    names = [step.name for step in clock.steps]
    for cell in ("tuned, own test: answers", "tuned, own test, prompts shuffled: bits", "tuned, other test: bits"):
        assert cell in names
    assert names[0] == "made-up texts, converted"
    assert names[-1] == "scores, bootstrap of 10,000, verdict, pages"
    assert {step.items for step in clock.steps if step.name.startswith("tuned, own")} == {4}


def test_the_table_ends_with_the_sum_of_all_steps() -> None:
    steps = [Step("a", 10, 2.0, 3 << 30), Step("nothing", 0, 0.01, 0), Step("b", 0, 1.0, 1 << 30)]

    table = [*lines(steps)]

    assert table[2:] == [
        "| a | 10 | 2.0 | 5.0 | 3.0 GiB |",
        "| b |  | 1.0 |  | 1.0 GiB |",
        "| all |  | 3.0 |  | 3.0 GiB |",
    ]


def test_the_full_size_takes_the_tiny_vocabulary() -> None:
    config, tiny = with_tiny_vocabulary(ChatGLM1Config()), configuration(layers=1, hidden=8, heads=1)

    assert (config.num_layers, config.hidden_size, config.vocab_size) == (28, 4096, 130_528)
    assert (config.gmask_token_id, config.eos_token_id) == (tiny.gmask_token_id, tiny.eos_token_id)
