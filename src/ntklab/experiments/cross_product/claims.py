"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about the cross product."""

import itertools
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim
from ntklab.claims.ensembles import INFINITE, fraction_left, law_slope, mean_square
from ntklab.claims.replicates import REPLICATE, highest_of, one_of
from ntklab.experiments.cross_product.tables import HALVES
from ntklab.metrics.equivariance_bounds import PROBABILITY, finite_ensemble_bound
from ntklab.metrics.resampling import Interval, nothing, numerical

INF = float("inf")
MOMENTS, LIMITS = "ensembles/cross_product_moments", "ensembles/cross_product_equivariance"
ROTATION_GROUPS = {"tetrahedral": 12, "octahedral": 24, "icosahedral": 60}
NONE, HAAR = "none", "haar"
PAIRS = {"on_manifold": "on pairs of unit vectors", "off_manifold": "on vectors of other lengths (off the manifold)"}
KERNEL, LIPSCHITZ = "kernel_bound", "lipschitz_bound"
SMALL = 10
"""Members of an ensemble that counts as small."""
ROUNDING = 1e-12
"""Error bound of relative spreads of the mean prediction in float64, that of the kernel identities."""


def _trained(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.step == rows.step.max()]


def _after_start(rows: pd.DataFrame) -> pd.DataFrame:
    """At initialisation the mean vanishes whatever is trained with; there pairs of opposite sign do not help."""
    return rows[rows.step > 0]


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
    """Squared spread of the infinite ensemble over that of a member on the group trained with, highest of groups and times
    after initialisation; without augmentation on random rotations."""
    rows = _own(table, data) if augmented else _haar(table, data, NONE)
    return highest_of(fraction_left(_after_start(rows)))


def initial_floor(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """The same at initialisation, highest of groups; or after training without augmentation on random rotations."""
    own = _own(table, data)
    return highest_of(fraction_left(own[own.step == 0] if augmented else _trained(_haar(table, data, NONE))))


def equivariant_law(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Slope of log spread against log members after training, on the groups trained with, mean over groups."""
    return law_slope(_trained(_own(table, data) if augmented else _haar(table, data, NONE)), "squared_spread")


def ensemble_romse(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Relative orbit MSE of 10 networks over that of one, Haar rotations, after training, highest of groups."""
    rows = _trained(_haar(table, data, *(set(_by_order(table)) - {NONE} if augmented else {NONE})))

    def relative(members: float | int) -> pd.DataFrame:
        return mean_square(rows, "squared_spread", members) / mean_square(rows, "mean_square", members)

    return highest_of(relative(min(SMALL, int(rows.trained.max()))) / relative(1))


def _floor(table: pd.DataFrame, data: str, augmentation: str, quantity: str = "squared_spread") -> pd.Series:
    """Squared spread of the infinite ensemble on random rotations after training, for every replicate."""
    return mean_square(_trained(_haar(table, data, augmentation)), quantity, INFINITE).squeeze()


def _between_halves(table: pd.DataFrame, data: str, augmentation: str) -> pd.Series:
    """The same of one half of an ensemble's members, less that of the other half: nothing, but for chance."""
    first, second = (_floor(table, data, augmentation, half) for half in HALVES)
    return first - second


def floor_falls_with_order(table: pd.DataFrame, data: str, same: bool = False) -> Interval:
    """Squared spread of the infinite ensemble on Haar rotations: largest less smallest group; or of the smallest group
    twice, from either half of its members."""
    groups = [name for name in _by_order(table) if name != NONE]
    if same:
        return one_of(_between_halves(table, data, groups[0]))
    return one_of(_floor(table, data, groups[-1]) - _floor(table, data, groups[0]))


def floor_below_control(table: pd.DataFrame, data: str, same: bool = False) -> Interval:
    """Squared spread of the infinite ensemble on Haar rotations less that without augmentation, highest of groups; or of no
    augmentation twice, from either half of the members."""
    if NONE not in _by_order(table):
        return nothing("no ensemble without augmentation in this run")
    if same:
        return one_of(_between_halves(table, data, NONE))
    groups = [name for name in _by_order(table) if name != NONE]
    less = {name: _floor(table, data, name) - _floor(table, data, NONE) for name in groups}
    return highest_of(pd.DataFrame(less).T)


def ntk_falls_with_order(table: pd.DataFrame, data: str, same: bool = False) -> Interval:
    """Spread of the NTK mean on Haar rotations after training, each group over the next smaller one, largest ratio; or over
    itself."""
    rows = _trained(table[np.isinf(table.width) & np.isinf(table.members) & (table.quantity == "spread")])
    spreads = [_haar(rows, data, group).value.item() for group in _by_order(table)]
    worst = max(large / (large if same else small) for small, large in itertools.pairwise(spreads))
    return numerical(worst, worst * ROUNDING)


def _exact(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """A number of infinitely wide networks, as the frames of `claims.ensembles` are."""
    rows = rows[rows.quantity == quantity]
    dropped = ("experiment", "quantity", "members", "value", REPLICATE)
    return rows.pivot(index=[name for name in rows if name not in dropped], columns=REPLICATE, values="value")


def beyond_subgroup_bound(table: pd.DataFrame, data: str, bound: str, augmented: bool = True) -> Interval:
    """Squared spread of the infinite ensemble on Haar rotations over its bound, highest of groups and times; or without
    augmentation, over the bound of the largest group."""
    if not augmented and NONE not in _by_order(table):
        return nothing("no ensemble without augmentation in this run")
    groups = [name for name in _by_order(table) if name != NONE]
    rows = _after_start(_haar(table, data, *(groups if augmented else groups[-1:])))
    measured = rows if augmented else _after_start(_haar(table, data, NONE))
    left, allowed = mean_square(measured, "squared_spread", INFINITE), _exact(rows, bound)
    if not augmented:
        left, allowed = left.droplevel("augmentation"), allowed.droplevel("augmentation")
    return highest_of(left / allowed)


def ntk_beyond_subgroup_bound(table: pd.DataFrame, data: str) -> Interval:
    """The same of infinitely wide networks, no augmentation and both bounds included: exact."""
    rows = _after_start(_haar(table[table[REPLICATE] == 0], data, *_by_order(table)))
    left = _exact(rows[np.isinf(rows.members)], "limit_squared_spread")
    worst = max((left / _exact(rows, bound)).to_numpy().max() for bound in (KERNEL, LIPSCHITZ))
    return numerical(worst, ROUNDING)


def beyond_members_bound(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Squared spread of single networks, and of ensembles of all that are independent, over the bound for infinitely wide
    ones with an equivariant mean; on the groups trained with, highest of groups, times and both sizes."""
    rows = _after_start(_own(table, data) if augmented else _haar(table, data, NONE))
    wide = [mean_square(rows, "limit_squared_spread", members) for members in (1, INFINITE)]
    variance, direction = wide[0] - wide[1], _exact(rows, "limit_largest_direction")
    beyond = [
        mean_square(rows, "squared_spread", size) / finite_ensemble_bound(variance, direction, size) ** 2
        for size in (1, int(rows.trained.max()))
    ]
    return highest_of(pd.concat(beyond))


def _cross(name: str, source: str, statement: str, quantity: str, find, table: str = MOMENTS, **options) -> list[Claim]:
    """The same claim on each set of pairs, {where} in the statement filled in; `control` are the control's arguments."""
    control = options.pop("control")
    return [
        Claim(
            f"E1-cross-product-{name}-{data.replace('_', '-')}", "ensembles", source, statement.format(where=where),
            quantity, table, partial(find, data=data), control=control and partial(find, data=data, **control), **options,
        )
        for data, where in PAIRS.items()
    ]  # fmt: skip


_THEOREM = "E1, main theorem; slide 'Emergent equivariance'"
_FINITE_GROUPS = "E1, bound for finite subgroups of continuous groups"
_NOT_AUGMENTED = {"control": {"augmented": False}, "control_is": "trained without augmentation, random rotations"}
_HALVES = {"control": {"same": True}, "control_is": "the smallest group twice: either half of its members"}
_HALVES_OF_NONE = {"control": {"same": True}, "control_is": "no augmentation twice: either half of the members"}
_OTHER_BOUND = {
    "control": {"augmented": False}, "control_is": "trained without augmentation, against the bound of the largest group",
}  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    *_cross(
        "ntk-equivariant", _THEOREM + ", equivariant labels",
        "The infinite-width mean is equivariant under the group trained with at every time {where}.",
        "largest relative spread of the turned-back NTK mean over groups and times (float64)",
        ntk_mean_equivariant, LIMITS, bounds=(-INF, 1e-10), kind=CHECK, **_NOT_AUGMENTED,
    ),
    *_cross(
        "floor", _THEOREM + "; holds at finite width for orthogonal actions",
        "Infinite ensembles of finite width are equivariant under the group trained with at every time of training {where}.",
        "unbiased floor over the squared spread of single members after initialisation, highest of simultaneous intervals over "
        "groups and times",
        own_group_floor, bounds=(-INF, 0.02), **_NOT_AUGMENTED,
    ),
    *_cross(
        "floor-initial", _THEOREM + "; holds at finite width for orthogonal actions",
        "Infinite ensembles of finite width are equivariant at initialisation {where}.",
        "unbiased floor over the squared spread of single members at initialisation, highest of groups",
        initial_floor, bounds=(-INF, 0.02), control={"augmented": False},
        control_is="after training without augmentation, random rotations",
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
        floor_falls_with_order, bounds=(-INF, 0.0), **_HALVES,
    ),
    *_cross(
        "order-ntk", _FINITE_GROUPS,
        "The same holds for the infinite-width mean, for every group {where}.",
        "spread of the NTK mean on Haar rotations, over that of the next smaller group, largest ratio",
        ntk_falls_with_order, LIMITS, bounds=(-INF, 1.0), control={"same": True},
        control_is="every group over itself",
    ),
    *_cross(
        "not-augmented", "negative control",
        "Without augmentation more is left than with any group {where}.",
        "squared spread of the infinite ensemble on Haar rotations less that without augmentation, highest of groups",
        floor_below_control, bounds=(-INF, 0.0), **_HALVES_OF_NONE,
    ),
    *_cross(
        "members-law", "E1, finite ensembles",
        "On the group trained with, the deviation from equivariance falls like the square root of the size {where}.",
        "slope of log spread against log members after training, blocks of members, mean over groups",
        equivariant_law, bounds=(-0.6, -0.4), kind=CHECK, **_NOT_AUGMENTED,
    ),
    *_cross(
        "members-bound", "E1, bound for finite ensembles",
        "Ensembles deviate from equivariance under the group trained with by no more than the bound at all times {where}.",
        "mean squared spread of networks, and of ensembles of all independent ones, over the square of what one in "
        f"{1 / PROBABILITY:.0f} ensembles of infinitely wide networks exceeds at most, highest of groups, times and sizes",
        beyond_members_bound, bounds=(-INF, 1.0), **_NOT_AUGMENTED,
    ),
    *(
        claim
        for name, bound, form in (
            ("subgroup-bound", KERNEL, "that the kernel of rotated inputs gives"),
            ("subgroup-bound-lipschitz", LIPSCHITZ, "proportional to the distance from the group"),
        )
        for claim in _cross(
            name, _FINITE_GROUPS,
            f"What is left on all rotations lies below the bound {form}, at all times and for all groups {{where}}.",
            "squared spread of the infinite ensemble on Haar rotations over the squared bound, highest of groups and times",
            partial(beyond_subgroup_bound, bound=bound), bounds=(-INF, 1.0), **_OTHER_BOUND,
        )
    ),
    *_cross(
        "subgroup-bound-ntk", _FINITE_GROUPS,
        "Both bounds hold for the infinite-width mean {where}.",
        "squared spread of the NTK mean on Haar rotations over the squared bounds, highest of groups, times and bounds",
        ntk_beyond_subgroup_bound, bounds=(-INF, 1.0), kind=CHECK, control=None,
    ),
)  # fmt: skip
