"""Greedy answers of ChatGLM-6B at its full size on one graphics card: slots beside ``generate``, and the card's limits.

python -m benchmarks.generate [--folder /tmp/chatglm-6b] [--kinds graphs compiled] [--mixed graphs]

Without a folder the weights are drawn on the card. Prompts of 128 random tokens, a prefix of 128, 256 new tokens. A
rate counts from the end of the first answers to that of the last, reading prompts included; what comes before
(recording, compiling) is shown as set-up. Random weights never end an answer, so each of the 1,043 mixed prompts gets a
limit of its own, drawn once: median about 120, up to 256. Their rate counts everything, set-up too.
"""

import argparse
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import torch

from benchmarks.card import ceilings, seconds_of
from benchmarks.random_model import random_model
from train.answer.engine import Engine, Question, slots_for
from train.answer.generate import left_padded
from train.encoding.examples import Ids
from train.families.registry import FAMILIES, family_of
from train.methods.registry import METHODS, settings_of
from train.models.checkpoint import load_model
from train.models.decoding.decoder import Decoder, Speed
from train.models.registration import register

PROMPT, NEW, MIXED, PREFIX = 128, 256, 1043, 128
PLAIN_NEW = 128
"""Of the plain path, which is slow and steady."""
KINDS = {
    "eager": Speed(graphs=False),
    "torch's attention": Speed(kernel=False),
    "graphs": Speed(),
    "cuBLAS": Speed(products=False),
    "compiled": Speed(compiled=True),
    "compiled, cuBLAS": Speed(compiled=True, products=False),
}


class Rate(NamedTuple):
    tokens_per_second: float
    setup_seconds: float
    said: dict[int, Ids]


def prompt(config: Any, drawn: random.Random, length: int) -> Ids:
    words = [drawn.randrange(100, min(config.vocab_size, 60_000)) for _ in range(length)]
    if hasattr(config, "gmask_token_id"):
        words[-2:] = [config.gmask_token_id, config.bos_token_id]
    return words


def alike(config: Any, count: int) -> list[Question]:
    drawn = random.Random(0)  # noqa: S311 (repeatable, not secret)
    return [Question(number, prompt(config, drawn, PROMPT), NEW) for number in range(count)]


def mixed(config: Any) -> list[Question]:
    """The longest prompts first, as ``prep generate`` asks them."""
    drawn = random.Random(1)  # noqa: S311 (repeatable, not secret)
    sizes = [min(max(round(drawn.lognormvariate(4.0, 0.5)), 16), PROMPT) for _ in range(MIXED)]
    limits = [min(max(round(drawn.lognormvariate(4.8, 0.6)), 8), NEW) for _ in range(MIXED)]
    asked = [prompt(config, drawn, size) for size in sorted(sizes, reverse=True)]
    return [Question(number, *pair) for number, pair in enumerate(zip(asked, limits, strict=True))]


def through_slots(model: Any, questions: Sequence[Question], slots: int, speed: Speed, *, rounds: int = 2) -> Rate:
    """``rounds`` answers a slot; the first set everything up."""
    began = perf_counter()
    said: dict[int, Ids] = {}
    times: list[tuple[float, int]] = []
    for batch in Engine(model, questions, ends=(), slots=slots, speed=speed).run():
        said |= {each.record: each.ids for each in batch}
        times.append((perf_counter() - began, sum(len(each.ids) for each in batch)))
    (first, _), (last, _) = times[0], times[-1]
    rate = sum(tokens for _, tokens in times[1:]) / max(last - first, 1e-9)
    return Rate(rate, first - (last - first) / (rounds - 1), said)


def plain(model: Any, questions: Sequence[Question], new: int) -> tuple[float, list[Ids]]:
    """Seconds of one batch through ``generate``, and its answers."""
    batch = {name: rows.to(model.device) for name, rows in left_padded([each.prompt for each in questions], 3).items()}
    began = perf_counter()
    output = model.generate(**batch, max_new_tokens=new, min_new_tokens=new, do_sample=False)
    found: list[Ids] = output[:, batch["input_ids"].shape[1] :].tolist()
    return perf_counter() - began, found


@torch.no_grad()
def differences(model: Any, questions: Sequence[Question], ours: dict[int, Ids], theirs: Sequence[Ids]) -> str:
    """Where answers part for the first time, how far ``generate`` holds the two tokens apart."""
    gaps = []
    for question, plainly in zip(questions, theirs, strict=True):
        said = ours[question.record][: len(plainly)]
        place = next((at for at, pair in enumerate(zip(said, plainly, strict=True)) if pair[0] != pair[1]), None)
        if place is not None:
            ids = torch.tensor([question.prompt + plainly[:place]], device=model.device)
            scores = model(ids, logits_to_keep=1, use_cache=False).logits[0, -1].float()
            gaps.append(abs(float(scores[said[place]] - scores[plainly[place]])))
    equal = f"{len(theirs) - len(gaps)} of {len(theirs)} answers as plain"
    return f"{equal}; the others part at logits at most {max(gaps):.4f} apart" if gaps else equal


def profile(model: Any, slots: int, speed: Speed) -> str:
    """The kernels of a step, by their share of its time."""
    decoder = Decoder(model, slots=slots, tokens=PROMPT + NEW, speed=speed)
    for first in range(0, slots, 64):
        places = range(first, min(first + 64, slots))
        decoder.admit(places, [each.prompt for each in alike(model.config, len(places))])
    steps = 8
    for _ in range(3):
        decoder.step(decoder.capacity)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profiler:
        for _ in range(steps):
            decoder.step(decoder.capacity)
        torch.cuda.synchronize()
    kernels = sorted(profiler.key_averages(), key=lambda each: -each.self_device_time_total)
    whole = sum(each.self_device_time_total for each in kernels)
    wall = seconds_of(partial(decoder.step, decoder.capacity))
    lines = [f"a step of {slots} slots: {1000 * wall:.2f} ms, {whole / steps / 1000:.2f} ms of them in kernels"]
    for each in kernels[:12]:
        of_step = each.self_device_time_total / steps / 1000
        lines.append(f"  {of_step:7.3f} ms {each.count / steps:5.0f} x  {each.key[:90]}")
    return "\n".join(lines)


def report_alike(model: Any, kinds: Sequence[str]) -> None:
    """Batch 1 and batch 8."""
    plain(model, alike(model.config, 1), 8)
    print("| batch | path | tokens/s | ms a step | set-up, s | ids |\n|---|---|---|---|---|---|")
    for batch in (1, 8):
        asked = alike(model.config, 2 * batch)
        seconds, theirs = plain(model, asked[:batch], PLAIN_NEW)
        rate = batch * PLAIN_NEW / seconds
        print(f"| {batch} | plain | {rate:,.1f} | {1000 * batch / rate:.2f} | | |", flush=True)
        for kind in kinds:
            rate, setup, said = through_slots(model, asked, batch, KINDS[kind])
            same = differences(model, asked[:batch], said, theirs)
            print(f"| {batch} | {kind} | {rate:,.1f} | {1000 * batch / rate:.2f} | {setup:.1f} | {same} |", flush=True)


def report_mixed(model: Any, kinds: Sequence[str]) -> None:
    asked = mixed(model.config)
    total = sum(each.limit for each in asked)
    seconds, _ = plain(model, asked[:8], max(each.limit for each in asked[:8]))
    tokens = sum(each.limit for each in asked[:8])
    print(f"mixed, plain, the first batch of 8: {tokens / seconds:,.0f} tokens/s")
    for kind in kinds:
        slots = slots_for(model, asked, 8)
        began = perf_counter()
        through_slots(model, asked, slots, KINDS[kind])
        seconds = perf_counter() - began
        print(
            f"mixed, {kind}: {MIXED:,} prompts, {total:,} tokens on {slots} slots in {seconds:.1f} s: "
            f"{total / seconds:,.0f} tokens/s, peak {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB",
            flush=True,
        )


def tuned(folder: Path | None, name: str, dtype: torch.dtype) -> Any:
    """A model with a random prefix."""
    family, method = family_of(folder) if folder else FAMILIES[name], METHODS["p_tuning_v2"]
    model = load_model(folder, dtype=dtype, device="cuda") if folder else random_model(family, dtype)
    return method.adapt(model, settings_of(method, {"pre_seq_len": PREFIX}), family).eval()


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--family", default="chatglm", choices=["chatglm", "chatglm2"], help="Without a folder.")
    parser.add_argument("--kinds", nargs="*", default=["graphs", "compiled"], choices=KINDS)
    parser.add_argument("--mixed", nargs="*", default=["graphs"], choices=KINDS)
    parser.add_argument("--dtype", default="float16", choices=["float16", "bfloat16"])
    arguments = parser.parse_args()
    register()
    began, dtype = perf_counter(), getattr(torch, arguments.dtype)
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {arguments.dtype}; {ceilings(dtype)}", flush=True
    )
    model = tuned(arguments.folder, arguments.family, dtype)
    print(f"loaded after {perf_counter() - began:.0f} s", flush=True)
    report_alike(model, arguments.kinds)
    report_mixed(model, arguments.mixed)
    for slots, kind in (*((batch, each) for each in arguments.kinds[-1:] for batch in (1, 8)), (128, "graphs")):
        print(f"{kind}, {profile(model, slots, KINDS[kind])}", flush=True)
    print(f"all of it took {perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
