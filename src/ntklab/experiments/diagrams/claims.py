"""Claims about the Feynman diagrams of `Finite-Width Neural Tangent Kernels from Feynman Diagrams` (Guillen et al.)."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import SUPPORTED, UNDECIDED, Claim, Finding, inside

INF = float("inf")
DIAGRAMS = "feynman/diagrams"
CHECKS = "feynman/diagram_checks"
COUNTS = {"K1": 2, "V": 2, "Theta1": 5, "D": 3, "F": 2, "A": 5, "B": 2, "P": 3, "Q": 5, "R": 7, "S": 5, "T": 13, "U": 2}
"""Diagrams of each tensor in the paper (slides; sec. 3 and App. D); of Q it draws two as one, the F of the next layer."""
EQUAL = 1e-10
NOTICED = 1e-5
"""A changed diagram moves a component by at least this fraction: five orders above what counts as equal."""
BEYOND = ("X", "Y")
Z = 4.0


def number(table: pd.DataFrame, tensor: str) -> Finding:
    """How many diagrams the engine finds."""
    count = float((table.tensor == tensor).sum())
    return inside(count, count, count, (float(COUNTS[tensor]), float(COUNTS[tensor])))


def equals_solver(table: pd.DataFrame) -> Finding:
    """Largest relative difference over tensors, activations and random layers."""
    rows = table[(table.quantity == "solver_difference") & (table.change == "complete")]
    worst = rows.value.max() if set(rows.tensor) == set(COUNTS) else np.nan
    return inside(worst, worst, worst, (0.0, EQUAL))


def change_is_noticed(table: pd.DataFrame, change: str) -> Finding:
    """Smallest relative difference over tensors, diagrams, activations and random layers."""
    least = table[(table.quantity == "solver_difference") & (table.change == change)].value.min()
    return inside(least, least, least, (NOTICED, INF))


def agrees_with_networks(table: pd.DataFrame) -> Finding:
    """Largest |z| over the components of the cumulants beyond the paper."""
    rows = table[(table.quantity == "z_score") & (table.change == "complete") & table.tensor.isin(BEYOND)]
    worst = rows.value.abs().max()
    return inside(worst, worst, worst, (0.0, Z))


def networks_notice(table: pd.DataFrame) -> Finding:
    """Over the diagrams of Y, which is sampled best, the least of the largest |z| that a component has without it."""
    rows = table[(table.quantity == "z_score") & (table.change == "left out") & (table.tensor == "Y")]
    least = rows.value.abs().groupby(rows.number).max().min()
    # Too few networks to tell a diagram from nothing say nothing against it.
    return Finding(float(least), float(least) - 1.96, float(least) + 1.96, SUPPORTED if least > Z else UNDECIDED)


def _claim(
    identifier: str, source: str, statement: str, quantity: str, criterion: str, table: str,
    find: Callable[[pd.DataFrame], Finding], published: float | None = None,
) -> Claim:  # fmt: skip
    return Claim(identifier, "feynman", source, statement, quantity, criterion, table, find, published)


_SOURCES = {
    "F": "slides on F; sec. 3", "Theta1": "slide with five diagrams; eq. (15)", "Q": "App. D, where two are drawn as one",
}  # fmt: skip
_NAMES = {"F": "The joint cumulant F", "Theta1": "The correction to the mean NTK"}

CLAIMS: tuple[Claim, ...] = (
    *(
        _claim(
            f"diagrams-number-{tensor}",
            _SOURCES.get(tensor, "App. D"),
            f"{_NAMES.get(tensor, f'The tensor {tensor}')} has {count} diagrams at order 1/n.",
            "diagrams that the Feynman rules give",
            f"exactly {count}",
            DIAGRAMS,
            partial(number, tensor=tensor),
            published=float(count),
        )
        for tensor, count in COUNTS.items()
    ),
    _claim(
        "diagrams-equal-recursions",
        "abstract; App. D",
        "The sum of a tensor's diagrams is its recursion.",
        "largest relative difference to the solver over thirteen tensors on random layers",
        "at most 1e-10",
        CHECKS,
        equals_solver,
    ),
    _claim(
        "diagrams-none-missing",
        "control",
        "Without any one of its diagrams a tensor has another recursion.",
        "smallest relative difference to the solver with one diagram left out",
        "at least 1e-5",
        CHECKS,
        partial(change_is_noticed, change="left out"),
    ),
    _claim(
        "diagrams-symmetry-factors",
        "control",
        "With any one symmetry factor doubled a tensor has another recursion.",
        "smallest relative difference to the solver with one factor doubled",
        "at least 1e-5",
        CHECKS,
        partial(change_is_noticed, change="doubled"),
    ),
    _claim(
        "diagrams-hessian-product",
        "beyond the paper",
        "The same rules give the cumulant of two preactivations and the product of two Hessians.",
        "largest |z| of sampled networks, extrapolated to leading order, against the diagrams",
        "at most 4",
        CHECKS,
        agrees_with_networks,
    ),
    _claim(
        "diagrams-hessian-product-control",
        "beyond the paper; control",
        "Sampled networks rule out that any one of the diagrams of Y is missing.",
        "least over the diagrams of Y of the largest |z| without it",
        "above 4, else undecided",
        CHECKS,
        networks_notice,
    ),
)
