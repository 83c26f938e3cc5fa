"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about the cross product."""

import itertools
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import UNDECIDED, Claim, Finding, inside
from ntklab.claims.slopes import common_slope

INF = float("inf")
ROTATION_GROUPS = {"tetrahedral": 12, "octahedral": 24, "icosahedral": 60}
PAIRS = {"on_manifold": "on pairs of unit vectors", "off_manifold": "on vectors of other lengths (off the manifold)"}


def _trained(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.step == rows.step.max()]


def _rotations(table: pd.DataFrame, quantity: str, data: str, finite: bool = True) -> pd.DataFrame:
    rows = table[(table.quantity == quantity) & (table.data == data)]
    return rows[np.isfinite(rows.width) == finite]


def _own(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows.group == rows.augmentation) & rows.group.isin(ROTATION_GROUPS)]


def _haar(rows: pd.DataFrame, augmentation: str) -> pd.DataFrame:
    return rows[(rows.group == "haar") & (rows.augmentation == augmentation)]


def _trained_with(table: pd.DataFrame, *names: str) -> list[str]:
    """Those of the named sets of rotations that this run trained with, in the order of their size."""
    return [name for name in (*names, *ROTATION_GROUPS) if name in set(table.augmentation)]


def ntk_mean_equivariant(table: pd.DataFrame, data: str) -> Finding:
    """Largest relative spread of the turned-back NTK mean over the group trained with, over groups and times."""
    rows = _own(_rotations(table, "rsd_pooled", data, finite=False))
    worst = rows[np.isinf(rows.members) & (rows.step > 0)].value.max()
    return inside(worst, worst, worst, (0.0, 1e-10))


def own_group_floor(table: pd.DataFrame, data: str) -> Finding:
    """Largest |floor| on the group trained with in units of its standard error, over groups and times."""
    rows = _own(_rotations(table, "floor", data))
    worst = (rows.value.abs() / rows.stderr).max()
    return inside(worst, worst, worst, (0.0, 3.0))


def equivariant_law(table: pd.DataFrame, data: str) -> Finding:
    """Slope of log spread against log members after training, on the groups trained with, common to all groups."""
    rows = _trained(_own(_rotations(table, "spread", data)))
    return common_slope(rows, rows.group)


def ensemble_romse(table: pd.DataFrame, data: str) -> Finding:
    """Relative orbit MSE of 10 networks over that of one, Haar rotations, after training, group with the highest interval."""
    rows = _trained(_rotations(table, "rsd_pooled", data))
    found = []
    for group in _trained_with(table):
        of_group = _haar(rows, group).set_index("members")
        size = max(m for m in of_group.index if m <= 10)
        ratio, single = of_group.loc[size], of_group.value.loc[1.0]
        value, error = (ratio.value / single) ** 2, 2 * 1.96 * ratio.value * ratio.stderr / single**2
        found.append((value + error, value, error))
    high, value, error = max(found)
    return inside(value, value - error, high, (0.0, 0.5))


def floor_falls_with_order(table: pd.DataFrame, data: str) -> Finding:
    """Squared spread of the infinite ensemble on Haar rotations after training: largest less smallest group."""
    rows = _trained(_rotations(table, "floor", data))
    groups = _trained_with(table)
    small, large = (_haar(rows, group).iloc[0] for group in (groups[0], groups[-1]))
    value, error = large.value - small.value, 1.96 * np.hypot(small.stderr, large.stderr)
    return inside(value, value - error, value + error, (-INF, 0.0))


def floor_below_control(table: pd.DataFrame, data: str) -> Finding:
    """Largest squared spread of the infinite ensemble of a group on Haar rotations less that without augmentation."""
    rows = _trained(_rotations(table, "floor", data))
    if "none" not in _trained_with(table, "none"):
        return Finding(np.nan, np.nan, np.nan, UNDECIDED)
    control = _haar(rows, "none").iloc[0]
    found = [_haar(rows, group).iloc[0] for group in _trained_with(table)]
    worst = max(found, key=lambda row: row.value)
    value, error = worst.value - control.value, 1.96 * np.hypot(worst.stderr, control.stderr)
    return inside(value, value - error, value + error, (-INF, 0.0))


def ntk_falls_with_order(table: pd.DataFrame, data: str) -> Finding:
    """Spread of the NTK mean on Haar rotations after training, each group over the next smaller one, largest ratio."""
    rows = _trained(_rotations(table, "spread", data, finite=False))
    spreads = [_haar(rows[np.isinf(rows.members)], group).value.item() for group in _trained_with(table, "none")]
    worst = max((large / small for small, large in itertools.pairwise(spreads)), default=np.nan)
    return inside(worst, worst, worst, (0.0, 1.0))


def _cross(name: str, source: str, statement: str, quantity: str, criterion: str, find) -> list[Claim]:
    """The same claim about the cross product on each set of pairs, {where} in the statement filled in."""
    table = "ensembles/cross_product_equivariance"
    return [
        Claim(
            f"E1-cross-product-{name}-{data.replace('_', '-')}", "ensembles", source, statement.format(where=where),
            quantity, criterion, table, partial(find, data=data),
        )
        for data, where in PAIRS.items()
    ]  # fmt: skip


_THEOREM = "E1, main theorem; slide 'Emergent equivariance'"

CLAIMS: tuple[Claim, ...] = (
    *_cross(
        "ntk-equivariant",
        _THEOREM + ", equivariant labels",
        "The infinite-width mean is equivariant under the group trained with at every time {where}.",
        "largest relative spread of the turned-back NTK mean over groups and times",
        "at most 1e-10 (float64)",
        ntk_mean_equivariant,
    ),
    *_cross(
        "floor",
        _THEOREM + "; holds at finite width for orthogonal actions",
        "Infinite ensembles of finite width are equivariant under the group trained with {where}.",
        "largest unbiased floor on the group trained with in its standard errors, over groups and times",
        "at most 3",
        own_group_floor,
    ),
    *_cross(
        "members-law",
        "E1, finite ensembles",
        "On the group trained with, the deviation from equivariance falls like the square root of the size {where}.",
        "slope of log spread against log members after training, common to the groups",
        "interval inside -0.5 +- 0.1",
        equivariant_law,
    ),
    *_cross(
        "ensemble",
        "slide 'Emergent equivariance (as opposed to invariance)'",
        "Even small ensembles are far more equivariant under all rotations than their members {where}.",
        "relative orbit MSE of at most 10 networks over that of one, Haar rotations, group with the highest interval",
        "interval below 0.5",
        ensemble_romse,
    ),
    *_cross(
        "order",
        "E1, bound for finite subgroups of continuous groups",
        "What is left on all rotations falls with the order of the group {where}.",
        "squared spread of the infinite ensemble on Haar rotations, icosahedral less tetrahedral",
        "interval below 0",
        floor_falls_with_order,
    ),
    *_cross(
        "order-ntk",
        "E1, bound for finite subgroups of continuous groups",
        "The same holds for the infinite-width mean, for every group {where}.",
        "spread of the NTK mean on Haar rotations, over that of the next smaller group, largest ratio",
        "below 1",
        ntk_falls_with_order,
    ),
    *_cross(
        "not-augmented",
        "negative control",
        "Without augmentation more is left than with any group {where}.",
        "squared spread of the infinite ensemble on Haar rotations, worst group less no augmentation",
        "interval below 0",
        floor_below_control,
    ),
)
