"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about Ising lattices."""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import Claim, Finding, inside
from ntklab.claims.slopes import common_slope

INF = float("inf")
ISING = "ensembles/ising_invariance"
SETS = {
    "in_distribution": "on in-distribution lattices",
    "gaussian_spins": "on Gaussian spins (out of distribution)",
    "diluted_spins": "on diluted lattices (out of distribution)",
}


def _augmented(table: pd.DataFrame, quantity: str, finite: bool = True) -> pd.DataFrame:
    rows = table[(table.augmentation == table.group) & (table.quantity == quantity)]
    return rows[np.isfinite(rows.width) == finite]


def _control(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    rows = table[(table.augmentation != table.group) & (table.quantity == quantity)]
    return rows[np.isfinite(rows.width)]


def _trained(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.step == rows.step.max()]


def ntk_mean_invariant(table: pd.DataFrame) -> Finding:
    """Largest pooled relative standard deviation of the NTK mean over all inputs and times after initialisation."""
    rows = _augmented(table, "rsd_pooled", finite=False)
    worst = rows[np.isinf(rows.members) & (rows.step > 0)].value.max()
    return inside(worst, worst, worst, (0.0, 1e-10))


def members_law_slope(table: pd.DataFrame, data: str) -> Finding:
    """Slope of log spread against log members after training, common to all widths, weighted by the errors."""
    rows = _trained(_augmented(table, "spread"))
    rows = rows[rows.data == data]
    return common_slope(rows, rows.width)


def members_law_all_times(table: pd.DataFrame, data: str) -> Finding:
    """Relative deviation of spread(M) sqrt(M) / spread(1) from 1 where its interval reaches farthest from 0.

    Over widths, times, and sizes M >= 10 of which there are ten sub-ensembles: fewer say too little at one time.
    """
    rows = _augmented(table, "spread")
    rows = rows[rows.data == data]
    single = rows[rows.members == 1].set_index(["width", "step"])
    many = rows[(rows.members >= 10) & (rows.n >= 10)].set_index(["width", "step"])
    scale = np.sqrt(many.members) / single.value.reindex(many.index)
    deviation, error = (many.value * scale - 1).abs().to_numpy(), (1.96 * many.stderr * scale).to_numpy()
    worst = np.argmax(deviation + error)
    value, error = float(deviation[worst]), float(error[worst])
    return inside(value, max(value - error, 0.0), value + error, (0.0, 0.25))


def floor_is_zero(table: pd.DataFrame, data: str) -> Finding:
    """Largest |floor| in units of its standard error, over all widths and times."""
    rows = _augmented(table, "floor")
    worst = (rows.value.abs() / rows.stderr)[rows.data == data].max()
    return inside(worst, worst, worst, (0.0, 3.0))


def _relative_floor(floor: pd.DataFrame, spread: pd.DataFrame, data: str) -> pd.DataFrame:
    """Floor and its interval after training by width, in units of the squared spread of single members."""
    single = _trained(spread[(spread.data == data) & (spread.members == 1)]).set_index("width").value ** 2
    rows = _trained(floor[floor.data == data]).set_index("width")
    return rows[["value", "ci_low", "ci_high"]].div(single, axis=0)


def floor_bound(table: pd.DataFrame, data: str) -> Finding:
    """Floor at the width whose interval reaches highest, as a fraction of a member's squared spread."""
    relative = _relative_floor(_augmented(table, "floor"), _augmented(table, "spread"), data)
    worst = relative.loc[relative.ci_high.idxmax()]
    return inside(worst.value, worst.ci_low, worst.ci_high, (-INF, 0.02))


def control_stays(table: pd.DataFrame, data: str) -> Finding:
    """Floor of the networks trained without augmentation, as a fraction of a member's squared spread."""
    (relative,) = _relative_floor(_control(table, "floor"), _control(table, "spread"), data).itertuples(index=False)
    return inside(relative.value, relative.ci_low, relative.ci_high, (0.02, INF))


def distance_falls(table: pd.DataFrame) -> Finding:
    """Unbiased squared distance to the NTK mean on training lattices: widest network less the narrowest one."""
    rows = _trained(_augmented(table, "distance_floor"))
    rows = rows[rows.data == "training"].sort_values("width")
    narrow, wide = rows.iloc[0], rows.iloc[-1]
    value, error = wide.value - narrow.value, 1.96 * np.hypot(narrow.stderr, wide.stderr)
    return inside(value, value - error, value + error, (-INF, 0.0))


def distance_at_widest(table: pd.DataFrame, data: str) -> Finding:
    """Unbiased distance (not squared) of the infinite ensemble of the widest networks to the NTK mean after training."""
    rows = _trained(_augmented(table, "distance_floor"))
    row = rows[rows.data == data].sort_values("width").iloc[-1]
    value, low, high = np.sqrt(np.clip([row.value, row.ci_low, row.ci_high], 0, None))
    return inside(value, low, high, (0.0, 0.1))


def members_vary(table: pd.DataFrame, data: str) -> Finding:
    """Pooled relative standard deviation of single members after training, at the width where it is smallest."""
    rows = _trained(_augmented(table, "rsd_pooled"))
    rows = rows[(rows.data == data) & (rows.members == 1)]
    least = rows.loc[rows.ci_low.idxmin()]
    return inside(least.value, least.ci_low, least.ci_high, (0.2, INF))


def ensemble_below_members(table: pd.DataFrame, data: str) -> Finding:
    """Pooled relative standard deviation of the largest ensemble over that of single members, after training."""
    rows = _trained(_augmented(table, "rsd_pooled"))
    rows = rows[rows.data == data]
    largest = rows.loc[rows.members.idxmax()]
    single = rows[(rows.width == largest.width) & (rows.members == 1)].value.item()
    return inside(*(float(x) / single for x in (largest.value, largest.ci_low, largest.ci_high)), (0.0, 0.25))


def ood_like_id(table: pd.DataFrame, data: str) -> Finding:
    """Pooled relative standard deviation off and in distribution, ratio farthest from 1 over widths at the largest M."""
    rows = _trained(_augmented(table, "rsd_pooled"))
    rows = rows[rows.members == rows.groupby("width").members.transform("max")]
    off, on = (rows[rows.data == name].set_index("width") for name in (data, "in_distribution"))
    ratio = off.value / on.value
    error = 1.96 * ratio * np.hypot(off.stderr / off.value, on.stderr / on.value)
    worst = np.log(ratio).abs().idxmax()
    return inside(ratio[worst], ratio[worst] - error[worst], ratio[worst] + error[worst], (0.5, 2.0))


def _ising(name: str, source: str, statement: str, quantity: str, criterion: str, find) -> Claim:
    return Claim(f"E1-ising-{name}", "ensembles", source, statement, quantity, criterion, ISING, find)


def _on_each_set(name: str, source: str, statement: str, quantity: str, criterion: str, find, sets=SETS) -> list[Claim]:
    """The same claim on each set of inputs, {where} in the statement filled in."""
    return [
        _ising(f"{name}-{data}", source, statement.format(where=where), quantity, criterion, partial(find, data=data))
        for data, where in sets.items()
    ]


_THEOREM = "E1, main theorem; slide 'Emergent equivariance'"

CLAIMS: tuple[Claim, ...] = (
    _ising(
        "ntk-invariant",
        _THEOREM,
        "The mean of infinitely wide augmented ensembles is invariant at every training time and every input.",
        "largest relative standard deviation of the NTK mean over the orbit",
        "at most 1e-10 (float64)",
        ntk_mean_invariant,
    ),
    *_on_each_set(
        "members-law",
        "E1, finite ensembles",
        "The deviation from invariance of an ensemble falls like the square root of its size {where}.",
        "slope of log spread against log members after training",
        "interval inside -0.5 +- 0.1",
        members_law_slope,
    ),
    *_on_each_set(
        "members-law-all-times",
        "E1, finite ensembles; slide 'Relative Standard Deviation'",
        "The same law holds at every training time, initialisation included, at every width, {where}.",
        "relative deviation of spread(M) sqrt(M) from the spread of single members, where its interval ends highest",
        "interval below 0.25",
        members_law_all_times,
    ),
    *_on_each_set(
        "floor",
        _THEOREM + "; holds at finite width for pixel permutations",
        "The infinite ensemble is invariant at every finite width and every training time {where}.",
        "largest unbiased floor in units of its standard error, over widths and times",
        "at most 3",
        floor_is_zero,
    ),
    *_on_each_set(
        "floor-bound",
        _THEOREM,
        "What is left of the infinite ensemble's squared spread after training is negligible {where}.",
        "unbiased floor over the squared spread of single members, width with the highest interval",
        "interval below 0.02",
        floor_bound,
    ),
    *_on_each_set(
        "control",
        "negative control",
        "Without augmentation the infinite ensemble is not invariant {where}.",
        "unbiased floor over the squared spread of single members, trained without augmentation",
        "interval above 0.02",
        control_stays,
    ),
    *_on_each_set(
        "ood",
        "slide 'Out of Distribution Data'",
        "Ensembles are as invariant {where} as in distribution.",
        "relative standard deviation over that in distribution, largest ensembles, width farthest from 1",
        "between 0.5 and 2",
        ood_like_id,
        sets={name: where for name, where in SETS.items() if name != "in_distribution"},
    ),
    *_on_each_set(
        "members-vary",
        "E1; slide 'Relative Standard Deviation'",
        "Single members trained with augmentation are not invariant {where}.",
        "pooled relative standard deviation of single members after training, width where it is smallest",
        "interval above 0.2",
        members_vary,
    ),
    *_on_each_set(
        "ensemble-below-members",
        "E1; slides 'Relative Standard Deviation', 'Out of Distribution Data'",
        "The mean of the ensemble is far more invariant than its members {where}.",
        "pooled relative standard deviation of the largest ensemble over that of single members, after training",
        "interval below 0.25",
        ensemble_below_members,
    ),
    _ising(
        "ntk-distance-falls",
        "E1, control behind the line 'NTK' of the slides",
        "The infinite ensemble approaches the NTK mean as the width grows.",
        "squared distance to the NTK mean on training lattices, widest less narrowest network",
        "interval below 0",
        distance_falls,
    ),
    *_on_each_set(
        "ntk-distance",
        "E1, control behind the line 'NTK' of the slides",
        "The widest networks' infinite ensemble is close to the NTK mean after training {where}.",
        "unbiased distance to the NTK mean, in standard deviations of the targets",
        "at most 0.1",
        distance_at_widest,
    ),
)
