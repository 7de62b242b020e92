"""``prep generate``: a model's answers to a whole split or file."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.cli.answering import answering, find_model
from prep.cli.command import Everyday, rare
from prep.cli.sharing import shared
from schemas.dataset import SPLITS, Split, folder_of
from schemas.errors import OptionError

if TYPE_CHECKING:
    from train.answer.generate import Answer
    from train.answer.predictions import Predictions
    from train.answer.questions import Source

_SECONDS = 30
"""Between two lines where there is no terminal."""


@click.command(cls=Everyday)
@click.argument("data", required=False)
@answering
@click.option("--split", type=click.Choice(SPLITS), default="test", show_default=True, help="Of a dataset.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: generated_predictions.json in the run's folder; without a run, in this one.",
)
@click.option("--batch-size", type=click.IntRange(1), default=8, show_default=True, help="Halved if memory is short.")
@click.option("--limit", type=click.IntRange(1), help="Answer the first records only.")
@click.option("--num-beams", type=click.IntRange(1), default=1, show_default=True, help="Beam search, if more than 1.")
@click.option("--seed", type=int, default=42, show_default=True, help="Of --sampling official.")
@rare(
    "--decoding",
    type=click.Choice(["slots", "compiled", "plain"]),
    default="slots",
    show_default=True,
    help="How greedy answers are made: compiled pays for long runs, plain is transformers' own.",
)
@click.option("--overwrite", is_flag=True, help="Begin anew, and replace what stands there.")
@rare("--prompt-column", help="Of a file. Default: content, prompt, instruction, question or query.")
@rare("--response-column", help="Of a file. Default: summary, response, output or answer.")
@rare("--history-column", help="Of a file. Default: history, where there is one.")
@shared
def generate(
    *,
    data: str | None,
    run: Path | None,
    split: Split,
    out: Path | None,
    batch_size: int,
    limit: int | None,
    num_beams: int,
    seed: int,
    overwrite: bool,
    prompt_column: str | None,
    response_column: str | None,
    history_column: str | None,
    **chosen: Any,
) -> None:
    """Answer DATA: a dataset, a name under data/, or a file of records; by default what the run was trained on.

    Broken off at any moment, the same command goes on.

    \b
    prep generate --run runs/legal-chatglm-6b-p_tuning_v2
    prep generate questions.jsonl --model THUDM/chatglm-6b --out answers.json
    """
    sampling, decoding = chosen.pop("sampling"), chosen.pop("decoding")
    found = find_model(run, **chosen)
    from train.answer.manner import Manner
    from train.answer.predictions import PREDICTIONS, journal_of, predict
    from train.answer.questions import read_questions

    source = _source(data, run, split, prompt=prompt_column, response=response_column, history=history_column)
    records, inputs = read_questions(source, split, limit)
    manner = Manner(max_new_tokens=found.asking.limits.target, sampling=sampling, num_beams=num_beams, seed=seed)
    target = out or (run / PREDICTIONS if run is not None else Path(PREDICTIONS))
    counter = _Counter()
    try:
        made = predict(
            found,
            records,
            manner,
            target,
            inputs=inputs,
            batch_size=batch_size,
            decoding=decoding,
            overwrite=overwrite,
            watcher=counter,
        )
    except KeyboardInterrupt:
        counter.close()
        if not journal_of(target).exists():
            raise
        click.echo("prep: interrupted; the answers so far are kept, the same command goes on", err=True)
        sys.exit(130)
    counter.close()
    click.echo(_summary(made, manner.max_new_tokens))


def _source(
    data: str | None,
    run: Path | None,
    split: Split,
    *,
    prompt: str | None,
    response: str | None,
    history: str | None,
) -> "Source":
    """A path as it is, else a dataset's name under data/; without either what the run was trained on."""
    from train.answer.questions import Source, source_of

    if data is not None:
        return Source(path=folder_of(data, Path("data")), prompt=prompt, response=response, history=history)
    if run is None:
        raise OptionError("nothing to answer; name a dataset or a file of records, e.g. data/legal")
    known = source_of(run, split)
    return Source(
        path=known.path,
        prompt=prompt or known.prompt,
        response=response or known.response,
        history=history or known.history,
    )


def _summary(made: "Predictions", limit: int) -> str:
    parts = [f"{made.records - made.not_asked:,} answers"]
    if made.cut:
        parts.append(f"{made.cut:,} of them cut at {limit} tokens (--max-new-tokens)")
    if made.not_asked:
        parts.append(f"{made.not_asked:,} records without a prompt not asked")
    state = "written" if made.is_new else "unchanged: made of the same already"
    return "\n".join([", ".join(parts), *map(str, made.scores), f"{made.path}: {state}"])


class _Counter:
    """A bar on a terminal; on a pipe a line every half minute."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._total = self._done = self._tokens = self._before = 0
        self._began = self._said = time.monotonic()

    def started(self, total: int, done: int) -> None:
        self._total, self._done, self._before = total, done, done
        self._began = self._said = time.monotonic()
        if done:
            click.echo(f"{done:,} of {total:,} answered already", err=True)
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=done, unit=" answers", leave=False, file=sys.stderr)

    def answered(self, batch: "Sequence[Answer]") -> None:
        self._done += len(batch)
        self._tokens += sum(answer.tokens for answer in batch)
        now = time.monotonic()
        rate = self._tokens / max(now - self._began, 1e-9)
        if self._bar is not None:
            self._bar.update(len(batch))
            self._bar.set_postfix_str(f"{rate:,.0f} tokens/s", refresh=False)
        elif now - self._said >= _SECONDS:
            self._said = now
            records = (self._done - self._before) / (now - self._began)
            shares = f"{self._done:,} of {self._total:,} answered"
            click.echo(f"{shares}, {records:.2f} a second, {rate:,.0f} tokens/s", err=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
