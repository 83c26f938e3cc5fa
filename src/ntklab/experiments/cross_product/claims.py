"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about the cross product."""

import itertools
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim
from ntklab.claims.ensembles import INFINITE, fraction_left, law_slope, mean_square
from ntklab.claims.replicates import highest_of, one_of
from ntklab.metrics.resampling import Interval, nothing, numerical

INF = float("inf")
MOMENTS, LIMITS = "ensembles/cross_product_moments", "ensembles/cross_product_equivariance"
ROTATION_GROUPS = {"tetrahedral": 12, "octahedral": 24, "icosahedral": 60}
NONE, HAAR = "none", "haar"
PAIRS = {"on_manifold": "on pairs of unit vectors", "off_manifold": "on vectors of other lengths (off the manifold)"}
SMALL = 10
"""Members of an ensemble that counts as small."""
ROUNDING = 1e-12
"""Error bound of relative spreads of the mean prediction in float64, that of the kernel identities."""


def _trained(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.step == rows.step.max()]


def _own(table: pd.DataFrame, data: str) -> pd.DataFrame:
    """On the group trained with."""
    return table[(table.data == data) & (table.group == table.augmentation) & table.group.isin(ROTATION_GROUPS)]


def _haar(table: pd.DataFrame, data: str, *augmentations: str) -> pd.DataFrame:
    """On random rotations, of ensembles trained with one of the groups."""
    return table[(table.data == data) & (table.group == HAAR) & table.augmentation.isin(augmentations)]


def _by_order(table: pd.DataFrame) -> list[str]:
    """Groups that this run trained with, by their order; first no augmentation, if it is there."""
    return [name for name in (NONE, *ROTATION_GROUPS) if name in set(table.augmentation)]


def ntk_mean_equivariant(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Largest relative spread of the turned-back NTK mean after initialisation, on the group trained with, over groups
    and times, or without augmentation on random rotations."""
    rows = table[np.isinf(table.width) & np.isinf(table.members) & (table.quantity == "rsd_pooled") & (table.step > 0)]
    worst = (_own(rows, data) if augmented else _haar(rows, data, NONE)).value.max()
    return numerical(worst, ROUNDING)


def own_group_floor(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Squared spread of the infinite ensemble over that of a member on the group trained with, highest of groups and times;
    without augmentation on random rotations."""
    return highest_of(fraction_left(_own(table, data) if augmented else _haar(table, data, NONE)))


def equivariant_law(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Slope of log spread against log members after training, on the groups trained with, mean over groups."""
    return law_slope(_trained(_own(table, data) if augmented else _haar(table, data, NONE)), "squared_spread")


def ensemble_romse(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Relative orbit MSE of 10 networks over that of one, Haar rotations, after training, highest of groups."""
    rows = _trained(_haar(table, data, *(set(_by_order(table)) - {NONE} if augmented else {NONE})))

    def relative(members: float | int) -> pd.DataFrame:
        return mean_square(rows, "squared_spread", members) / mean_square(rows, "mean_square", members)

    return highest_of(relative(min(SMALL, rows.trained.max())) / relative(1))


def _floor(table: pd.DataFrame, data: str, augmentation: str) -> pd.Series:
    """Squared spread of the infinite ensemble on random rotations after training, for every replicate."""
    return mean_square(_trained(_haar(table, data, augmentation)), "squared_spread", INFINITE).squeeze()


def floor_falls_with_order(table: pd.DataFrame, data: str, backwards: bool = False) -> Interval:
    """Squared spread of the infinite ensemble on Haar rotations: largest less smallest group, paired by member."""
    groups = [name for name in _by_order(table) if name != NONE]
    fall = _floor(table, data, groups[-1]) - _floor(table, data, groups[0])
    return one_of(-fall if backwards else fall)


def floor_below_control(table: pd.DataFrame, data: str, backwards: bool = False) -> Interval:
    """Squared spread of the infinite ensemble on Haar rotations less that without augmentation, highest of groups."""
    if NONE not in _by_order(table):
        return nothing("no ensemble without augmentation in this run")
    groups = [name for name in _by_order(table) if name != NONE]
    less = pd.DataFrame({name: _floor(table, data, name) - _floor(table, data, NONE) for name in groups}).T
    return highest_of(-less if backwards else less)


def ntk_falls_with_order(table: pd.DataFrame, data: str, backwards: bool = False) -> Interval:
    """Spread of the NTK mean on Haar rotations after training, each group over the next smaller one, largest ratio."""
    rows = _trained(table[np.isinf(table.width) & np.isinf(table.members) & (table.quantity == "spread")])
    spreads = [_haar(rows, data, group).value.item() for group in _by_order(table)]
    pairs = itertools.pairwise(spreads[::-1] if backwards else spreads)
    worst = max(large / small for small, large in pairs)
    return numerical(worst, worst * ROUNDING)


def _cross(name: str, source: str, statement: str, quantity: str, find, table: str = MOMENTS, **options) -> list[Claim]:
    """The same claim on each set of pairs, {where} in the statement filled in; `control` are the control's arguments."""
    control = options.pop("control")
    return [
        Claim(
            f"E1-cross-product-{name}-{data.replace('_', '-')}", "ensembles", source, statement.format(where=where),
            quantity, table, partial(find, data=data), control=partial(find, data=data, **control), **options,
        )
        for data, where in PAIRS.items()
    ]  # fmt: skip


_THEOREM = "E1, main theorem; slide 'Emergent equivariance'"
_FINITE_GROUPS = "E1, bound for finite subgroups of continuous groups"
_NOT_AUGMENTED = {"control": {"augmented": False}, "control_is": "trained without augmentation, random rotations"}
_BACKWARDS = {"control": {"backwards": True}, "control_is": "the two sides exchanged"}

CLAIMS: tuple[Claim, ...] = (
    *_cross(
        "ntk-equivariant", _THEOREM + ", equivariant labels",
        "The infinite-width mean is equivariant under the group trained with at every time {where}.",
        "largest relative spread of the turned-back NTK mean over groups and times (float64)",
        ntk_mean_equivariant, LIMITS, bounds=(-INF, 1e-10), kind=CHECK, **_NOT_AUGMENTED,
    ),
    *_cross(
        "floor", _THEOREM + "; holds at finite width for orthogonal actions",
        "Infinite ensembles of finite width are equivariant under the group trained with at every time {where}.",
        "unbiased floor over the squared spread of single members, highest of simultaneous intervals over groups and times",
        own_group_floor, bounds=(-INF, 0.02), **_NOT_AUGMENTED,
    ),
    *_cross(
        "ensemble", "slide 'Emergent equivariance (as opposed to invariance)'",
        "Even small ensembles are far more equivariant under all rotations than their members {where}.",
        f"relative orbit MSE of {SMALL} networks over that of one, Haar rotations, highest of groups",
        ensemble_romse, bounds=(-INF, 0.5), **_NOT_AUGMENTED,
    ),
    *_cross(
        "order", _FINITE_GROUPS,
        "What is left on all rotations falls with the order of the group {where}.",
        "squared spread of the infinite ensemble on Haar rotations, largest less smallest group",
        floor_falls_with_order, bounds=(-INF, 0.0), **_BACKWARDS,
    ),
    *_cross(
        "order-ntk", _FINITE_GROUPS,
        "The same holds for the infinite-width mean, for every group {where}.",
        "spread of the NTK mean on Haar rotations, over that of the next smaller group, largest ratio",
        ntk_falls_with_order, LIMITS, bounds=(-INF, 1.0), **_BACKWARDS,
    ),
    *_cross(
        "not-augmented", "negative control",
        "Without augmentation more is left than with any group {where}.",
        "squared spread of the infinite ensemble on Haar rotations less that without augmentation, highest of groups",
        floor_below_control, bounds=(-INF, 0.0), **_BACKWARDS,
    ),
    *_cross(
        "members-law", "E1, finite ensembles",
        "On the group trained with, the deviation from equivariance falls like the square root of the size {where}.",
        "slope of log spread against log members after training, blocks of members, mean over groups",
        equivariant_law, bounds=(-0.6, -0.4), kind=CHECK, **_NOT_AUGMENTED,
    ),
)  # fmt: skip
