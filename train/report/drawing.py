"""From a matplotlib figure to one ``<svg>`` element; its texts are left to the browser, which has Chinese fonts."""

import re
from hashlib import blake2b
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, ACCENT, LOSS, FAINT = "#1d2433", "#5f6b7f", "#2f6fb0", "#c44536", "#b9c1ce"
WIDTH_INCHES = 4.4
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "prep",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a6",
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
_MOST = 24
_NAME = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'(?<=href="#)[^"]+|(?<=url\(#)[^")]+')


class Lettering:
    """Stands in for texts while matplotlib draws: it can neither measure Chinese nor escape markup."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def __call__(self, text: str) -> str:
        """Something as wide as the text, which ``restored`` turns into it."""
        shown = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
        columns = sum(2 if east_asian_width(character) in "WF" else 1 for character in shown)
        mark = f"§{len(self._texts)}§"
        self._texts.append(shown)
        return mark + "n" * max(columns - len(mark), 0)

    def restored(self, svg: str) -> str:
        return re.sub(r"§(\d+)§n*", lambda mark: escape(self._texts[int(mark[1])]), svg)


def new_figure(inches: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, inches), layout="constrained")
    return figure, figure.add_subplot()


def embedded(figure: "Figure", label: str, letters: Lettering) -> str:
    """Without prolog and metadata; no two drawings of a page share a name, as long as their labels differ."""
    drawing = StringIO()
    figure.savefig(drawing, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = drawing.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = letters.restored(_with_own_names(svg, label))
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)


def _with_own_names(svg: str, label: str) -> str:
    """Names that nothing refers to go, the others end with the drawing's own."""
    own = blake2b(label.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    used = set(_REFERENCE.findall(svg))
    svg = _REFERENCE.sub(rf"\g<0>-{own}", svg)
    return _NAME.sub(lambda name: f' id="{name[1]}-{own}"' if name[1] in used else "", svg)
