"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about Ising lattices."""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim, of_changed_theory
from ntklab.claims.ensembles import (
    BLOCKS,
    INFINITE,
    fraction_left,
    law_ratios,
    law_slope,
    mean_square,
    relative_spread,
    root,
)
from ntklab.claims.replicates import REPLICATE, farthest_of, highest_of, lowest_of, one_of
from ntklab.metrics.resampling import Interval, nothing, numerical

INF = float("inf")
MOMENTS, LIMITS = "ensembles/ising_moments", "ensembles/ising_invariance"
SETS = {
    "in_distribution": "on in-distribution lattices",
    "gaussian_spins": "on Gaussian spins (out of distribution)",
    "diluted_spins": "on diluted lattices (out of distribution)",
    "ordered_spins": "on lattices at a finite temperature (out of distribution)",
}
OUT_OF_DISTRIBUTION = {name: where for name, where in SETS.items() if name != "in_distribution"}
ALL_SETS = {"training": "on training lattices", **SETS}
BLOCK = 10
"""Members of the smallest ensembles on which the law is shown at every time."""
ROUNDING = 1e-12
"""Error bound of relative spreads of the mean prediction in float64, that of the kernel identities."""
COMPARED = 50
"""Members of the ensembles that are compared in and out of distribution (experiments.md, bar at M = 50)."""


def _ensembles(table: pd.DataFrame, data: str, augmented: bool) -> pd.DataFrame:
    return table[(table.data == data) & ((table.augmentation == table.group) == augmented)]


def _at(rows: pd.DataFrame, trained: bool) -> pd.DataFrame:
    """After training, or at initialisation."""
    return rows[rows.step == (rows.step.max() if trained else 0)]


_trained = partial(_at, trained=True)


def ntk_mean_invariant(table: pd.DataFrame, augmented: bool = True) -> Interval:
    """Largest pooled relative standard deviation of the NTK mean over all inputs and times after initialisation."""
    rows = table[(table.augmentation == table.group) == augmented]
    rows = rows[np.isinf(rows.width) & np.isinf(rows.members) & (rows.quantity == "rsd_pooled") & (rows.step > 0)]
    return numerical(rows.value.max(), ROUNDING)


def members_law_slope(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Slope of log spread against log members after training, mean over widths."""
    return law_slope(_trained(_ensembles(table, data, augmented)), "squared_spread")


def members_law_all_times(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """spread(M) sqrt(M) / spread(1), the farthest from 1 over widths, times and sizes M >= 10 with ten blocks or more."""
    ratios = law_ratios(_ensembles(table, data, augmented), "squared_spread", BLOCK)
    if ratios.empty:
        return nothing(f"needs {BLOCKS} ensembles of {BLOCK}")
    return farthest_of(ratios, centre=1.0)


def floor(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Squared spread of the infinite ensemble over that of a member, the highest of all widths and times."""
    return highest_of(fraction_left(_ensembles(table, data, augmented)))


def floor_after_training(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """The same after training, the highest of all widths."""
    return highest_of(fraction_left(_trained(_ensembles(table, data, augmented))))


def left_without(table: pd.DataFrame, data: str, augmented: bool = False) -> Interval:
    """The same after training, the lowest of all widths."""
    return lowest_of(fraction_left(_trained(_ensembles(table, data, augmented))))


def initial_mean_is_zero(table: pd.DataFrame, data: str, trained: bool = False) -> Interval:
    """Mean square of the infinite ensemble over that of a member, at initialisation or after training, mean over widths.

    None of them is negative, so that none is above the number of widths times the mean.
    """
    return one_of(fraction_left(_at(_ensembles(table, data, True), trained), "mean_square").mean())


def members_vary(table: pd.DataFrame, data: str, members: float | int = 1) -> Interval:
    """Pooled relative standard deviation over the orbit after training, at the width where it ends lowest."""
    return lowest_of(relative_spread(_trained(_ensembles(table, data, True)), members))


def relative_spread_of(
    table: pd.DataFrame, data: str, members: float | int, augmented: bool = True, depth: int = 1
) -> Interval:
    """Pooled relative standard deviation of ensembles of that size after training, at the width where it ends highest;
    of networks of at least `depth` hidden layers, those for which the bound is stated."""
    rows = _trained(_ensembles(table, data, augmented))
    missing = f"the bound is that of networks of {depth} hidden layers" if rows.depth.max() < depth else ""
    return highest_of(relative_spread(rows, members)).but(missing)


def relative_spread_of_theory(table: pd.DataFrame, data: str, members: float | int) -> Interval:
    """The same over that of as many infinitely wide networks, which is exact, at the width farthest from 1."""
    rows = _trained(_ensembles(table, data, True))
    return farthest_of(relative_spread(rows, members) / relative_spread(rows, members, "limit_"), centre=1.0)


def kernel_change_slope(table: pd.DataFrame, quantity: str = "kernel_change") -> Interval:
    """Slope of log root mean square against log width after training, of single members on training lattices."""
    rows = _trained(_ensembles(table, "training", True))
    by_width = _by_width(rows[(rows.quantity == quantity) & (rows.members == 1)])
    if len(by_width) < 2:
        return nothing("needs two widths")
    size = np.log(by_width.index.to_numpy())
    size = size - size.mean()
    return one_of(size @ np.log(by_width) / np.square(size).sum() / 2)


def _by_width(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.pivot(index="width", columns=REPLICATE, values="value").sort_index()


def ensemble_below_members(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Relative standard deviation of ensembles of all members over that of single ones, after training, highest of widths."""
    rows = _trained(_ensembles(table, data, augmented))
    rows = rows[rows.trained == rows.trained.max()]
    return highest_of(relative_spread(rows, float(rows.trained.max())) / relative_spread(rows, 1))


def ood_like_id(table: pd.DataFrame, data: str, augmented: bool = True) -> Interval:
    """Relative standard deviation off distribution over that of augmented ensembles in distribution, at M = 50.

    The farthest from 1 (of the logarithm from 0) over widths, paired: the members are the same.
    """
    rows = _trained(table)
    on, off = (
        relative_spread(chosen, COMPARED).droplevel(["data", "augmentation", "trained"])
        for chosen in (_ensembles(rows, "in_distribution", True), _ensembles(rows, data, augmented))
    )
    log = farthest_of(np.log(off / on.reindex(off.index)), centre=0.0)
    pair = [tuple(float(np.exp(end)) for end in ends) for ends in (log.ci95, log.ci997)]
    return Interval(float(np.exp(log.value)), *pair, log.resampled)


def distance_falls(table: pd.DataFrame, data: str, trained: bool = True) -> Interval:
    """Unbiased squared distance to the NTK mean, of the widest networks less that of the narrowest ones."""
    rows = _at(_ensembles(table, data, True), trained)
    by_width = mean_square(rows, "squared_distance", INFINITE).sort_index(level="width")
    return one_of(by_width.iloc[-1] - by_width.iloc[0])


def distance_at_widest(table: pd.DataFrame, data: str, quantity: str = "squared_distance") -> Interval:
    """Distance (not squared) of the widest networks' infinite ensemble to the NTK mean after training, or to zero."""
    rows = _trained(_ensembles(table, data, True))
    return root(one_of(mean_square(rows[rows.width == rows.width.max()], quantity, INFINITE).squeeze()))


def _on_each_set(name: str, source: str, statement: str, quantity: str, find, sets=SETS, **options) -> list[Claim]:
    """The same claim on each set of inputs, {where} in the statement filled in; `control` are the control's arguments."""
    control = options.pop("control", None)
    return [
        Claim(
            f"E1-ising-{name}-{data}", "ensembles", source, statement.format(where=where), quantity, MOMENTS,
            partial(find, data=data), control=control and partial(find, data=data, **control), **options,
        )
        for data, where in sets.items()
    ]  # fmt: skip


def _as_infinitely_wide(members: int, data: str, where: str) -> Claim:
    find = partial(relative_spread_of_theory, data=data, members=members)
    return Claim(
        f"E1-ising-rsd-{members}-theory-{data}", "ensembles", "E1; slide 'Out of Distribution Data', line 'NTK'",
        f"The mean of {members} members is as invariant as that of infinitely wide ones {where}.",
        f"relative standard deviation of ensembles of {members} over its infinite-width value, width farthest from 1",
        MOMENTS, find, (0.75, 1.25), control=of_changed_theory(find, 2), control_is="theory times 2", of_theory=True,
    )  # fmt: skip


_THEOREM = "E1, main theorem; slide 'Emergent equivariance'"
_LEFT = "unbiased floor over the squared spread of single members"
_NOT_AUGMENTED = {"control": {"augmented": False}, "control_is": "networks trained without augmentation"}
_AT_INITIALISATION = {"control": {"trained": False}, "control_is": "at initialisation, when all means are zero"}

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "E1-ising-ntk-invariant", "ensembles", _THEOREM,
        "The mean of infinitely wide augmented ensembles is invariant at every training time and every input.",
        "largest relative standard deviation of the NTK mean over the orbit (float64)",
        LIMITS, ntk_mean_invariant, (-INF, 1e-10), kind=CHECK,
        control=partial(ntk_mean_invariant, augmented=False), control_is="the NTK mean without augmentation",
    ),
    *_on_each_set(
        "floor", _THEOREM + "; holds at finite width for pixel permutations",
        "The infinite ensemble is invariant at every finite width and every training time {where}.",
        f"{_LEFT}, highest of simultaneous intervals over widths and times",
        floor, bounds=(-INF, 0.02), **_NOT_AUGMENTED,
    ),
    *_on_each_set(
        "floor-bound", _THEOREM,
        "What is left of the infinite ensemble's squared spread after training is negligible {where}.",
        f"{_LEFT} after training, highest of widths",
        floor_after_training, bounds=(-INF, 0.02), **_NOT_AUGMENTED,
    ),
    *_on_each_set(
        "control", "negative control",
        "Without augmentation the infinite ensemble is not invariant {where}.",
        f"{_LEFT} after training, trained without augmentation",
        left_without, bounds=(0.02, INF), control={"augmented": True}, control_is="networks trained on full orbits",
    ),
    *_on_each_set(
        "ood", "slide 'Out of Distribution Data'",
        "Ensembles are as invariant {where} as in distribution.",
        f"relative standard deviation over that in distribution, ensembles of {COMPARED}, width farthest from 1",
        ood_like_id, sets=OUT_OF_DISTRIBUTION, bounds=(0.5, 2.0), control={"augmented": False},
        control_is="ensembles trained without augmentation, over augmented ones in distribution",
    ),
    *_on_each_set(
        "members-vary", "E1; slide 'Relative Standard Deviation'",
        "Single members trained with augmentation are not invariant {where}.",
        "pooled relative standard deviation of single members after training, width where it ends lowest",
        members_vary, bounds=(0.2, INF), control={"members": COMPARED}, control_is=f"ensembles of {COMPARED}",
    ),
    *(
        claim
        for members, bar, depth in ((50, 0.15, 1), (1000, 0.03, 3))
        for claim in _on_each_set(
            f"rsd-{members}", "E1; slides 'Relative Standard Deviation', 'Out of Distribution Data'",
            f"The mean of {members} members is nearly invariant {{where}}.",
            f"pooled relative standard deviation of ensembles of {members} after training, width where it ends highest",
            partial(relative_spread_of, members=members, depth=depth), bounds=(-INF, bar), **_NOT_AUGMENTED,
        )
    ),
    *(_as_infinitely_wide(members, data, where) for members in (50, 1000) for data, where in SETS.items()),
    *_on_each_set(
        "ensemble-below-members", "E1; slides 'Relative Standard Deviation', 'Out of Distribution Data'",
        "The mean of the ensemble is far more invariant than its members {where}.",
        "pooled relative standard deviation of the largest ensembles over that of single members, after training",
        ensemble_below_members, bounds=(-INF, 0.25), **_NOT_AUGMENTED,
    ),
    *_on_each_set(
        "initial-mean", "slide 'Emergent equivariance': mean over initialisations",
        "At initialisation the mean output is zero {where}.",
        "unbiased mean square of the infinite ensemble over that of single members, mean over widths",
        initial_mean_is_zero, bounds=(-INF, 0.02), control={"trained": True}, control_is="after training",
    ),
    *_on_each_set(
        "ntk-distance-falls", "E1, control behind the line 'NTK' of the slides",
        "The infinite ensemble approaches the NTK mean as the width grows {where}.",
        "unbiased squared distance to the NTK mean, widest less narrowest networks",
        distance_falls, sets=ALL_SETS, bounds=(-INF, 0.0), **_AT_INITIALISATION,
    ),
    *_on_each_set(
        "ntk-distance", "E1, control behind the line 'NTK' of the slides",
        "The widest networks' infinite ensemble is close to the NTK mean after training {where}.",
        "unbiased distance to the NTK mean, in standard deviations of the targets",
        distance_at_widest, sets=ALL_SETS, bounds=(-INF, 0.1), control={"quantity": "mean_square"},
        control_is="distance to 0 times the NTK mean",
    ),
    Claim(
        "E1-ising-ntk-constant", "ensembles", "slide 'Neural Tangent Kernel': the NTK becomes constant in training",
        "The empirical NTK of single networks becomes constant in training as the width grows.",
        "slope of log relative change of the NTK on training lattices against log width, at least as steep as n^(-1/2)",
        MOMENTS, kernel_change_slope, (-INF, -0.5),
        control=partial(kernel_change_slope, quantity="mean_square"), control_is="slope of the outputs' size, which stays",
    ),
    *_on_each_set(
        "members-law", "E1, finite ensembles",
        "The deviation from invariance of an ensemble falls like the square root of its size {where}.",
        "slope of log spread against log members after training, blocks of members",
        members_law_slope, bounds=(-0.6, -0.4), kind=CHECK, **_NOT_AUGMENTED,
    ),
    *_on_each_set(
        "members-law-all-times", "E1, finite ensembles; slide 'Relative Standard Deviation'",
        "The same law holds at every training time, initialisation included, at every width, {where}.",
        f"spread(M) sqrt(M) over the spread of single members, blocks of {BLOCK} or more, farthest from 1",
        members_law_all_times, bounds=(0.75, 1.25), kind=CHECK, **_NOT_AUGMENTED,
    ),
)  # fmt: skip
