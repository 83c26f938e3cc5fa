"""TikZ source: every vertex that is named is used, and every brace closed."""

import re

from ntklab.finite_width import diagrams as diagrams_of
from ntklab.finite_width.feynman.tikz import document


def test_tikz_source_is_complete():
    source = document([diagrams_of("R"), diagrams_of("Y")])
    assert source.count("{") == source.count("}") and source.count(r"\begin{tikzpicture}") == 13
    for picture in source.split(r"\begin{tikzpicture}")[1:]:
        named = set(re.findall(r"\\vertex .*?\((\w+)\) at", picture))
        used = set(re.findall(r"\((\w+)\) -- ", picture)) | set(re.findall(r"\] \((\w+)\),", picture))
        assert used == named
