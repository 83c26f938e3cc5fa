"""The numbers that decide claims about image classifiers, from the tables of replicates.

What is compared are numbers of two kinds of networks on the same images: the difference is taken inside each replicate, then its
interval over networks and images.
"""

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ntklab.claims.replicates import highest_over_replicates, over_replicates
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.shards import ALL_OOD
from ntklab.experiments.rotated_images.two_way import numbers_of
from ntklab.groups import group as group_named
from ntklab.metrics.resampling import Interval, counted, nothing, numerical
from ntklab.metrics.two_way import TwoWay

INF = float("inf")
NOT_AUGMENTED = "c1"
PAPER_ENSEMBLE = 100
"""Members of the ensembles of the published numbers; smaller ones decide nothing about these."""
ROUNDING = 1e-9
ENSEMBLE, CNN, STEERABLE, CANONICALISED = "ensemble", "cnn", "steerable", "canonicalised"
EXACT_UNDER_C4 = (STEERABLE, CANONICALISED)


def order(group: str) -> int:
    """Number of elements of c4, c8, ...; 1 for c1."""
    return group_named(group).order


def _number(rows: pd.DataFrame) -> TwoWay | None:
    """The number that the rows of one quantity of ensembles of one size give; None without rows."""
    if rows.empty:
        return None
    first = rows.iloc[0]
    return numbers_of(rows, f"{first.model} {first.augmentation}")


def _of(
    table: pd.DataFrame, quantity: str, data: str, augmentation: str, model: str = CNN, group: str | None = None
) -> pd.DataFrame:
    """The rows of one quantity of the networks of a kind trained with one group, on one set."""
    rows = table[table.quantity == quantity]
    rows = rows[rows.data == data]
    rows = rows[(rows.augmentation == augmentation) & (rows.model == model)]
    return rows[rows.group == group] if group else rows


def _single(rows: pd.DataFrame) -> TwoWay | None:
    return _number(rows[rows.members == 1])


def _largest(rows: pd.DataFrame) -> TwoWay | None:
    """The largest ensembles of which the networks can form several: the variance over networks of the one of all is only
    bounded."""
    several = rows[(rows.members > 1) & (rows.members < rows.n)]
    return _number(several[several.members == several.members.max()])


def _of_size(rows: pd.DataFrame, size: int) -> TwoWay | None:
    """The smallest ensembles of so many networks or more."""
    large = rows[rows.members >= size]
    return _number(large[large.members == large.members.min()])


def common_size(table: pd.DataFrame) -> float:
    """The largest size of ensembles of plain networks of which there are several for all groups."""
    rows = table[(table.model == CNN) & (table.augmentation != NOT_AUGMENTED) & (table.members < table.n)]
    return rows.groupby("augmentation").members.max().min()


def _less(first: TwoWay | None, second: TwoWay | None) -> TwoWay | None:
    return first.minus(second) if first and second else None


def _lowest(differences: Iterable[TwoWay | None]) -> Interval:
    """The interval that reaches lowest: a bound from below that it meets, all of them meet."""
    intervals = [difference.interval() for difference in differences if difference]
    return min(intervals, key=lambda found: found.ci95[0]) if intervals else nothing("no such networks in this run")


def _only(number: TwoWay | None) -> Interval:
    return _lowest([number])


def _trained_with(table: pd.DataFrame, model: str = CNN) -> list[str]:
    """Groups of a model, by order, the control left out."""
    return sorted(set(table.augmentation[table.model == model].unique()) - {NOT_AUGMENTED}, key=order)


def _groups(table: pd.DataFrame, augmented: bool) -> list[str]:
    return _trained_with(table) if augmented else [NOT_AUGMENTED]


def _on_quarter_turns(group: str) -> str | None:
    """The orbit on which ensembles of a group are compared with their members; the control's are quarter turns."""
    return "c4" if group == NOT_AUGMENTED else group


def _gap(table: pd.DataFrame, data: str, group: str, quantity: str) -> TwoWay | None:
    """The largest ensembles minus single members."""
    rows = _of(table, quantity, data, group)
    rows = rows[rows.group.isin(["so2", _on_quarter_turns(group)])]
    return _less(_largest(rows), _single(rows))


def ensemble_above_members(table: pd.DataFrame, data: str, quantity: str = "osp", augmented: bool = True) -> Interval:
    """Largest ensembles minus single members, group with the lowest interval."""
    return _lowest(_gap(table, data, group, quantity) for group in _groups(table, augmented))


def grows_with_members(table: pd.DataFrame, data: str, quantity: str = "osp", augmented: bool = True) -> Interval:
    """Ensembles minus the next smaller ones, over sizes and groups, lowest interval; without the ensemble of all networks."""
    differences = []
    for group in _groups(table, augmented):
        rows = _of(table, quantity, data, group, group=_on_quarter_turns(group))
        rows = rows[rows.members < rows.n]
        sizes = [_number(of_size) for _, of_size in rows.groupby("members")]
        differences += [_less(large, small) for small, large in itertools.pairwise(sizes)]
    return _lowest(differences)


def gap_larger_out_of_distribution(table: pd.DataFrame, quantity: str = "osp", augmented: bool = True) -> Interval:
    """Gain of ensembles over members, all sets out of distribution minus test images, lowest interval over groups."""
    return _lowest(
        _less(_gap(table, ALL_OOD, group, quantity), _gap(table, "test", group, quantity))
        for group in _groups(table, augmented)
    )


def nearly_invariant(table: pd.DataFrame, data: str, size: int, augmentation: str = "c4") -> Interval:
    """OSP under C4 of ensembles of `size`."""
    found = _of_size(_of(table, "osp", data, augmentation, group="c4"), size)
    return _only(found) if found else nothing(f"needs ensembles of {size}")


def _squared_spread(rows: pd.DataFrame, members: float) -> np.ndarray:
    """Of ensembles of that size, at every step in order."""
    return rows[rows.members == members].sort_values("step").value.to_numpy()


def _floors(rows: pd.DataFrame) -> np.ndarray:
    """Squared spread of the infinite ensemble over that of a member, at every step."""
    return _squared_spread(rows, INF) / _squared_spread(rows, 1.0)


def _laws(rows: pd.DataFrame) -> np.ndarray:
    """A(ensemble) sqrt(M) / A(member) at every size and step."""
    sizes = sorted(size for size in rows.members.unique() if 1 < size < INF)
    ratios = [size * _squared_spread(rows, size) / _squared_spread(rows, 1.0) for size in sizes]
    return np.sqrt(np.maximum(np.concatenate(ratios), 0))


def members_law(table: pd.DataFrame, data: str, augmentation: str = "c4") -> Interval:
    """A(ensemble) sqrt(M) / A(member) under C4, where its simultaneous interval ends highest over sizes and steps."""
    rows = _of(table, "squared_spread", data, augmentation)
    if not ((rows.members > 1) & (rows.members < INF)).any():
        return nothing("no ensembles of these networks in this run")
    return highest_over_replicates(rows, _laws)


def highest_floor(table: pd.DataFrame, data: str, augmentation: str = "c4") -> Interval:
    """Floor over a member's squared spread, at the step where its simultaneous interval ends highest."""
    rows = _of(table, "squared_spread", data, augmentation)
    return highest_over_replicates(rows, _floors) if len(rows) else nothing("no such networks in this run")


def last_floor(table: pd.DataFrame, data: str, augmentation: str = NOT_AUGMENTED) -> Interval:
    """Floor over a member's squared spread after training."""
    rows = _of(table, "squared_spread", data, augmentation)
    if rows.empty:
        return nothing("no such networks in this run")
    return over_replicates(rows[rows.step == rows.step.max()], lambda part: float(_floors(part)[0]))


def rises_with_order(table: pd.DataFrame, data: str, model: str = CNN, quantity: str = "agreement") -> Interval:
    """Mean agreement over angles, each group minus the next smaller one, lowest interval."""
    rows = [_of(table, quantity, data, group, model) for group in _trained_with(table, model)]
    found = [_largest(of_group) if model == CNN else _single(of_group) for of_group in rows]
    return _lowest(_less(large, small) for small, large in itertools.pairwise(found))


def minima_between(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Agreement at the angles trained with, 0 left out, minus that half-way between, lowest interval over groups."""
    return _lowest(
        _less(*(_largest(_of(table, quantity, data, group)) for quantity in ("at", "between")))
        for group in _groups(table, augmented)
    )


def exact_at_quarter_turns(table: pd.DataFrame, model: str, at: bool = True) -> Interval:
    """Fraction of images that keep their class, least over quarter turns (or all other angles), groups and sets."""
    rows = table[(table.model == model) & (table.members == 1) & (table.quantity == "same")]
    rows = rows[(rows.angle % 90 == 0) == at]
    return nothing("no such networks in this run") if rows.empty else numerical(rows.value.min(), ROUNDING)


def exactly_four(table: pd.DataFrame, model: str) -> Interval:
    """OSP under C4 of single networks on all sets out of distribution."""
    rows = _of(table, "osp", ALL_OOD, "c4", model)
    rows = rows[rows.members == 1]
    return nothing("no such networks in this run") if rows.empty else numerical(rows.value.item(), ROUNDING)


def _of_kind(
    table: pd.DataFrame, kind: str, group: str, quantity: str = "osp", size: float | None = None
) -> TwoWay | None:
    """A kind of networks out of distribution on the orbits of a group: of the plain ones single ones or ensembles, the largest
    or those of a size."""
    model = kind if kind in EXACT_UNDER_C4 else CNN
    augmentation = NOT_AUGMENTED if kind == NOT_AUGMENTED else group
    rows = _of(table, quantity, ALL_OOD, augmentation, model, group)
    if kind != ENSEMBLE:
        return _single(rows)
    return _largest(rows) if size is None else _of_size(rows, int(size))


def above(table: pd.DataFrame, first: str, second: str, group: str, quantity: str = "osp") -> Interval:
    """The first kind of networks minus the second, all sets out of distribution."""
    return _only(_less(*(_of_kind(table, kind, group, quantity) for kind in (first, second))))


def loses_ground(table: pd.DataFrame, than: str, kind: str = CANONICALISED) -> Interval:
    """OSP / order of one kind minus that of another, ensembles of the same size: largest group minus the smallest."""
    groups, size = _trained_with(table, CANONICALISED), common_size(table)
    if len(groups) < 2:
        return nothing("needs canonicalised networks of two groups")
    small, large = (
        _less(*(_of_kind(table, each, group, size=size) for each in (kind, than))) for group in (groups[0], groups[-1])
    )
    return _only(_less(large and large.times(1 / order(groups[-1])), small and small.times(1 / order(groups[0]))))


def as_published(table: pd.DataFrame, kind: str, group: str, instead: str | None = None) -> Interval:
    """OSP on all sets out of distribution; ensembles as large as the published ones, smaller ones decide nothing."""
    found = _of_kind(table, instead or kind, group)
    if found and kind in EXACT_UNDER_C4 and group == "c4" and not instead:
        return numerical(found.value, ROUNDING)
    if kind == ENSEMBLE and not instead:
        large = _of_size(_of(table, "osp", ALL_OOD, group, group=group), PAPER_ENSEMBLE)
        return _only(large or found).but("" if large else f"needs ensembles of {PAPER_ENSEMBLE}")
    return _only(found)


def around_published(kind: str, group: str) -> tuple[float, float]:
    """The published number within max(2 x the published +-, 5 % of the order)."""
    published, deviation = TALK_COMPARISON[kind, group]
    margin = max(2 * deviation, 0.05 * order(group))
    return published - margin, published + margin


def more_accurate(table: pd.DataFrame, than: str, single: bool, quantity: str = "accuracy") -> Interval:
    """Accuracy under C4 of the largest repeated CNN ensembles minus that of another model, single or all as an ensemble."""
    own, other = (_of(table, quantity, "test", "c4", model) for model in (CNN, than))
    return _only(_less(_largest(own), _single(other) if single else _largest(other)))


def example_as_chosen(table: pd.DataFrame) -> Interval:
    """OSP of the member on the image of the figure, which the ensemble keeps at all rotations."""
    kept = {}
    for members, rows in table[np.isfinite(table.members)].groupby("members"):
        kept[members] = int((rows.value == rows[rows.angle == 0].value.item()).sum())
    all_kept = kept[max(kept)] == table.angle.nunique()
    return counted(kept[1.0]).but("" if all_kept else "the ensemble keeps no such image at all rotations")
