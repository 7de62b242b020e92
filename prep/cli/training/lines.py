"""The lines that ``prep train`` shows, made of what the training tells; nothing is printed here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.stats.terminal import display_width, pad

if TYPE_CHECKING:
    from train.encoding.report import WholeExample
    from train.plan import Plan

_NAMES = 15
_NARROWEST = 24
_ENDS = 6
"""Ids that are shown at either end of a row of them."""
_TEXT_LINES = 3
"""Of a text; the middle of a longer one is left out."""
_HIDDEN = -100
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def example_lines(example: "WholeExample", shares: Mapping[str, str], width: int) -> Iterator[str]:
    """One example as the model gets it, and how many examples lose what."""
    learnt = sum(label != _HIDDEN for label in example.labels)
    yield f"one example: {len(example.input_ids):,} tokens, {learnt:,} of them learnt"
    yield from named("  given", example.given, width, lines=_TEXT_LINES)
    yield from named("  learnt", example.learnt, width, lines=_TEXT_LINES)
    yield from named("  ids", " | ".join(map(_ids, _parts(example))), width)
    yield from named("  labels", " | ".join(map(_ids, _runs(example.labels))), width)
    for what, share in shares.items():
        yield from named("  lost", f"{share} {what}", width)


def plan_lines(plan: "Plan", width: int) -> Iterator[str]:
    """The table before the start."""
    devices = f"{plan.devices} device" + ("" if plan.devices == 1 else "s")
    share = 100 * plan.parameters_trained / max(plan.parameters, 1)
    table = {
        "run": plan.run,
        "model": f"{plan.model} ({plan.family}), {plan.dtype} on {plan.device}",
        "method": plan.method,
        "examples": f"{plan.examples:,}" + (f", and {plan.evaluated:,} to evaluate on" if plan.evaluated else ""),
        "parameters": f"{plan.parameters_trained:,} trained, of {plan.parameters:,} in all ({share:.3g} %)",
        "batch": f"{plan.per_device_train_batch_size:,} × {plan.gradient_accumulation_steps:,} accumulated × {devices}"
        f" = {plan.total_train_batch_size:,}",
        "steps": f"{plan.max_steps:,}",
        "epochs": f"{plan.num_train_epochs:,}" + (f" ({plan.epochs_explained})" if plan.epochs_explained else ""),
        "learning rate": f"{plan.learning_rate:g}",
        "memory": _memory(plan),
        "time": "known after the first steps" if plan.seconds is None else f"about {_time(plan)}",
    }
    for name, text in table.items():
        yield from named(name, text, width)


def _memory(plan: "Plan") -> str:
    if plan.memory_bytes is None:
        return "unknown"
    again = f"; {plan.recomputed_layers} layers recomputed" if plan.recomputed_layers else ""
    return f"about {size(plan.memory_bytes)} at the peak, estimated{again}"


def _time(plan: "Plan") -> str:
    """All of it, a step, and what else takes a hundredth of it or more."""
    whole = plan.seconds or 0.0
    step = "" if plan.step_seconds is None else f": {_pace(plan.step_seconds)}"
    beside = [f"{name} {duration(seconds)}" for name, seconds in plan.beside_steps.items() if seconds >= whole / 100]
    return f"{duration(whole)}, estimated{step}" + (f", and {', '.join(beside)}" if beside else "")


def took_lines(facts: Mapping[str, Any], width: int) -> Iterator[str]:
    """What a run took, beside what was estimated; runs of earlier versions do not say."""
    took, guessed = facts.get("measured", {}), facts.get("estimated", {})
    if took.get("memory_bytes") and guessed.get("memory_bytes"):
        text = f"{size(took['memory_bytes'])} at the peak; {size(guessed['memory_bytes'])} were estimated"
        yield from named("memory", text, width)
    if took.get("step_seconds") and guessed.get("step_seconds"):
        is_whole = took.get("seconds") is not None
        text = "; ".join(_taken(each, is_whole=is_whole) for each in (took, guessed))
        yield from named("time", f"{text} were estimated", width)


def _taken(facts: Mapping[str, float], *, is_whole: bool) -> str:
    return (f"{duration(facts['seconds'])}, " if is_whole else "") + _pace(facts["step_seconds"])


def _pace(seconds: float) -> str:
    return f"{seconds:.2g} s a step" if seconds < 10 else f"{duration(seconds)} a step"


def log_line(step: int, steps: int, facts: Mapping[str, float], left: float | None = None) -> str:
    """What was logged at a step; ``left`` are the seconds that remain."""
    shown = [f"{'eval ' * is_eval}loss {facts[name]:.4g}" for name, is_eval in _LOSSES.items() if name in facts]
    shown += [f"grad {facts['grad_norm']:.3g}"] if "grad_norm" in facts else []
    shown += [f"lr {facts['learning_rate']:.3g}"] if "learning_rate" in facts else []
    shown += [f"{facts['tokens_per_second']:,.0f} tokens/s"] if "tokens_per_second" in facts else []
    shown += [f"{duration(left)} left"] if left is not None and "loss" in facts else []
    return f"step {step:,}/{steps:,}  " + "  ".join(shown)


_LOSSES = {"loss": False, "eval_loss": True}


def duration(seconds: float) -> str:
    """In the two largest units that it has."""
    whole = max(round(seconds), 0)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days:,} d" if days > 99 else f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {whole % 60:02} s" if minutes else f"{whole} s"


def size(number: float) -> str:
    """In the largest unit of which there is at least one."""
    for unit in _UNITS[:-1]:
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:,.3g} {_UNITS[-1]}"


def named(name: str, text: str, width: int, lines: int | None = None) -> Iterator[str]:
    """A name, and the text beside it in lines that fit; of more than ``lines`` those in the middle are left out."""
    broken = wrapped(text, max(width - _NAMES, _NARROWEST)) or [""]
    if lines is not None and len(broken) > lines:
        broken = [*broken[: lines - 1], f"… {len(broken) - lines} more lines …", broken[-1]]
    for number, line in enumerate(broken):
        yield (pad(name if number == 0 else "", _NAMES, left=True) + line).rstrip()


def wrapped(text: str, width: int) -> list[str]:
    """Broken at blanks where there are any, anywhere in Chinese; control characters as they are written in Python."""
    lines, line = [], ""
    for piece in _pieces("".join(each if each.isprintable() else repr(each)[1:-1] for each in text)):
        if line and display_width(line) + display_width(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line else lines


def _pieces(text: str) -> Iterator[str]:
    """Words with the blanks behind them; wide characters, and parts of words that are long, by themselves."""
    word = ""
    for character in text:
        word += character
        if character == " " or display_width(character) > 1 or len(word) >= _NARROWEST:
            yield word
            word = ""
    if word:
        yield word


def _parts(example: "WholeExample") -> list[Sequence[int]]:
    """What is given and what is learnt."""
    start = next((at for at, label in enumerate(example.labels) if label != _HIDDEN), len(example.labels))
    return [part for part in (example.input_ids[:start], example.input_ids[start:]) if part]


def _runs(labels: Sequence[int]) -> Iterator[Sequence[int]]:
    """Hidden labels and others, in turn."""
    start = 0
    for end in range(1, len(labels) + 1):
        if end == len(labels) or (labels[end] == _HIDDEN) != (labels[start] == _HIDDEN):
            yield labels[start:end]
            start = end


def _ids(ids: Sequence[int]) -> str:
    if set(ids) == {_HIDDEN}:
        return f"{_HIDDEN} × {len(ids):,}"
    if len(ids) <= 2 * _ENDS + 1:
        return " ".join(map(str, ids))
    return " ".join([*map(str, ids[:_ENDS]), "…", *map(str, ids[-_ENDS:])])
