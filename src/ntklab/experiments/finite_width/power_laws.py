"""The power laws printed in Figs. 12 to 20 (arXiv 2508.11522v4): of ReLU networks at criticality, against depth; and how other
weight variances follow from criticality."""

from typing import NamedTuple

COMPONENTS = ("0000", "0101", "0022", "0103", "0023", "0123")


class Printed(NamedTuple):
    """One printed fit: the first layer it is made from, and its exponent."""

    start: int
    exponent: float


def _of(first: int, *exponents: float, **starts: int) -> dict[str, Printed]:
    """Fits of one tensor: of 0000 from the layer `first`, of others from layer 10, but for `starts` (c0101=12)."""
    return {
        component: Printed(first if component == "0000" else starts.get(f"c{component}", 10), exponent)
        for component, exponent in zip(COMPONENTS, exponents, strict=True)
    }


FIGURES = {"V": "Fig. 12", "A": "Fig. 14", "B": "Fig. 16", "D": "Fig. 18", "F": "Fig. 20"}
WIDTHS = {"V": 300, "A": 200, "B": 200, "D": 200, "F": 200}
"""Neurons per hidden layer of the networks behind them."""
PRINTED: dict[str, dict[str, Printed]] = {
    "V": _of(7, 1.19, 1.31, 1.49, 1.42, 1.47, 1.55),
    "A": _of(7, 3.16, 3.39, 3.74, 3.39, 3.67, 3.54),
    "B": _of(5, 3.28, 3.34, 3.78, 3.16, 3.76, 3.43, c0101=12),
    "D": _of(7, 2.06, 2.34, 2.67, 2.35, 2.55, 2.49),
    "F": _of(7, 2.24, 2.35, 2.69, 2.20, 2.67, 2.24),
}
"""Tensor -> component -> printed fit: what figures draw and claims compare with."""
POWERS = {"K": (1, 0), "Theta": (1, -1), "V": (2, 0), "D": (2, -1), "F": (2, -1), "A": (2, -2), "B": (2, -2)}
"""Without biases a ReLU network's statistics at layer l are proportional to C_W^(a l + b): an identity for each network."""


def starts_in_words(tensor: str) -> str:
    """The first layers of the fits of a tensor, for a caption: "7 (0000) or 10 (others)"."""
    fits = PRINTED[tensor]
    special = [f"{fits[c].start} ({c})" for c in COMPONENTS if fits[c].start != fits["0123"].start]
    return f"{', '.join(special)} or {fits['0123'].start} (others)"
