"""Claims about the Feynman diagrams of `Finite-Width Neural Tangent Kernels from Feynman Diagrams` (Guillen et al.).

Counts and identities are checks; the diagrams of tensors that the paper does not list are held against sampled networks.
"""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim, of_changed_theory
from ntklab.claims.replicates import lowest_over_replicates, over_replicates
from ntklab.metrics.extrapolation import extrapolate, ratio_to_theory
from ntklab.metrics.resampling import Interval, counted, nothing, numerical

INF = float("inf")
DIAGRAMS = "feynman/diagrams"
CHECKS = "feynman/diagram_checks"
REPLICATES = "feynman/diagram_replicates"
COUNTS = {"K1": 2, "V": 2, "Theta1": 5, "D": 3, "F": 2, "A": 5, "B": 2, "P": 3, "Q": 5, "R": 7, "S": 5, "T": 13, "U": 2}
"""Diagrams of each tensor in the paper (slides; sec. 3 and App. D); of Q it draws two as one, the F of the next layer."""
EQUAL = 1e-10
NOTICED = 1e-5
"""A changed diagram moves a component by at least this fraction: five orders above what counts as equal."""
ROUNDING = 1e-13
"""Relative error of the sums behind a difference in float64; both sides share the quadrature."""
EQUIVALENT = (0.75, 1.25)
"""A comparison with theory has to notice a change by a quarter."""
MORE_PRESENT_THAN_MISSING = 0.5
COMPLETE, LEFT_OUT, DOUBLED = "complete", "left out", "doubled"


def number(table: pd.DataFrame, tensor: str, internal: bool = True) -> Interval:
    """How many diagrams the engine finds; without those that have an internal vertex, the local ones."""
    rows = table[table.tensor == tensor]
    return counted(int((internal | (rows.internal == "local")).sum()))


def difference(table: pd.DataFrame, change: str) -> Interval:
    """Relative difference to the solver: with all diagrams the largest over tensors, activations and layers, and with one of
    them changed the smallest over diagrams too."""
    rows = table[(table.quantity == "solver_difference") & (table.change == change)]
    if set(rows.tensor) != set(COUNTS):
        return nothing("not all tensors were compared")
    return numerical(rows.value.max() if change == COMPLETE else rows.value.min(), ROUNDING)


def _grid(rows: pd.DataFrame, column: str) -> np.ndarray:
    """(width, component)"""
    ordered = rows.sort_values(["component", "width"])
    return ordered[column].to_numpy().reshape(-1, rows.width.nunique()).T


def _of(table: pd.DataFrame, tensor: str) -> tuple[pd.DataFrame, np.ndarray]:
    """What was sampled of a tensor, and the terms of its diagrams, (diagram, component)."""
    rows = table[table.tensor == tensor]
    terms = rows[rows.quantity == "diagram"].sort_values(["component", "number"])
    return rows[rows.quantity == "sampled"], terms.value.to_numpy().reshape(-1, terms.number.nunique()).T


def networks_over_diagrams(table: pd.DataFrame, tensor: str) -> Interval:
    """Components of sampled networks, extrapolated to leading order, over the sum of the diagrams."""
    sampled, terms = _of(table, tensor)

    def statistic(rows: pd.DataFrame) -> float:
        widths = np.unique(rows.width)
        return ratio_to_theory(
            widths, _grid(rows, "value"), _grid(rows, "stderr"), terms.sum(axis=0), degree=min(2, len(widths) - 1)
        )

    return over_replicates(sampled, statistic, "batches")


def least_present(table: pd.DataFrame, tensor: str, present: float = 1.0) -> Interval:
    """How much of each diagram sampled networks contain, 1 for all of it; the diagram of which it is least.

    With m the measured components, t the theory and d one diagram's term, weighted by the inverse squared errors:
    1 + sum (m - t) d / sum d^2. `present` 0 takes each diagram out of the networks in turn.
    """
    sampled, terms = _of(table, tensor)

    def statistic(rows: pd.DataFrame) -> np.ndarray:
        widths = np.unique(rows.width)
        degree = min(2, len(widths) - 1)
        measured, error = extrapolate(widths, _grid(rows, "value"), _grid(rows, "stderr"), degree)
        weighted = terms / error**2
        return present + weighted @ (measured - terms.sum(axis=0)) / np.sum(weighted * terms, axis=1)

    return lowest_over_replicates(sampled, statistic, "batches")


_SOURCES = {
    "F": "slides on F; sec. 3", "Theta1": "slide with five diagrams; eq. (15)", "Q": "App. D, where two are drawn as one",
}  # fmt: skip
_NAMES = {"F": "The joint cumulant F", "Theta1": "The correction to the mean NTK"}
_CUMULANTS = {
    "X": "cumulant of two preactivations and the product of two Hessians, first pairing",
    "Y": "cumulant of two preactivations and the product of two Hessians, second pairing",
}


def _claim(name: str, source: str, statement: str, quantity: str, table: str, find, bounds, **more) -> Claim:
    return Claim(f"diagrams-{name}", "feynman", source, statement, quantity, table, find, bounds, **more)


CLAIMS: tuple[Claim, ...] = (
    *(
        _claim(
            f"number-{tensor}",
            _SOURCES.get(tensor, "App. D"),
            f"{_NAMES.get(tensor, f'The tensor {tensor}')} has {count} diagrams at order 1/n.",
            "diagrams that the Feynman rules give",
            DIAGRAMS,
            partial(number, tensor=tensor),
            (count - 0.5, count + 0.5),
            kind=CHECK,
            published=float(count),
            control=partial(number, tensor=tensor, internal=False),
            control_is="the local diagrams alone, without the tensors of the layer below",
        )
        for tensor, count in COUNTS.items()
    ),
    _claim(
        "equal-recursions",
        "abstract; App. D",
        "The sum of a tensor's diagrams is its recursion.",
        "largest relative difference to the solver over thirteen tensors on random layers",
        CHECKS,
        partial(difference, change=COMPLETE),
        (-INF, EQUAL),
        kind=CHECK,
        control=partial(difference, change=LEFT_OUT),
        control_is="any one diagram left out",
    ),
    *(
        _claim(
            name,
            "control",
            f"With any one {what} a tensor has another recursion.",
            f"smallest relative difference to the solver with one {what}",
            CHECKS,
            partial(difference, change=change),
            (NOTICED, INF),
            kind=CHECK,
            control=partial(difference, change=COMPLETE),
            control_is="all diagrams, as they are",
        )
        for name, change, what in (
            ("none-missing", LEFT_OUT, "diagram left out"),
            ("symmetry-factors", DOUBLED, "symmetry factor doubled"),
        )
    ),
    *(
        _claim(
            f"hessian-product-{tensor}",
            "beyond the paper",
            f"The same rules give the {name}.",
            f"{tensor} of sampled networks, extrapolated to leading order, over the diagrams; three components",
            REPLICATES,
            partial(networks_over_diagrams, tensor=tensor),
            EQUIVALENT,
            of_theory=True,
            control=of_changed_theory(partial(networks_over_diagrams, tensor=tensor), 2.0),
            control_is="the theory times two",
        )
        for tensor, name in _CUMULANTS.items()
    ),
    _claim(
        "hessian-product-control",
        "beyond the paper; control",
        "Sampled networks rule out that any one of the diagrams of Y is missing.",
        "part of a diagram that the networks contain (1: all of it), the least over the diagrams of Y",
        REPLICATES,
        partial(least_present, tensor="Y"),
        (MORE_PRESENT_THAN_MISSING, INF),
        control=partial(least_present, tensor="Y", present=0.0),
        control_is="the networks less that diagram",
    ),
)
