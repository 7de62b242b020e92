"""ChatGLM-6B at its full size on one graphics card: loading, training steps of several methods, saving, answering.

python -m benchmarks.random_checkpoint /tmp/chatglm-6b
python -m benchmarks.full_size /tmp/chatglm-6b [--methods p_tuning_v2 lora freeze] [--dtypes float16 bfloat16]

One step is forward, backward, clipping and AdamW on a batch of 4 x (128 + 512) random tokens, as the reference was
measured; an answer is 256 greedy tokens after a prompt of 128.
"""

import argparse
import gc
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from train.encoding.examples import HIDDEN
from train.families.registry import family_of
from train.methods.registry import METHODS, settings_of
from train.models.checkpoint import load_model
from train.models.registration import register
from train.recording import RecordedSteps

BATCH, PROMPT, ANSWER = 4, 128, 512
NEW_TOKENS = 256
GIB = 2**30
HEAD = (
    "method",
    "dtype",
    "checkpointing",
    "ms a step",
    "samples/s",
    "tokens/s",
    "peak",
    "saved",
    "restored, largest difference of logits",
    "answer tokens/s, batch 1",
    "batch 8",
)


class HostMemory:
    """The largest private memory of this process while it is watched: what a mapped file holds does not count."""

    def __enter__(self) -> "HostMemory":
        self.peak = 0
        self._over = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            self.peak = max(self.peak, int(status["RssAnon"].split()[0]) * 1024)


def training_batch(config: Any, device: str) -> dict[str, Tensor]:
    """Random prompts and answers, none padded: (4, 128 + 512) ids, control tokens counted in."""
    ids = torch.randint(100, min(config.vocab_size, 60_000), (BATCH, PROMPT + ANSWER), device=device)
    ids[:, PROMPT - 2], ids[:, PROMPT - 1] = config.gmask_token_id, config.bos_token_id
    labels = ids.clone()
    labels[:, :PROMPT] = HIDDEN
    return {"input_ids": ids, "labels": labels}


def steps(model: Any, batch: Mapping[str, Any], number: int, *, recorded: bool = False) -> Iterator[float]:
    """Seconds of each optimiser step: forward, backward, clipping, AdamW."""

    def run(inputs: Mapping[str, Any]) -> Tensor:
        loss: Tensor = model(**inputs, use_cache=False).loss
        loss.backward()
        return loss.detach()

    pass_through = RecordedSteps(model.parameters(), run) if recorded else run
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.0, fused=True)
    for _ in range(number):
        torch.cuda.synchronize()
        started = perf_counter()
        pass_through(batch)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        torch.cuda.synchronize()
        yield perf_counter() - started


def tokens_per_second(model: Any, batch: int) -> float:
    """Greedy answers of 256 new tokens to prompts of 128; the second of two calls."""
    ids = training_batch(model.config, "cuda")["input_ids"][:1, :PROMPT].repeat(batch, 1)
    seconds = 0.0
    for _ in range(2):
        torch.cuda.synchronize()
        started = perf_counter()
        output = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            min_new_tokens=NEW_TOKENS,
            do_sample=False,
        )
        torch.cuda.synchronize()
        seconds = perf_counter() - started
    return float(output.shape[0] * (output.shape[1] - PROMPT) / seconds)


def load(folder: Path, dtype: torch.dtype) -> Any:
    with HostMemory() as memory:
        started = perf_counter()
        model = load_model(folder, dtype=dtype, device="cuda")
        seconds = perf_counter() - started
    largest = max(path.stat().st_size for path in folder.glob("pytorch_model-*.bin"))
    print(
        f"load {dtype}: {seconds:.1f} s, peak of private host memory {memory.peak / GIB:.2f} GiB "
        f"(largest shard {largest / GIB:.2f} GiB), {torch.cuda.memory_allocated() / GIB:.2f} GiB on the card",
        flush=True,
    )
    return model


def measure(folder: Path, name: str, dtype: torch.dtype, number: int) -> None:
    """Adapt, train with and without checkpointing, save, restore into a fresh base, answer; print two lines."""
    method, family = METHODS[name], family_of(folder)
    settings = settings_of(method, {})
    model = method.adapt(load(folder, dtype), settings, family)
    batch = training_batch(model.config, "cuda")
    batch |= family.layout(batch["input_ids"], model.config)
    trained = [_trained(model, batch, number, switch) for switch in ("on", "off")]
    with tempfile.TemporaryDirectory() as place:
        method.save(model, Path(place))
        size = sum(path.stat().st_size for path in Path(place).iterdir())
        wanted = _logits(model, batch)
        del model
        torch.cuda.empty_cache()
        model = method.adapt(load_model(folder, dtype=dtype, device="cuda"), settings, family)
        method.restore(model, Path(place))
    apart = float((_logits(model, batch) - wanted).abs().max())
    single, eight = (tokens_per_second(model, rows) for rows in (1, 8))
    after = (f"{size / 2**20:.0f} MiB", f"{apart:.4f}", f"{single:.1f}", f"{eight:.1f}")
    precision = str(dtype).removeprefix("torch.")
    for switch, cells in zip(("on", "off"), trained, strict=True):
        print(
            f"| {' | '.join((name, precision, switch, *cells, *(after if switch == 'off' else [''] * 4)))} |",
            flush=True,
        )


def _trained(model: Any, batch: Mapping[str, Tensor], number: int, checkpointing: str) -> tuple[str, ...]:
    if checkpointing == "on":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    else:
        model.gradient_checkpointing_disable()
    gc.collect()  # an optimiser stands in a circle of references: the one before would be counted too
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    step = statistics.median(list(steps(model.train(), batch, number))[3:])
    peak = torch.cuda.max_memory_allocated() / GIB
    tokens = BATCH * (PROMPT + ANSWER)
    return f"{1000 * step:.0f}", f"{BATCH / step:.1f}", f"{tokens / step:,.0f}", f"{peak:.1f} GiB"


@torch.no_grad()
def _logits(model: Any, batch: Mapping[str, Tensor]) -> Tensor:
    given = {name: value for name, value in batch.items() if name != "labels"}
    logits: Tensor = model.eval()(**given, use_cache=False, logits_to_keep=8).logits.float()
    return logits


def main() -> None:
    """Print what was measured, as lines of a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--methods", nargs="+", default=["p_tuning_v2", "lora", "freeze"], choices=METHODS)
    parser.add_argument("--dtypes", nargs="+", default=["float16", "bfloat16"])
    parser.add_argument("--steps", type=int, default=23, help="The first three are not counted.")
    arguments = parser.parse_args()
    register()
    card = torch.cuda.get_device_name()
    print(f"{card}, torch {torch.__version__}; batch {BATCH} x ({PROMPT} + {ANSWER}), median of {arguments.steps - 3}")
    print(f"| {' | '.join(HEAD)} |")
    print("|" + "---|" * len(HEAD))
    for dtype in arguments.dtypes:
        for name in arguments.methods:
            measure(arguments.folder, name, getattr(torch, dtype), arguments.steps)
            gc.collect()
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
