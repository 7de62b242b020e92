"""How fast a whole ChatGLM-6B trains on one graphics card, beside the card's own limits and the plain path.

python -m benchmarks.train [--dtype bfloat16] [--examples 64] [--works plain p_tuning_v2 lora full] [--profile]

The weights are random numbers. Examples are random tokens whose lengths are drawn from those of the BDCI patents (title
and abstract in tokens of the official vocabulary, control tokens counted in). A step is forward, backward, clipping and
the optimiser on ``--examples`` of them: other ones each step, so other lengths. ``plain`` is what the official script
does: every example padded to 640, four at a time, with all logits.
"""

import argparse
import gc
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.random_model import random_model
from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN
from train.encoding.pack import Pack
from train.families.chatglm import CHATGLM
from train.methods.registry import METHODS, settings_of

PERCENT = np.arange(0, 101, 5)
TITLES = (4, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 15, 15, 16, 17, 19, 31)
ABSTRACTS = (34, 90, 107, 119, 129, 137, 144, 150, 155, 159, 163, 166, 171, 174, 178, 182, 186, 191, 197, 207, 400)
"""Tokens at every fifth percentile of the patents; the two lengths do not go together (correlation 0.01)."""
GIB = 2**30
PADDED = 640
HEAD = ("work", "ms a step", "samples/s", "real tokens/s", "of the matrix rate", "peak", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One line of the table."""

    method: str
    rows: int
    """Examples that go through the model at once."""
    packs: bool = True
    settings: tuple[tuple[str, Any], ...] = ()
    flops: int = 4
    """A weight and token: 4 where the base is frozen, 6 where all of it trains."""
    eight_bits: bool = False
    """Of the optimiser's states."""
    checkpointing: bool = False


WORKS = {
    "plain": Work(method="p_tuning_v2", rows=4, packs=False),
    "p_tuning_v2": Work(method="p_tuning_v2", rows=64),
    "p_tuning_v2, 32 at once": Work(method="p_tuning_v2", rows=32),
    "lora": Work(method="lora", rows=64),
    "freeze": Work(method="freeze", rows=64),
    "full": Work(method="full", rows=32, settings=(("float32_weights", False),), flops=6, eight_bits=True),
}


def drawn(count: int, seed: int) -> list[dict[str, Any]]:
    """Examples of random tokens, as long as patents."""
    random = np.random.default_rng(seed)
    lengths = [np.interp(random.random(count) * 100, PERCENT, each).round().astype(int) for each in (TITLES, ABSTRACTS)]
    made = []
    for title, abstract in zip(*lengths, strict=True):
        ids = random.integers(100, 60_000, title + abstract, dtype=np.int32)
        ids[title - 2 : title] = 130_001, 130_004
        labels = np.where(np.arange(len(ids)) < title, HIDDEN, ids).astype(np.int32)
        made.append({"input_ids": ids, "labels": labels})
    return made


def batches(work: Work, family: Any, config: Any, examples: int, seed: int) -> Iterator[dict[str, Any]]:
    """The parts of one step, on the card."""
    layout = partial(_layout, family, config)
    together = Pack(pad=3, layout=layout) if work.packs else PadRight(pad=3, multiple_of=PADDED, layout=layout)
    rows = drawn(examples, seed)
    for first in range(0, examples, work.rows):
        yield on_the_card(together(rows[first : first + work.rows]))


def _layout(family: Any, config: Any, ids: Tensor) -> Any:
    return family.layout(ids, config)


def on_the_card(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: on_the_card(each) for name, each in values.items()}
    return values.pin_memory().to("cuda", non_blocking=True) if isinstance(values, Tensor) else values


def optimizer_of(trained: Sequence[Any], work: Work) -> Any:
    if not work.eight_bits:
        return torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.0, fused=True)
    from bitsandbytes.optim import AdamW8bit

    return AdamW8bit(trained, lr=1e-6, weight_decay=0.0)


def step(model: Any, optimizer: Any, parts: Sequence[dict[str, Any]], number: int) -> Tensor:
    """One step of the optimiser; the loss stays on the card."""
    total = torch.zeros((), device="cuda")
    for part in parts:
        loss = model(**part, num_items_in_batch=number).loss
        loss.backward()
        total += loss.detach()
    torch.nn.utils.clip_grad_norm_([each for each in model.parameters() if each.requires_grad], 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return total


def measure(name: str, dtype: torch.dtype, options: argparse.Namespace, matrix_rate: float) -> None:
    """Print a line of the table, and where the time of a step goes."""
    work, family = WORKS[name], CHATGLM
    method = METHODS[work.method]
    model = random_model(CHATGLM, dtype)
    model = method.adapt(model, settings_of(method, dict(work.settings)), family).train()
    weights = sum(each.numel() for each in model.parameters()) - _added(model, work)
    optimizer = optimizer_of([each for each in model.parameters() if each.requires_grad], work)
    torch.cuda.reset_peak_memory_stats()
    seconds, tokens, loss = [], [], torch.zeros(())
    for number in range(options.warmup + options.steps):
        parts = list(batches(work, family, model.config, options.examples, number))
        taught = sum(int((each["labels"] != HIDDEN).sum()) for each in parts)
        torch.cuda.synchronize()
        started = perf_counter()
        loss = step(model, optimizer, parts, taught)
        torch.cuda.synchronize()
        seconds.append(perf_counter() - started)
        tokens.append(sum(len(each["input_ids"]) for each in drawn(options.examples, number)))
        if number == 0:
            print(f"{name}: first step {seconds[0]:.1f} s", flush=True)
    spent = statistics.median(seconds[options.warmup :])
    rate = sum(tokens[options.warmup :]) / sum(seconds[options.warmup :])
    cells = (
        f"{name}, {str(dtype).removeprefix('torch.')}",
        f"{1000 * spent:.0f}",
        f"{options.examples / spent:.1f}",
        f"{rate:,.0f}",
        f"{work.flops * weights * rate / matrix_rate:.1%}",
        f"{torch.cuda.max_memory_allocated() / GIB:.1f} GiB",
        f"{float(loss):.3f}",
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    if options.profile and work.packs:
        parts = list(batches(work, family, model.config, options.examples, 0))
        profile(partial(step, model, optimizer, parts, 10_000))


def _added(model: Any, work: Work) -> int:
    """Parameters that the method put beside the base."""
    if work.method in ("full", "freeze"):
        return 0
    return sum(each.numel() for each in model.parameters() if each.requires_grad)


def profile(work: Callable[[], Any]) -> None:
    """The kernels that take most of the card's time."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as watch

    with watch(activities=[ProfilerActivity.CUDA]) as watched:
        work()
        torch.cuda.synchronize()
    events = sorted(watched.key_averages(), key=lambda event: -event.self_device_time_total)
    whole = sum(event.self_device_time_total for event in events)
    print(f"    {whole / 1000:.0f} ms of kernels:")
    for event in events[:24]:
        share = event.self_device_time_total / whole
        print(f"    {share:5.1%} {event.self_device_time_total / 1000:8.1f} ms {event.count:5d} x {event.key[:90]}")


def ceilings(dtype: torch.dtype) -> float:
    """Matrix products and copies of the card; returns the rate of the former."""
    left, right = (torch.randn(8192, 8192, device="cuda", dtype=dtype) for _ in range(2))
    product = 2 * 8192**3 / _best(lambda: left @ right)
    given = torch.empty(2 * GIB, dtype=torch.uint8, device="cuda")
    taken = torch.empty_like(given)
    copy = 2 * given.numel() / _best(lambda: taken.copy_(given))
    print(f"ceilings: 8192³ product {product / 1e12:.0f} TFLOP/s, copy {copy / 1e12:.2f} TB/s read and written")
    return product


def _best(work: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(13):
        torch.cuda.synchronize()
        started = perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(perf_counter() - started)
    return statistics.median(seconds[3:])


def main() -> None:
    """Print what was measured, as lines of a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", nargs="+", default=list(WORKS), choices=WORKS)
    parser.add_argument("--dtype", default="bfloat16", choices=("float16", "bfloat16"))
    parser.add_argument("--examples", type=int, default=64, help="A step; the official batch of 4 x 16.")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    dtype = getattr(torch, options.dtype)
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}; {options.examples} examples a step")
    rate = ceilings(dtype)
    print(f"| {' | '.join(HEAD)} |\n|" + "---|" * len(HEAD))
    for name in options.works:
        measure(name, dtype, options, rate)
        gc.collect()
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
