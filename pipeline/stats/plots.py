"""Histograms as SVG for the page: one panel a split, all on one scale, texts left to the browser's fonts."""

import html
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from pipeline.stats.histogram import bars, needs_log_scale
from pipeline.stats.lengths import merged
from schemas.statistics import Distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BARS = 40
_WIDTH_INCHES = 4.4
_PANEL_INCHES = 1.0
_PLACEHOLDER = "split-{}"  # a name may be Chinese, which matplotlib's own fonts cannot measure
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "prep",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a6",
    "xtick.color": "#5f6b7f",
    "ytick.color": "#5f6b7f",
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


def histogram_svg(splits: Mapping[str, Distribution], label: str) -> str:
    """One measure of all splits as one ``<svg>`` element; ``label`` is what a screen reader says."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    everything = merged(splits.values())
    drawing = StringIO()
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH_INCHES, 0.3 + _PANEL_INCHES * len(splits)), layout="constrained")
        panels = figure.subplots(len(splits), 1, sharex=True, squeeze=False)[:, 0]
        for number, (panel, lengths) in enumerate(zip(panels, splits.values(), strict=True)):
            _draw(panel, lengths, everything)
            panel.set_title(_PLACEHOLDER.format(number), loc="right", fontsize=8, color="#5f6b7f", pad=2)
        figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    return _embedded(drawing.getvalue(), list(splits), label)


def _draw(panel: "Axes", lengths: Distribution, everything: Distribution) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    drawn = bars(lengths, _BARS, within=everything)
    if needs_log_scale(everything):
        panel.set_xscale("symlog", linthresh=1, linscale=0.5)
    panel.set_xlim(everything.minimum, everything.maximum + 1)
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    widths = [bar.high + 1 - bar.low for bar in drawn]
    lows, heights = [bar.low for bar in drawn], [bar.records for bar in drawn]
    panel.bar(lows, heights, widths, align="edge", color="#2f6fb0", edgecolor="white", linewidth=0.3)
    panel.axvline(lengths.p50, color="#1d2433", linewidth=1)
    panel.axvline(lengths.p95, color="#c44536", linewidth=1, linestyle=(0, (4, 2)))


def _embedded(svg: str, names: Sequence[str], label: str) -> str:
    """Without prolog and metadata, and without names that a second drawing on the page would use again."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r' id="[a-z]+_\d+"', "", svg)
    for number, name in enumerate(names):
        svg = svg.replace(f">{_PLACEHOLDER.format(number)}<", f">{html.escape(name)}<")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1)
