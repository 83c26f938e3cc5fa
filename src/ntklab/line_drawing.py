"""Line drawings given as plain data, in matplotlib: Feynman diagrams as the paper draws them (arXiv 2508.11522v4).

A drawing is {"nodes": [...], "strands": [...]}, as JSON holds it. A node has `kind` (external: filled dot; vertex: small dot;
propagator: white blob; internal: grey blob), `at` [x, y] and a `label` in mathtext. A strand has two node names `ends`, a
`style` (solid, dotted, dashed, wavy), a list of `colours` (one parallel line each; empty: black) and a `bend`, the sideways
offset of its middle.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

COLOURS = {"a": "#0072b2", "b": "#d55e00", "c": "#009e73"}
"""One colour for each contracted parameter index."""
RADIUS = {"external": 0.07, "vertex": 0.04, "propagator": 0.27, "internal": 0.38}
FILL = {"external": "black", "vertex": "black", "propagator": "white", "internal": "0.82"}
DASHES = {"solid": "-", "wavy": "-", "dotted": (0, (0.9, 1.3)), "dashed": (0, (4, 1.8))}
PARALLEL, AMPLITUDE, WAVELENGTH = 0.075, 0.055, 0.2
"""Distance of the lines of a double line; height and length of the waves: in units of the drawing."""
MARGIN = 0.45


def extent(drawing: Mapping[str, Any]) -> tuple[float, float]:
    """Half of the width and of the height that a drawing needs, margins included."""
    corners = np.array([node["at"] for node in drawing["nodes"]], dtype=float)
    half = (corners.max(axis=0) - corners.min(axis=0)) / 2
    return float(half[0]) + MARGIN, max(float(half[1]), RADIUS["internal"]) + MARGIN / 2


def render(
    drawing: Mapping[str, Any],
    axes: Axes,
    half: tuple[float, float] | None = None,
    linewidth: float | int = 1.4,
    fontsize: float | int = 9,
) -> None:
    """Draw into axes, without frame; `half` width and height in the drawing's units, for several at the same scale."""
    places = {node["name"]: np.array(node["at"], dtype=float) for node in drawing["nodes"]}
    for strand in drawing["strands"]:
        _strand(axes, strand, *(places[end] for end in strand["ends"]), linewidth)
    for node in drawing["nodes"]:
        _node(axes, node, linewidth, fontsize)
    width, height = half or extent(drawing)
    x = np.array([place[0] for place in places.values()])
    middle = (x.min() + x.max()) / 2
    axes.set(xlim=(middle - width, middle + width), ylim=(-height, height), aspect="equal")
    axes.axis("off")


def panel(
    axes: Axes, drawing: Mapping[str, Any], latex: str, half: tuple[float, float], scale: float | int = 1
) -> None:
    """A drawing with its formula beneath; lines and letters are `scale` times as large as usual."""
    render(drawing, axes, half, linewidth=1.4 * scale, fontsize=9 * scale)
    axes.set_title(formula(latex), y=-0.03, va="top", fontsize=8 * (scale + 1) / 2)


def _node(axes: Axes, node: Mapping[str, Any], linewidth: float | int, fontsize: float | int) -> None:
    kind, (x, y) = node["kind"], node["at"]
    axes.add_patch(
        Circle((x, y), RADIUS[kind], facecolor=FILL[kind], edgecolor="black", linewidth=0.7 * linewidth, zorder=3)
    )
    dx, dy = node.get("label_at", (0, 0))
    label = node["label"]
    # Parsing a formula takes milliseconds, and a gallery has hundreds of labels: one letter or digit needs none.
    letter = len(label) == 3 and label[0] == label[2] == "$"
    style = {"fontstyle": "italic"} if letter and label[1].isalpha() else {}
    size = fontsize if letter else 0.85 * fontsize  # a name with a superscript fits its blob
    axes.text(
        x + dx, y + dy, label[1] if letter else label,
        ha="center", va="center_baseline", fontsize=size, zorder=4, **style,
    )  # fmt: skip


def _strand(axes: Axes, strand: Mapping[str, Any], start: np.ndarray, end: np.ndarray, linewidth: float | int) -> None:
    colours = strand["colours"] or [None]
    for number, colour in enumerate(colours):
        offset = PARALLEL * (number - (len(colours) - 1) / 2)
        points = curve(start, end, strand["bend"], offset, strand["style"] == "wavy")
        line = {"color": COLOURS.get(colour, "black"), "linestyle": DASHES[strand["style"]], "zorder": 2}
        axes.plot(*points.T, linewidth=linewidth, dash_capstyle="butt", solid_capstyle="round", **line)


def curve(start: np.ndarray, end: np.ndarray, bend: float | int, offset: float | int, wavy: bool) -> np.ndarray:
    """Points of a strand, (point, 2): an arc whose middle is `bend` to its left, moved by `offset`, perhaps with waves.

    The arc is Bezier's of second degree, so that it leaves the ends in one direction and never crosses its neighbours'.
    """
    along = end - start
    length = np.hypot(*along)
    left = np.array([-along[1], along[0]]) / length
    waves = round(length / WAVELENGTH) if wavy else 0
    t = np.linspace(0, 1, 40 + 24 * waves)
    aside = 4 * bend * t * (1 - t) + offset + AMPLITUDE * np.sin(2 * np.pi * waves * t)
    return start + t[:, None] * along + aside[:, None] * left


def formula(latex: str) -> str:
    """A LaTeX formula for matplotlib, broken before its first expectation if it is long."""
    head, bracket, tail = latex.partition(r"\langle")
    parts = [latex] if len(plain(latex)) < 30 or not plain(head) else [head.removesuffix(r"\,"), bracket + tail]
    return "\n".join(f"${part}$" for part in parts)


def plain(latex: str) -> str:
    """A formula without its commands and braces: about as long as it is printed."""
    return "".join(_symbols(latex)).replace(" ", "")


def _symbols(latex: str) -> Iterable[str]:
    for part in latex.replace(r"\,", " ").split("\\"):
        yield part.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") if part[:1].isalpha() else part
