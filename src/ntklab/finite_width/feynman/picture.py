"""Where the parts of a diagram stand on paper: nodes and strands as plain data, for matplotlib and for TikZ-Feynman."""

import io
import math
from collections.abc import Iterable, Iterator
from typing import Any

from ntklab.finite_width.feynman.diagram import Diagram, Line, Solid, Vertex
from ntklab.finite_width.feynman.text import LATEX, term
from ntklab.line_drawing import extent, panel

TOP, BOTTOM = 1, -1
LEG_HEIGHT, LEG_LENGTH, GAP = 0.7, 0.8, 1.25
"""External dots stand so high above and below their vertex, and so far outside; distance of all other neighbours."""
SPREAD = 0.2
"""Distance of the strands of a bundle, at its middle."""


def drawing(diagram: Diagram) -> dict[str, Any]:
    """The diagram as `ntklab.line_drawing` takes it: from left to right legs, vertex, propagator, internal vertex, and back.

    Of the second pair of legs that one is on top whose colours lead to the upper leg of the first: no needless crossings.
    """
    sides = _heights(diagram)
    middle = _middle(diagram)
    nodes, strands = [], []
    for index, vertex in enumerate(diagram.vertices):
        outward = -1 if index == 0 else 1
        x = outward * (middle + GAP)
        name = f"v{index}"
        nodes.append({"name": name, "kind": "vertex", "at": [x, 0.0], "label": ""})
        for leg in vertex.legs:
            place = [x + outward * LEG_LENGTH, sides[leg] * LEG_HEIGHT]
            label = {"label": f"${leg}$", "label_at": [0.26 * outward, 0.0]}
            nodes.append({"name": f"e{leg}", "kind": "external", "at": place, **label})
            strands.append(_strand(f"e{leg}", name, diagram.tensor.legs[leg], "dotted"))
        bundle = list(_inner(diagram, index, vertex, sides))
        strands += _bundle(name, f"p{_propagator(diagram, index)}", bundle, -outward)
    for number, vertices in enumerate(diagram.propagators):
        x = 0.0 if not middle else (-1 if vertices[0] == 0 else 1) * middle
        nodes.append({"name": f"p{number}", "kind": "propagator", "at": [x, 0.0], "label": ""})
        if diagram.internal:
            ends = [_end(diagram, end, sides) for end in diagram.internal.ends if diagram.propagator_of(end) == number]
            strands += _bundle(f"p{number}", "internal", ends, -1 if x > 0 else 1)
    if diagram.internal:
        x = 0.0 if len(diagram.propagators) > 1 else -middle + GAP
        label = f"${diagram.internal.tensor.latex}$"
        nodes.append({"name": "internal", "kind": "internal", "at": [x, 0.0], "label": label})
    return {"nodes": nodes, "strands": strands}


def _middle(diagram: Diagram) -> float:
    """Distance of the propagators from the middle of the picture; one propagator without internal vertex stands there."""
    if len(diagram.propagators) > 1:
        return GAP
    return GAP / 2 if diagram.internal else 0.0


def _propagator(diagram: Diagram, index: int) -> int:
    return next(number for number, vertices in enumerate(diagram.propagators) if index in vertices)


def _heights(diagram: Diagram) -> dict[int, int]:
    """Which external legs are on top."""
    pairs = [sorted(vertex.legs) for vertex in diagram.vertices]
    legs = diagram.tensor.legs
    upright = {leg: side for pair in pairs for leg, side in zip(pair, (TOP, BOTTOM), strict=True)}
    if len(pairs) == 1:
        return upright
    turned = upright | {leg: -upright[leg] for leg in pairs[1]}

    def level(sides: dict[int, int]) -> int:
        """Contracted colours that run from left to right at one height."""
        return sum(
            len(set(legs[first]) & set(legs[second]))
            for first in pairs[0]
            for second in pairs[1]
            if sides[first] == sides[second]
        )

    return max(upright, turned, key=level)


def _inner(diagram: Diagram, index: int, vertex: Vertex, sides: dict[int, int]) -> Iterator[tuple[tuple, str, str]]:
    """Height, style and colours of every strand between a vertex and its propagator, from the rule's table."""
    lines = iter(vertex.lines(index))
    below = {line.leg for line in vertex.lines(index)}
    for strand in vertex.rule.strands:
        if strand == "~":
            yield (0, 0), "wavy", ""
        elif strand == "-":
            yield (next(sides[leg] for leg in vertex.legs if leg not in below), 0), "solid", ""
        else:
            line = next(lines)
            yield _height(diagram, line, sides), "dashed", line.colours


def _height(diagram: Diagram, line: Line, sides: dict[int, int]) -> tuple[int, float]:
    """A line's place in its bundle: that of its leg, and of equal ones that of the legs it is contracted with."""
    partners = [
        sides[leg]
        for leg, colours in diagram.tensor.legs.items()
        if leg != line.leg and set(colours) & set(line.colours)
    ]
    return sides[line.leg], sum(partners) / len(partners)


def _end(diagram: Diagram, end: Solid | Line, sides: dict[int, int]) -> tuple[tuple, str, str]:
    if isinstance(end, Solid):
        return (0, 0), "solid", ""
    return _height(diagram, end, sides), "dotted", end.colours


def _bundle(start: str, end: str, strands: list[tuple[tuple, str, str]], direction: int) -> list[dict[str, Any]]:
    """Strands side by side, the highest on top; `direction` is 1 if they run to the right."""
    ordered = sorted(strands, key=lambda strand: strand[0])
    middle = (len(ordered) - 1) / 2
    return [
        _strand(start, end, colours, style, direction * SPREAD * (place - middle))
        for place, (_, style, colours) in enumerate(ordered)
    ]


def _strand(start: str, end: str, colours: str, style: str, bend: float = 0.0) -> dict[str, Any]:
    style = style if colours or style == "wavy" else "solid"
    return {"ends": [start, end], "style": style, "colours": list(colours), "bend": round(bend, 4)}


def figure(diagrams: Iterable[Diagram]):
    """A matplotlib figure of diagrams side by side, at most three in a row, each with its term beneath."""
    from matplotlib.figure import Figure

    diagrams = list(diagrams)
    drawings = [drawing(diagram) for diagram in diagrams]
    half = tuple(map(max, zip(*map(extent, drawings), strict=True)))
    columns = min(3, len(diagrams))
    rows = math.ceil(len(diagrams) / columns)
    drawn = Figure(figsize=(3.4 * columns, 1.8 * rows), layout="constrained")
    axes = drawn.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, picture, diagram in zip(axes, drawings, diagrams, strict=False):
        panel(ax, picture, term(diagram, LATEX), half)
    return drawn


def svg(diagrams: Iterable[Diagram]) -> str:
    """The same as SVG."""
    sink = io.StringIO()
    figure(diagrams).savefig(sink, format="svg", metadata={"Date": None})
    return sink.getvalue()
