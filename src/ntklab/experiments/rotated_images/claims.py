"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about image classifiers.

What is compared are numbers of two kinds of networks on the same images: the difference is taken inside each draw of networks
and images, then its interval (evidence of a statement about images in general). Controls are networks trained without
augmentation, unless the claim says otherwise.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, EVIDENCE, Claim
from ntklab.claims.replicates import REPLICATE, highest_over_replicates, over_replicates
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.groups import group as group_named
from ntklab.metrics.resampling import Interval, counted, nothing, numerical, student

INF = float("inf")
ALL_OOD = "out_of_distribution"
FMNIST, HISTOLOGY = "ensembles/rotated_fashion_mnist_", "ensembles/histology_"
NOT_AUGMENTED = "c1"
PAPER_ENSEMBLE = 100
"""Members of the ensembles of the published numbers; smaller ones decide nothing about these."""
ROUNDING = 1e-9
EXACT = 1e-6
"""Of numbers that are exact by construction: one changed class in a million would be seen."""
UNDEFINED = 0.05
"""Fraction of draws that may have no number: kappa has none where all images of all networks are one class."""

ENSEMBLE, CNN, STEERABLE, CANONICALISED = "ensemble", "cnn", "steerable", "canonicalised"
NAMES = {
    ENSEMBLE: "ensembles", CNN: "single augmented networks", STEERABLE: "steerable networks",
    CANONICALISED: "canonicalised networks",
}  # fmt: skip
EXACT_UNDER_C4 = (STEERABLE, CANONICALISED)


def order(group: str) -> int:
    """Number of elements of c4, c8, ...; 1 for c1."""
    return group_named(group).order


class Drawn(NamedTuple):
    """A number of the networks and images as they are, and of every draw of both.

    `parts` are the variance over draws and the degrees of freedom of each kind of network that it is made of.
    """

    value: float
    draws: np.ndarray
    parts: tuple[tuple[float, float], ...]

    def minus(self, other: "Drawn") -> "Drawn":
        """The difference inside each draw, which has the same images for both."""
        return Drawn(self.value - other.value, self.draws - other.draws, self.parts + other.parts)

    def times(self, factor: float) -> "Drawn":
        parts = tuple((factor**2 * variance, degrees) for variance, degrees in self.parts)
        return Drawn(factor * self.value, factor * self.draws, parts)

    def interval(self) -> Interval:
        """Student's intervals with the standard deviation of the draws, degrees of freedom after Satterthwaite: some kinds
        are of four networks. A number that no draw changes decides nothing."""
        draws = self.draws[np.isfinite(self.draws)]
        if len(draws) < (1 - UNDEFINED) * len(self.draws) or np.isnan(self.value):
            return nothing("all images are one class")
        spread = draws.std(ddof=1)
        if spread < ROUNDING:
            return numerical(self.value, ROUNDING).but("no draw changes it")
        variances, degrees = np.array([part for part in self.parts if part[0] > 0]).T
        freedom = max(1.0, float(variances.sum() ** 2 / (variances**2 / degrees).sum()))
        return student(self.value, float(spread), freedom, "members+inputs")


def _drawn(rows: pd.DataFrame) -> Drawn | None:
    """The number that the rows of one quantity of one ensemble give; None without rows."""
    if rows.empty:
        return None
    values = rows.sort_values(REPLICATE).value.to_numpy()
    networks = rows.n.iloc[0] * rows.members.iloc[0]
    return Drawn(values[0], values[1:], ((float(np.nanvar(values[1:], ddof=1)), max(1.0, networks - 1)),))


def _of(
    table: pd.DataFrame, quantity: str, data: str, augmentation: str, model: str = CNN, group: str | None = None
) -> pd.DataFrame:
    """The rows of one quantity of the networks of a kind trained with one group, on one set."""
    rows = table[table.quantity == quantity]
    rows = rows[rows.data == data]
    rows = rows[(rows.augmentation == augmentation) & (rows.model == model)]
    return rows[rows.group == group] if group else rows


def _single(rows: pd.DataFrame) -> Drawn | None:
    return _drawn(rows[rows.members == 1])


def _largest(rows: pd.DataFrame) -> Drawn | None:
    return _drawn(rows[rows.members == rows.members.max()]) if (rows.members > 1).any() else None


def _less(first: Drawn | None, second: Drawn | None) -> Drawn | None:
    return first.minus(second) if first and second else None


def _lowest(differences: Iterable[Drawn | None]) -> Interval:
    """The interval that reaches lowest: a bound from below that it meets, all of them meet."""
    intervals = [difference.interval() for difference in differences if difference]
    return min(intervals, key=lambda found: found.ci95[0]) if intervals else nothing("no such networks in this run")


def _only(number: Drawn | None) -> Interval:
    return _lowest([number])


def _trained_with(table: pd.DataFrame, model: str = CNN) -> list[str]:
    """Groups of a model, by order, the control left out."""
    return sorted(set(table.augmentation[table.model == model].unique()) - {NOT_AUGMENTED}, key=order)


def _groups(table: pd.DataFrame, augmented: bool) -> list[str]:
    return _trained_with(table) if augmented else [NOT_AUGMENTED]


def _on_quarter_turns(group: str) -> str | None:
    """The orbit on which ensembles of a group are compared with their members; the control's are quarter turns."""
    return "c4" if group == NOT_AUGMENTED else group


def _gap(table: pd.DataFrame, data: str, group: str, quantity: str) -> Drawn | None:
    """The largest ensembles of which there are several minus single members."""
    rows = _of(table, quantity, data, group)
    rows = rows[rows.group.isin(["so2", _on_quarter_turns(group)])]
    return _less(_largest(rows), _single(rows))


def ensemble_above_members(table: pd.DataFrame, data: str, quantity: str = "osp", augmented: bool = True) -> Interval:
    """Largest repeated ensembles minus single members, group with the lowest interval."""
    return _lowest(_gap(table, data, group, quantity) for group in _groups(table, augmented))


def grows_with_members(table: pd.DataFrame, data: str, quantity: str = "osp", augmented: bool = True) -> Interval:
    """Ensembles minus the next smaller ones, over sizes and groups, lowest interval."""
    differences = []
    for group in _groups(table, augmented):
        rows = _of(table, quantity, data, group, group=_on_quarter_turns(group))
        sizes = [_drawn(of_size) for _, of_size in rows.groupby("members")]
        differences += [_less(large, small) for small, large in itertools.pairwise(sizes)]
    return _lowest(differences)


def gap_larger_out_of_distribution(table: pd.DataFrame, quantity: str = "osp", augmented: bool = True) -> Interval:
    """Gain of ensembles over members, all sets out of distribution minus test images, lowest interval over groups."""
    return _lowest(
        _less(_gap(table, ALL_OOD, group, quantity), _gap(table, "test", group, quantity))
        for group in _groups(table, augmented)
    )


def nearly_invariant(table: pd.DataFrame, data: str, size: int, augmentation: str = "c4") -> Interval:
    """OSP under C4 of the largest ensembles, of `size` or more."""
    rows = _of(table, "osp", data, augmentation, group="c4")
    rows = rows[rows.members >= size]
    return nothing(f"needs ensembles of {size}") if rows.empty else _only(_largest(rows))


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
    rows = table[(table.model == model) & (table.members == 1) & ((table.angle % 90 == 0) == at)]
    return nothing("no such networks in this run") if rows.empty else numerical(rows.value.min(), ROUNDING)


def exactly_four(table: pd.DataFrame, model: str) -> Interval:
    """OSP under C4 of single networks on all sets out of distribution."""
    rows = _of(table, "osp", ALL_OOD, "c4", model)
    rows = rows[rows.members == 1]
    return nothing("no such networks in this run") if rows.empty else numerical(rows.value.item(), ROUNDING)


def _of_kind(table: pd.DataFrame, kind: str, group: str, quantity: str = "osp") -> Drawn | None:
    """A kind of networks out of distribution on the orbits of a group: of the plain ones the ensembles or single ones."""
    model = kind if kind in EXACT_UNDER_C4 else CNN
    augmentation = NOT_AUGMENTED if kind == NOT_AUGMENTED else group
    rows = _of(table, quantity, ALL_OOD, augmentation, model, group)
    return _largest(rows) if kind == ENSEMBLE else _single(rows)


def above(table: pd.DataFrame, first: str, second: str, group: str, quantity: str = "osp") -> Interval:
    """The first kind of networks minus the second, all sets out of distribution."""
    return _only(_less(*(_of_kind(table, kind, group, quantity) for kind in (first, second))))


def loses_ground(table: pd.DataFrame, than: str, kind: str = CANONICALISED) -> Interval:
    """OSP / order of one kind minus that of another: largest group minus the smallest."""
    groups = _trained_with(table, CANONICALISED)
    if len(groups) < 2:
        return nothing("needs canonicalised networks of two groups")
    small, large = (
        _less(*(_of_kind(table, each, group) for each in (kind, than))) for group in (groups[0], groups[-1])
    )
    return _only(_less(large and large.times(1 / order(groups[-1])), small and small.times(1 / order(groups[0]))))


def as_published(table: pd.DataFrame, kind: str, group: str, instead: str | None = None) -> Interval:
    """OSP on all sets out of distribution; where ensembles are smaller than the published ones it decides nothing."""
    found = _of_kind(table, instead or kind, group)
    if found and kind in EXACT_UNDER_C4 and group == "c4" and not instead:
        return numerical(found.value, ROUNDING)
    small = kind == ENSEMBLE and table.members.max() < PAPER_ENSEMBLE
    return _only(found).but(f"needs ensembles of {PAPER_ENSEMBLE}" if small else "")


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


NATURAL = "natural"
SETS = {"mnist": "on MNIST digits", NATURAL: "on CIFAR10, or photographs in its place", "noise": "on noise"}
TOGETHER = "on MNIST digits, CIFAR10 or photographs in its place, and noise together"
NOT_AUGMENTED_IS = "networks trained without augmentation, on quarter turns"


def _if_there(find: Callable[..., Interval], data: str) -> Callable[[pd.DataFrame], Interval]:
    """The number on a set of images; nothing where the run has no such set."""

    def found(table: pd.DataFrame) -> Interval:
        chosen = data
        if data == NATURAL:
            chosen = "cifar10" if "cifar10" in set(table.data) else "photographs"
        return find(table, data=chosen) if chosen in set(table.data) else nothing("no such images in this run")

    return found


def _claim(
    identifier: str, source: str, statement: str, quantity: str, bounds: tuple[float, float], table: str, find: Callable,
    control: Callable | None, control_is: str, kind: str = EVIDENCE, published: float | None = None,
) -> Claim:  # fmt: skip
    return Claim(
        id=identifier, paper="ensembles", source=source, statement=statement, quantity=quantity, table=table, find=find,
        bounds=bounds, kind=kind, control=control, control_is=control_is, published=published,
    )  # fmt: skip


ABOVE_ZERO = (0.0, INF)


def _on_each_set(
    name: str, source: str, statement: str, quantity: str, bounds: tuple[float, float], table: str, find: Callable,
    control: Callable, control_is: str, sets: Mapping[str, str], kind: str = EVIDENCE,
) -> list[Claim]:  # fmt: skip
    """The same claim on each set of images, {where} in the statement filled in."""
    return [
        _claim(
            f"{name}-{data}", source, statement.format(where=where), quantity, bounds, table, _if_there(find, data),
            _if_there(control, data), control_is, kind,
        )
        for data, where in sets.items()
    ]  # fmt: skip


QUANTITIES = {
    "osp": ("", "keep their prediction over the orbit", "OSP"),
    "kappa": ("-kappa", "agree with themselves over the orbit, beyond chance,", "kappa"),
}
"""Quantity -> what its claims' names have more, what it says of networks, its name."""


def _ensembles(name: str, prefix: str, source: str, test: str, ood: dict[str, str]) -> list[Claim]:
    """The claims that rotated FashionMNIST and histology share."""
    table = prefix + "draws"
    found = []
    for quantity, (suffix, they_keep, of_it) in QUANTITIES.items():
        of_control = {"quantity": quantity, "augmented": False}
        above_members = (
            f"Ensembles {they_keep} more often than their members {{where}}, for every group.",
            f"{of_it} of the largest repeated ensembles minus that of single members, lowest interval over groups",
            ABOVE_ZERO, table, partial(ensemble_above_members, quantity=quantity),
            partial(ensemble_above_members, **of_control), NOT_AUGMENTED_IS,
        )  # fmt: skip
        grows = (
            f"{of_it} of ensembles minus that of the next smaller ones, lowest interval over sizes and groups",
            ABOVE_ZERO, table, partial(grows_with_members, quantity=quantity),
            partial(grows_with_members, **of_control), NOT_AUGMENTED_IS,
        )  # fmt: skip
        if quantity == "osp":
            found += [
                *_on_each_set(f"E1-{name}-osp-ensemble", source, *above_members, {"test": test}),
                *_on_each_set(
                    f"E1-{name}-osp-grows", source, "The more members, the more often {where}.", *grows, {"test": test}
                ),
            ]
        found += [
            *_on_each_set(f"E1-{name}-ood-ensemble{suffix}", source, *above_members, ood),
            _claim(
                f"E1-{name}-ood-grows{suffix}", source,
                "The more members, the more often{}, on all sets out of distribution together.".format(
                    ", beyond chance" if suffix else ""
                ),
                *grows[:3], partial(grows[3], data=ALL_OOD), partial(grows[4], data=ALL_OOD), NOT_AUGMENTED_IS,
            ),
            _claim(
                f"E1-{name}-ood-gap{suffix}", source,
                f"Ensembles gain more out of distribution than in distribution{', beyond chance' if suffix else ''}.",
                f"gain in {of_it}, all sets out of distribution minus test images, lowest interval over groups", ABOVE_ZERO,
                table, partial(gap_larger_out_of_distribution, quantity=quantity),
                partial(gap_larger_out_of_distribution, **of_control), NOT_AUGMENTED_IS,
            ),
        ]  # fmt: skip
    return found


_THEOREM = "E1, main theorem: for all training times, at finite width for pixel permutations"
_SO2 = "slide 'Partial augmentation for continuous symmetries'"
_TABLE = "slide 'Comparison to other methods'"
_TIME_SETS = {"test": "on test images", **SETS}
_EVERYWHERE = {"test": "on test images", ALL_OOD: "out of distribution"}
_SIZES = "ensembles of 100 at the paper's scale, smaller ones at others"


def _ordering(first: str, second: str, group: str, quantity: str = "osp") -> Claim:
    """One order of two entries of a column of the talk's table."""
    suffix, they_keep, of_it = QUANTITIES[quantity]
    numbers = [TALK_COMPARISON[kind, group] for kind in (first, second)]
    shown = " against ".join(f"{value:g} +- {deviation:g}" for value, deviation in numbers)
    sizes = f" ({_SIZES})" if ENSEMBLE in (first, second) else ""
    # Nothing is above the order of the group, which these have by construction.
    kind = CHECK if group == "c4" and first in EXACT_UNDER_C4 else EVIDENCE
    identifier = f"E1-order-{group}-{first}-above-{second}{suffix}"
    return _claim(
        identifier.replace(f"-{CNN}", "-single"), f"{_TABLE}, {group.upper()}: {shown} in OSP",
        f"Under {group.upper()}, {NAMES[first]} {they_keep} at least as often as {NAMES[second]}{sizes}, {TOGETHER}.",
        f"{of_it} of {NAMES[first]} minus that of {NAMES[second]}", ABOVE_ZERO, FMNIST + "draws",
        partial(above, first=first, second=second, group=group, quantity=quantity),
        partial(above, first=NOT_AUGMENTED, second=second, group=group, quantity=quantity),
        f"single networks trained without augmentation in place of the {NAMES[first]}",
        kind, round(numbers[0][0] - numbers[1][0], 2) if quantity == "osp" else None,
    )  # fmt: skip


def _orderings() -> list[Claim]:
    """Every order that the columns of the talk's table show, ties left out; of ensembles beyond chance, too."""
    kinds, groups = (dict.fromkeys(names) for names in zip(*TALK_COMPARISON, strict=True))
    found = []
    for group, pair in itertools.product(groups, itertools.combinations(kinds, 2)):
        talk = {kind: TALK_COMPARISON[kind, group][0] for kind in pair}
        second, first = sorted(pair, key=talk.__getitem__)
        if talk[first] > talk[second]:
            claim = _ordering(first, second, group)
            found.append(claim)
            if ENSEMBLE in pair and claim.kind == EVIDENCE:
                found.append(_ordering(first, second, group, "kappa"))
    return found


def _published(kind: str, group: str) -> Claim:
    """One number of the talk's table."""
    sizes = f" ({_SIZES})" if kind == ENSEMBLE else ""
    exact = kind in EXACT_UNDER_C4 and group == "c4"
    return _claim(
        f"E1-table-{kind}-{group}", _TABLE,
        f"{NAMES[kind].capitalize()} trained with {group.upper()}{sizes} have the talk's number {TOGETHER}; the talk's sets are"
        " not stated.",
        "OSP, all sets out of distribution", around_published(kind, group), FMNIST + "draws",
        partial(as_published, kind=kind, group=group),
        partial(as_published, kind=kind, group=group, instead=NOT_AUGMENTED),
        "single networks trained without augmentation on the same orbits", CHECK if exact else EVIDENCE,
        TALK_COMPARISON[kind, group][0],
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *_orderings(),
    *_ensembles("fmnist", FMNIST, "slide 'Emergent invariance for rotated FashionMNIST'", "on test images", SETS),
    _claim(
        "E1-fmnist-osp-100", "E1, ensembles of 100",
        "Ensembles of 100 networks trained with C4 are nearly invariant on test images.",
        "OSP of ensembles of 100", (3.95, INF), FMNIST + "draws",
        partial(nearly_invariant, data="test", size=PAPER_ENSEMBLE),
        partial(nearly_invariant, data="test", size=1, augmentation=NOT_AUGMENTED),
        "networks trained without augmentation, as large ensembles as there are",
    ),
    *_on_each_set(
        "E1-fmnist-time-law", _THEOREM,
        "The spread of an ensemble's logits over quarter turns is its members' over the root of its size, always, {where}.",
        "A(ensemble) sqrt(M) / A(member), over all ensembles of M of the members; simultaneous over steps and sizes",
        (-INF, 1.5), FMNIST + "training_replicates", members_law, partial(members_law, augmentation=NOT_AUGMENTED),
        NOT_AUGMENTED_IS, _TIME_SETS, CHECK,
    ),
    *_on_each_set(
        "E1-fmnist-time-floor", _THEOREM,
        "The infinite ensemble trained with C4 is invariant at every step {where}.",
        "unbiased floor over a member's squared spread; simultaneous over steps", (-INF, 0.02),
        FMNIST + "training_replicates", highest_floor, partial(highest_floor, augmentation=NOT_AUGMENTED),
        NOT_AUGMENTED_IS, _TIME_SETS,
    ),
    *_on_each_set(
        "E1-fmnist-time-control", "negative control",
        "Without augmentation the infinite ensemble is not invariant {where}.",
        "unbiased floor after training over a member's squared spread, quarter turns", (0.02, INF),
        FMNIST + "training_replicates", last_floor, partial(last_floor, augmentation="c4"),
        "networks trained with C4", _TIME_SETS,
    ),
    *_on_each_set(
        "E1-so2-rises", _SO2, "The larger the group trained with, the better ensembles keep their class at all angles {where}.",
        "mean agreement over angles, each group minus the next smaller one, lowest interval", ABOVE_ZERO,
        FMNIST + "angle_draws", rises_with_order, partial(rises_with_order, quantity="quarter"),
        "quarter turns alone, with which all were trained", _EVERYWHERE,
    ),
    *_on_each_set(
        "E1-so2-ensemble", _SO2, "At all angles together ensembles keep their class more often than their members {where}.",
        "mean agreement of ensembles minus that of members, lowest interval over groups", ABOVE_ZERO,
        FMNIST + "angle_draws", partial(ensemble_above_members, quantity="agreement"),
        partial(ensemble_above_members, quantity="agreement", augmented=False),
        "networks trained without augmentation", _EVERYWHERE,
    ),
    *_on_each_set(
        "E1-so2-ensemble-kappa", _SO2,
        "At all angles together ensembles agree with themselves, beyond chance, more often than their members {where}.",
        "kappa over all angles of ensembles minus that of members, lowest interval over groups", ABOVE_ZERO,
        FMNIST + "angle_draws", partial(ensemble_above_members, quantity="kappa_angles"),
        partial(ensemble_above_members, quantity="kappa_angles", augmented=False),
        "networks trained without augmentation", {ALL_OOD: _EVERYWHERE[ALL_OOD]},
    ),
    *_on_each_set(
        "E1-so2-minima", _SO2, "Ensembles keep their class least often half-way between the angles trained with {where}.",
        "agreement at the angles trained with minus that half-way between, lowest interval over groups", ABOVE_ZERO,
        FMNIST + "angle_draws", minima_between, partial(minima_between, augmented=False),
        "networks trained without augmentation, at quarter turns and half-way between", _EVERYWHERE,
    ),
    _claim(
        "E1-canon-so2-exact", "E1, comparison with canonicalisation; Kaba et al. 2022",
        "Canonicalised networks keep every class at quarter turns, exactly.",
        "least fraction of images that keep their class at quarter turns, over groups and sets", (1 - EXACT, 1 + EXACT),
        FMNIST + "angles", partial(exact_at_quarter_turns, model=CANONICALISED),
        partial(exact_at_quarter_turns, model=CANONICALISED, at=False), "all angles but quarter turns", CHECK,
    ),
    *_on_each_set(
        "E1-canon-so2-rises", "E1, comparison with canonicalisation",
        "The larger their group, the better canonicalised networks keep their class at all angles {where}.",
        "mean agreement over angles, each group minus the next smaller one, lowest interval", ABOVE_ZERO,
        FMNIST + "angle_draws", partial(rises_with_order, model=CANONICALISED),
        partial(rises_with_order, quantity="quarter"),
        "ensembles of plain networks at quarter turns, with which all were trained", _EVERYWHERE,
    ),
    _claim(
        "E1-table-ensemble", _TABLE, "Ensembles keep their predictions more often than single networks, in every column.",
        "OSP of ensembles minus that of single networks, all sets out of distribution, lowest interval over groups",
        ABOVE_ZERO, FMNIST + "draws", partial(ensemble_above_members, data=ALL_OOD),
        partial(ensemble_above_members, data=ALL_OOD, augmented=False), NOT_AUGMENTED_IS,
    ),
    _claim(
        "E1-table-ensemble-kappa", _TABLE,
        "Ensembles agree with themselves, beyond chance, more often than single networks, in every column.",
        "kappa of ensembles minus that of single networks, all sets out of distribution, lowest interval over groups",
        ABOVE_ZERO, FMNIST + "draws", partial(ensemble_above_members, data=ALL_OOD, quantity="kappa"),
        partial(ensemble_above_members, data=ALL_OOD, quantity="kappa", augmented=False), NOT_AUGMENTED_IS,
    ),
    *(
        _claim(
            f"E1-table-exact-{model}", _TABLE, f"{NAMES[model].capitalize()} keep all predictions under C4.",
            "OSP under C4, all sets out of distribution", (4 - EXACT, 4 + EXACT), FMNIST + "comparison",
            partial(exactly_four, model=model), partial(exactly_four, model=CNN), "single plain networks trained with C4", CHECK,
        )
        for model in EXACT_UNDER_C4
    ),
    *(
        _claim(
            f"E1-table-canonicalised-below-{kind}", _TABLE,
            f"For larger groups canonicalised networks lose ground against {NAMES[kind]}.",
            "OSP / order of canonicalised networks minus the others', largest group minus smallest", (-INF, 0.0),
            FMNIST + "draws", partial(loses_ground, than=kind), partial(loses_ground, than=kind, kind=NOT_AUGMENTED),
            "networks trained without augmentation in place of the canonicalised",
        )
        for kind in (ENSEMBLE, STEERABLE)
    ),
    *(_published(kind, group) for kind, group in TALK_COMPARISON),
    *(
        _claim(
            f"E1-fmnist-acc-{model}", f"E1, comparison with {compared}",
            f"Ensembles of plain networks are more accurate than {others}.",
            f"accuracy under C4, ensembles minus {minus}", ABOVE_ZERO, FMNIST + "draws",
            partial(more_accurate, than=model, single=single),
            partial(more_accurate, than=model, single=single, quantity="accuracy_shifted"),
            "the same predictions with the labels of other images",
        )
        for model, single, compared, others, minus in (
            (CANONICALISED, True, "canonicalisation", "a canonicalised network", "single canonicalised networks"),
            (
                STEERABLE, False, "invariant ensembles", "ensembles of invariant networks",
                "the largest ensemble of steerable networks",
            ),
        )
    ),
    *_ensembles(
        "hist", HISTOLOGY, "slides 'Histological slices', 'Out of distribution results'", "on validation images",
        {NATURAL: SETS[NATURAL], "noise": SETS["noise"]},
    ),
    _claim(
        "E1-hist-osp-20", "slide 'Orbit Same Predictions'", "Large ensembles are nearly invariant on validation images.",
        "OSP of ensembles of 20", (3.8, INF), HISTOLOGY + "draws", partial(nearly_invariant, data="test", size=20),
        partial(nearly_invariant, data="test", size=1, augmentation=NOT_AUGMENTED),
        "networks trained without augmentation, as large ensembles as there are",
    ),
    _claim(
        "E1-hist-example", "slide 'Histological slices': class 6, orbit same predictions 3",
        "There is an image that a member classifies alike at two or three of four rotations, the ensemble at all.",
        "OSP of the member on the image of the figure, which is chosen by this rule", (1.5, 3.5),
        HISTOLOGY + "picture_predictions", example_as_chosen, None, "", CHECK, 3.0,
    ),
)  # fmt: skip
