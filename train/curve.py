"""The loss of a run as a picture and as text, from the rows of ``log.jsonl``. Labels are English on every machine."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.dots import Points, curve_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
"""``step``, and what was logged at it: ``loss`` and ``learning_rate``, or ``eval_loss``."""

_CHINESE_FONTS = ("cjk", "sourcehan", "wqy", "notosanssc", "msyh", "simhei", "pingfang", "heiti", "simsun", "fallback")
"""What the files of fonts with Chinese characters are called, in lower case; the nicer ones first."""


def points(rows: Iterable[Row], name: str) -> list[tuple[float, float]]:
    """What was logged under a name, by step; what is no number (NaN, infinite) is left out."""
    found = [(float(row["step"]), float(row[name])) for row in rows if row.get(name) is not None]
    return sorted(each for each in found if math.isfinite(each[1]))


def losses_text(rows: Sequence[Row], *, width: int = 72, height: int = 10) -> str:
    """The curve of the training loss; below it the evaluations' loss, the last one and the best."""
    trained, evaluated = points(rows, "loss"), points(rows, "eval_loss")
    drawn = [curve_text(trained, width=width, height=height, across="loss by step")] if trained else []
    if evaluated:
        (last_step, last), (best_step, best) = evaluated[-1], min(evaluated, key=lambda point: point[1])
        drawn.append(f"eval_loss {last:.4g} at step {last_step:g}; lowest {best:.4g} at step {best_step:g}")
    return "\n".join(drawn) or "no loss was logged"


def draw_losses(rows: Sequence[Row], path: Path, title: str = "") -> None:
    """Write a PNG: the losses of training and evaluation, and the learning rate on an axis of its own."""
    figure, axes = _figure("step", "loss")
    for name, line, marker in (("loss", "-", ""), ("eval_loss", "--", "o")):
        if found := points(rows, name):
            lone = "o" if len(found) == 1 else marker
            axes.plot(*zip(*found, strict=True), line, marker=lone, label=name, markersize=4, linewidth=1.2)
    if rates := points(rows, "learning_rate"):
        right = axes.twinx()
        right.plot(*zip(*rates, strict=True), ":", color="#8a8f98", linewidth=1)
        right.set_ylabel("learning rate (dotted)", color="#5f6b7f")
        right.ticklabel_format(style="sci", scilimits=(-2, 2), axis="y")
    if axes.lines:
        axes.legend(frameon=False)
    _save(figure, axes, path, title)


def draw_search(found: Points, suggestion: float | None, path: Path, title: str = "") -> None:
    """Write a PNG of a learning rate range test: smoothed loss by learning rate, and what is suggested."""
    figure, axes = _figure("learning rate", "smoothed loss")
    axes.set_xscale("log")
    axes.plot(*zip(*found, strict=True), linewidth=1.2)
    if suggestion is not None:
        axes.axvline(suggestion, linestyle=":", color="#8a8f98", label=f"suggested: {suggestion:.2g}")
        axes.legend(frameon=False)
    _save(figure, axes, path, title)


def _figure(across: str, up: str) -> tuple["Figure", Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, color="#e6e8ec", linewidth=0.6)
    return figure, axes


def _save(figure: "Figure", axes: Any, path: Path, title: str) -> None:
    """Beside its place first: a picture that is there is whole."""
    if title:
        shown, font = _readable(title)
        axes.set_title(shown, size=10, parse_math=False, **({"font": font} if font else {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    figure.savefig(part, format="png", metadata={"Software": None})
    part.replace(path)


def _readable(text: str) -> tuple[str, Path | None]:
    """The text and the font that has all its characters; without such a font the others are written ``\\u4e13``."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    def has_all(file: str) -> bool:
        font = get_font(file)
        return all(font.get_char_index(ord(character)) for character in text)

    if has_all(findfont(FontProperties())):
        return text, None
    file = next((file for file in _chinese_fonts() if has_all(file)), None)
    return (text, Path(file)) if file else (text.encode("ascii", "backslashreplace").decode("ascii"), None)


def _chinese_fonts() -> list[str]:
    """Asked of the machine: matplotlib's own list may be older than its fonts."""
    from matplotlib.font_manager import findSystemFonts

    files = {file: Path(file).stem.lower() for file in sorted(findSystemFonts())}
    return [file for mark in _CHINESE_FONTS for file, name in files.items() if mark in name]
