"""The plots of the page, each one ``<svg>`` element; the page says beside them what they show."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.report import Estimate, LearningCurve
from train.report.drawing import ACCENT, INK, LOSS, STYLE, Lettering, embedded, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"better": ACCENT, "worse": LOSS, "unclear": "#8a94a6"}
_POINTS = 500
"""More cannot be told apart in a picture of this size."""
_BARS = 40
_LONG_TAIL = 8
"""Longest over median length above which bars grow by a factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a forest plot."""

    name: str
    estimate: Estimate
    tone: str


def forest(rows: Sequence[Row], label: str, *, own_scales: bool = False) -> str:
    """Points with their intervals beside 0; with ``own_scales`` every row fills the width, and no numbers below."""
    from matplotlib import rc_context

    letters = Lettering()
    with rc_context(STYLE):
        figure, axes = new_figure(0.4 + 0.25 * len(rows))
        for height, row in enumerate(rows):
            _draw_row(axes, row, -height, own_scale=own_scales)
        axes.axvline(0, color=INK, linewidth=0.8, zorder=0)
        axes.set_yticks([-height for height in range(len(rows))], [letters(row.name) for row in rows])
        axes.set_ylim(-len(rows) + 0.4, 0.6)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        if own_scales:
            axes.set_xlim(-1.08, 1.08)
            axes.set_xticks([])
            axes.spines["bottom"].set_visible(False)
        else:
            axes.margins(x=0.06)
            axes.grid(axis="x", color="#edf0f4", linewidth=0.7, zorder=0)
            axes.set_axisbelow(True)
        return embedded(figure, label, letters)


def _draw_row(axes: "Axes", row: Row, height: float, *, own_scale: bool) -> None:
    ends = [end for end in (row.estimate.value, row.estimate.low, row.estimate.high) if end is not None]
    if not all(map(math.isfinite, ends)):
        return
    scale = (max(map(abs, ends)) or 1.0) if own_scale else 1.0
    colour, ends = _COLOURS[row.tone], [end / scale for end in ends]
    axes.plot([min(ends), max(ends)], [height, height], color=colour, linewidth=2.4, alpha=0.45, solid_capstyle="butt")
    axes.plot([ends[0]], [height], "o", color=colour, markersize=4.5)


def loss_curve(rows: Sequence[Mapping[str, float]], names: Mapping[str, str], label: str) -> str:
    """``names``: what ``loss`` and ``eval_loss`` are called."""
    from matplotlib import rc_context

    letters = Lettering()
    with rc_context(STYLE):
        figure, axes = new_figure(2.0)
        for key, colour, line, marker in (("loss", ACCENT, "-", ""), ("eval_loss", LOSS, ":", "o")):
            if found := _points(rows, key):
                steps, losses = zip(*found, strict=True)
                shown = marker or ("o" if len(found) == 1 else "")
                axes.plot(
                    steps,
                    losses,
                    line,
                    marker=shown,
                    color=colour,
                    markersize=3,
                    linewidth=1.3,
                    label=letters(names[key]),
                )
        _grid(axes)
        if axes.lines:
            axes.legend(loc="upper right")
        return embedded(figure, label, letters)


def _points(rows: Sequence[Mapping[str, float]], key: str) -> list[tuple[float, float]]:
    found = [(row["step"], row[key]) for row in rows if row.get(key) is not None and row.get("step") is not None]
    found = sorted(point for point in found if math.isfinite(point[1]))
    every = -(-len(found) // _POINTS) or 1
    return [*found[:-1:every], *found[-1:]]


def has_losses(rows: Sequence[Mapping[str, float]]) -> bool:
    return bool(_points(rows, "loss") or _points(rows, "eval_loss"))


def learning_curve(curve: LearningCurve, label: str) -> str:
    """Dots of every seed, the fitted law, and where twice the data would lead, with its interval."""
    from matplotlib import rc_context

    letters = Lettering()
    with rc_context(STYLE):
        figure, axes = new_figure(2.0)
        axes.set_xscale("log")
        for size, values in zip(curve.sizes, curve.bits, strict=False):
            axes.plot([size] * len(values), list(values), "o", color=ACCENT, markersize=4, alpha=0.6)
        fitted = list(curve.fitted)[: len(curve.sizes)]
        axes.plot(list(curve.sizes)[: len(fitted)], fitted, color=INK, linewidth=1.1)
        if curve.gain_of_twice is not None and fitted:
            _draw_twice(axes, curve.sizes[len(fitted) - 1], fitted[-1], curve.gain_of_twice)
        _grid(axes)
        _size_ticks(axes, curve.sizes)
        return embedded(figure, label, letters)


def _draw_twice(axes: "Axes", size: int, bits: float, gain: Estimate) -> None:
    reached = bits - gain.value
    axes.plot([size, 2 * size], [bits, reached], color=INK, linewidth=1.1, linestyle=(0, (3, 2)))
    if gain.low is not None and gain.high is not None:
        axes.plot([2 * size] * 2, [bits - gain.high, bits - gain.low], color=LOSS, linewidth=2.4, alpha=0.45)
    axes.plot([2 * size], [reached], "D", color=LOSS, markersize=4)


def _size_ticks(axes: "Axes", sizes: Sequence[int]) -> None:
    from matplotlib.ticker import NullFormatter, NullLocator

    shown = list(sizes)[:: -(-len(sizes) // 7)]
    axes.set_xticks(shown, [f"{size:,}" for size in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def histogram(lengths: Mapping[int, int], label: str) -> str:
    """Records by length; bars grow by a factor where the longest would leave no room for the others."""
    import numpy as np
    from matplotlib import rc_context
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    letters = Lettering()
    at, records = (np.array(column) for column in zip(*sorted(lengths.items()), strict=True))
    median, long = (at[np.searchsorted(records.cumsum(), records.sum() * part)] for part in (0.5, 0.95))
    edges = _edges(int(at[0]), int(at[-1]) + 1, by_factor=at[-1] > _LONG_TAIL * max(median, 1))
    heights, edges = np.histogram(at, bins=edges, weights=records)
    with rc_context(STYLE):
        figure, axes = new_figure(1.35)
        if at[-1] > _LONG_TAIL * max(median, 1):
            axes.set_xscale("symlog", linthresh=10, linscale=0.4)
        axes.bar(edges[:-1], heights, np.diff(edges), align="edge", color=ACCENT, edgecolor="white", linewidth=0.3)
        axes.axvline(median, color=INK, linewidth=1)
        axes.axvline(long, color=LOSS, linewidth=1, linestyle=(0, (4, 2)))
        axes.set_xlim(edges[0], edges[-1])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        return embedded(figure, label, letters)


def _edges(low: int, high: int, *, by_factor: bool) -> Any:
    """Whole numbers, so that no bar stands between two lengths."""
    import numpy as np

    if by_factor:
        return np.unique(np.r_[low, np.round(np.geomspace(max(low, 1), high, _BARS + 1)), high])
    step = -(-(high - low) // _BARS)
    return np.arange(low, high + step, step)


def _grid(axes: "Axes") -> None:
    axes.grid(visible=True, color="#edf0f4", linewidth=0.7)
    axes.set_axisbelow(True)
