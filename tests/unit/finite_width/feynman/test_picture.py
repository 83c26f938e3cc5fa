"""Pictures of diagrams: no overlaps, and every leg is named."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from ntklab.finite_width import diagrams as diagrams_of
from ntklab.finite_width.feynman import BEYOND, PAPER_TENSORS
from ntklab.finite_width.feynman.picture import drawing, svg
from ntklab.line_drawing import RADIUS, curve, render


@pytest.mark.parametrize("name", [*PAPER_TENSORS, *BEYOND])
def test_pictures_have_no_overlaps(name):
    """Blobs and dots stand apart, and strands between the same two places never meet on the way."""
    for diagram in diagrams_of(name):
        picture = json.loads(json.dumps(drawing(diagram)))
        places = {node["name"]: np.array(node["at"]) for node in picture["nodes"]}
        for i, one in enumerate(picture["nodes"]):
            for other in picture["nodes"][:i]:
                apart = np.hypot(*(places[one["name"]] - places[other["name"]]))
                assert apart > RADIUS[one["kind"]] + RADIUS[other["kind"]]
        bundles: dict[tuple, list] = {}
        for strand in picture["strands"]:
            bundles.setdefault(tuple(strand["ends"]), []).append(strand)
        for ends, strands in bundles.items():
            middles = [curve(*(places[e] for e in ends), s["bend"], 0.0, False)[20] for s in strands]
            gaps = [np.hypot(*(a - b)) for i, a in enumerate(middles) for b in middles[:i]]
            assert all(gap > 0.15 for gap in gaps)


def test_a_picture_names_its_legs_and_the_internal_vertex():
    axes = Figure().subplots()
    render(drawing(diagrams_of("F")[1]), axes)
    assert {text.get_text() for text in axes.texts} >= {"1", "2", "3", "4", "F"}
    assert svg([diagrams_of("F")[1]]).startswith("<?xml")
