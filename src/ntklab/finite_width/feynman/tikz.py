"""Diagrams as source for the LaTeX package TikZ-Feynman (Ellis, arXiv 1601.05437)."""

import math
from collections.abc import Iterable
from typing import Any

from ntklab.finite_width.feynman.diagram import Diagram
from ntklab.finite_width.feynman.picture import drawing
from ntklab.finite_width.feynman.text import LATEX, term
from ntklab.line_drawing import COLOURS, PARALLEL

STYLES = {"solid": "plain", "wavy": "boson", "dotted": "ghost", "dashed": "scalar"}
SHAPES = {
    "external": "dot",
    "vertex": "dot, minimum size=2pt",
    "propagator": "circle, draw, fill=white, minimum size=15pt",
    "internal": "circle, draw, fill=black!18, minimum size=21pt",
}


def tikz(diagram: Diagram) -> str:
    """One `tikzpicture`; the preamble needs \\usepackage{tikz-feynman}."""
    picture = drawing(diagram)
    places = {node["name"]: node["at"] for node in picture["nodes"]}
    lines = [
        f"\\definecolor{{ntk{name}}}{{HTML}}{{{colour[1:].upper()}}}"
        for name, colour in COLOURS.items()
        if any(name in strand["colours"] for strand in picture["strands"])
    ]
    lines += [r"\begin{tikzpicture}", r"  \begin{feynman}[every blob={/tikz/fill=white}]"]
    lines += [f"    {_vertex(node)}" for node in picture["nodes"]]
    edges = [edge for strand in picture["strands"] for edge in _edges(strand, places)]
    lines += [r"    \diagram* {", *(f"      {edge}," for edge in edges), "    };"]
    return "\n".join([*lines, r"  \end{feynman}", r"\end{tikzpicture}"])


def _vertex(node: dict[str, Any]) -> str:
    (x, y), label = node["at"], node["label"].strip("$")
    inside = f"\\({label}\\)" if label and "label_at" not in node else ""
    beside = f", label={'left' if node['label_at'][0] < 0 else 'right'}:\\({label}\\)" if "label_at" in node else ""
    return f"\\vertex [{SHAPES[node['kind']]}{beside}] ({node['name']}) at ({x:.3g}, {y:.3g}) {{{inside}}};"


def _edges(strand: dict[str, Any], places: dict[str, list[float]]) -> list[str]:
    """One edge for each colour; the lines of a double line differ by a small bend."""
    start, end = strand["ends"]
    length = math.dist(places[start], places[end])
    colours = strand["colours"] or [""]
    edges = []
    for number, colour in enumerate(colours):
        bend = 2 * (strand["bend"] + PARALLEL * (number - (len(colours) - 1) / 2))
        angle = math.degrees(math.atan(2 * bend / length))
        options = [STYLES[strand["style"]]] + [f"ntk{colour}"] * bool(colour)
        options += [f"bend left={angle:.0f}"] * (round(angle) != 0)
        edges.append(f"({start}) -- [{', '.join(options)}] ({end})")
    return edges


def document(tensors: Iterable[Iterable[Diagram]]) -> str:
    """A LaTeX document with all diagrams of several tensors, each with its term."""
    parts = [r"\documentclass{article}", r"\usepackage{amsmath, tikz-feynman}", r"\begin{document}"]
    for diagrams in tensors:
        for number, diagram in enumerate(diagrams, 1):
            parts += [f"% {diagram.tensor.name}, diagram {number}", tikz(diagram), rf"\[ {term(diagram, LATEX)} \]", ""]
    return "\n".join([*parts, r"\end{document}", ""])
