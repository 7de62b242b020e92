"""ChatGLM-6B with a base in 4 and 8 bits on one graphics card: kernels, P-Tuning v2 at batch 1, answers.

python -m benchmarks.random_checkpoint /tmp/chatglm-6b
python -m benchmarks.quantised /tmp/chatglm-6b [--kinds int4 int8 nf4 llm-int8 torchao-int8 none] [--method lora]

A step is forward, backward, clipping and AdamW on one example of 128 + 512 random tokens; an answer is 128 greedy
tokens after a prompt of 128, by the engine of ``prep generate``. PREP_TRITON=0 in front of it measures plain torch.
"""

import argparse
import gc
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.full_size import GIB, HostMemory, steps
from benchmarks.train import on_the_card, profile
from train.answer.engine import Engine, Question
from train.encoding.examples import HIDDEN
from train.encoding.pack import Pack
from train.families.registry import family_of
from train.methods.registry import METHODS, settings_of
from train.models.checkpoint import load_model
from train.models.decoding.decoder import Speed
from train.models.quantised.choice import BITS
from train.models.quantised.linear import kernels
from train.models.quantised.official import dequantised, quantised
from train.models.registration import register
from train.recording import ROUNDED

PROMPT, ANSWER, NEW_TOKENS = 128, 512, 128
SHAPES = {"query_key_value": (12288, 4096), "dense": (4096, 4096), "h_to_4h": (16384, 4096), "4h_to_h": (4096, 16384)}
COPIES = 6
"""Of each weight, so that none is in the card's cache when its turn comes."""


def milliseconds(run: Callable[[int], object], times: int = 30) -> float:
    """The median of runs, each of which gets its number."""
    found = []
    for number in range(times):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run(number % COPIES)
        end.record()
        torch.cuda.synchronize()
        found.append(float(start.elapsed_time(end)))
    return statistics.median(found[5:])


def measure_kernels(dtype: torch.dtype) -> None:
    """Times and rates of memory, beside cuBLAS on whole weights; and how far from the plain arithmetic."""
    fast = kernels(torch.zeros(1, device="cuda"))
    if fast is None:
        print("no Triton kernels: plain torch only")
        return
    head = ("weight", "bits", "dequantise", "GB/s", "apart", "1 token", "GB/s", "apart", "whole", "8 tokens", "whole")
    print(f"\n| {' | '.join(head)} |\n{'|---' * len(head)}|")
    for name, (rows, columns) in SHAPES.items():
        whole = [0.02 * torch.randn(rows, columns, device="cuda", dtype=dtype) for _ in range(COPIES)]
        for bits in (4, 8):
            stored = [quantised(weight, bits) for weight in whole]
            cells = _kernel_cells(fast, stored, whole)
            print(f"| {name} | {bits} | {' | '.join(cells)} |", flush=True)


def _kernel_cells(fast: Any, stored: list[tuple[Tensor, Tensor]], whole: list[Tensor]) -> list[str]:
    (rows, columns), dtype = whole[0].shape, whole[0].dtype
    plain = dequantised(*stored[0], columns, dtype)
    apart = (fast.dequantise(*stored[0], columns, dtype).float() - plain.float()).abs().max()
    written = milliseconds(lambda copy: fast.dequantise(*stored[copy], columns, dtype))
    packed = stored[0][0].numel()
    cells = [f"{written:.3f} ms", f"{(packed + 2 * rows * columns) / written / 1e6:,.0f}", f"{apart:.2g}"]
    for tokens in (1, 8):
        hidden = torch.randn(tokens, columns, device="cuda", dtype=dtype)
        took = milliseconds(lambda copy, hidden=hidden: fast.multiply_few(hidden, *stored[copy], None))  # type: ignore[misc]
        half = milliseconds(lambda copy, hidden=hidden: hidden @ whole[copy].T)  # type: ignore[misc]
        exact = hidden.double() @ dequantised(*stored[0], columns, torch.float64).T
        away = (fast.multiply_few(hidden, *stored[0], None).double() - exact).abs().max() / exact.abs().max()
        about = [f"{packed / took / 1e6:,.0f}", f"{away:.1e}"] if tokens == 1 else []
        cells += [f"{took:.3f} ms", *about, f"{half:.3f} ms"]
    return cells


def measure(folder: Path, kind: Any, name: str, dtype: torch.dtype, number: int, *, profiled: bool) -> None:
    """Load, train with and without checkpointing, answer; print a line of each."""
    with HostMemory() as host:
        started = perf_counter()
        model = load_model(folder, dtype=dtype, device="cuda", quantization=kind)
        seconds = perf_counter() - started
    print(
        f"\n{kind}: loaded in {seconds:.1f} s, {torch.cuda.memory_allocated() / GIB:.2f} GiB on the card, "
        f"private host memory {host.peak / GIB:.2f} GiB at the peak"
    )
    family, method = family_of(folder), METHODS[name]
    model = method.adapt(model, settings_of(method, {}), family)
    batch = _batch(model, family)
    for how in ("checkpointing", "as ever", "recorded"):
        print(f"  {name}, {how}: {_trained(model, batch, number, how)}", flush=True)
    if profiled:
        profile(lambda: list(steps(model.train(), batch, 1)))
    for slots in (1, 8):
        answered = _answered(model.eval(), batch["input_ids"][0, :PROMPT], slots)
        print(f"  answers, {slots} at once: {answered}", flush=True)


def _batch(model: Any, family: Any) -> dict[str, Any]:
    """One example, as ``prep train`` packs it."""
    config = model.config
    ids = np.random.default_rng(0).integers(100, min(config.vocab_size, 60_000), PROMPT + ANSWER, dtype=np.int32)
    ids[PROMPT - 2 : PROMPT] = config.gmask_token_id, config.bos_token_id
    labels = np.where(np.arange(len(ids)) < PROMPT, HIDDEN, ids).astype(np.int32)
    pack = Pack(pad=config.pad_token_id, layout=lambda rows: family.layout(rows, config), multiple_of=ROUNDED, alike=1)
    batch: dict[str, Any] = on_the_card(pack([{"input_ids": ids, "labels": labels}]))
    return batch


def _trained(model: Any, batch: dict[str, Any], number: int, how: str) -> str:
    if how == "checkpointing":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    else:
        model.gradient_checkpointing_disable()
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    step = statistics.median(list(steps(model.train(), batch, number, recorded=how == "recorded"))[3:])
    peak, reserved = torch.cuda.max_memory_allocated() / GIB, torch.cuda.max_memory_reserved() / GIB
    rate = (PROMPT + ANSWER) / step
    return (
        f"{1000 * step:.1f} ms a step, {rate:,.0f} tokens/s, peak {peak:.2f} GiB ({reserved:.2f} with what lies idle)"
    )


def _answered(model: Any, prompt: Tensor, slots: int) -> str:
    native = model.get_base_model() if hasattr(model, "peft_config") else model
    seconds = 0.0
    torch.cuda.reset_peak_memory_stats()
    for tokens in (8, NEW_TOKENS):
        asked = [Question(number, prompt.tolist(), tokens) for number in range(slots)]
        engine = Engine(native, asked, ends=(), slots=slots, speed=Speed())
        torch.cuda.synchronize()
        started = perf_counter()
        with torch.inference_mode():
            said = sum(len(each.ids) for group in engine.run() for each in group)
        seconds = perf_counter() - started
    peak = torch.cuda.max_memory_allocated() / GIB
    return f"{said / seconds:,.1f} tokens/s, {1000 * seconds / NEW_TOKENS:.2f} ms a token, peak {peak:.2f} GiB"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", nargs="+", default=["int4", "int8"], choices=["none", *BITS])
    parser.add_argument("--method", default="p_tuning_v2", choices=["p_tuning_v2", "lora"])
    parser.add_argument("--dtype", default="float16", choices=["float16", "bfloat16"])
    parser.add_argument("--steps", type=int, default=23, help="The first three are not counted.")
    parser.add_argument("--profile", action="store_true", help="The kernels of a step, the longest first.")
    arguments = parser.parse_args()
    register()
    dtype, card = getattr(torch, arguments.dtype), torch.cuda.get_device_name()
    print(f"{card}, torch {torch.__version__}, {arguments.dtype}; batch 1 x ({PROMPT} + {ANSWER})")
    measure_kernels(dtype)
    for kind in arguments.kinds:
        measure(arguments.folder, kind, arguments.method, dtype, arguments.steps, profiled=arguments.profile)
        gc.collect()
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
