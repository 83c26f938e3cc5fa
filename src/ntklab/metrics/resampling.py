"""Intervals of whole statistics: what is resampled, how often, and at which level.

Networks are the unit of everything about ensembles, repeats that of experiments repeated from scratch. The statistic is
computed again from the raw units, from the first average to the final number: its errors are never put together from those of
its parts, which share members (sub-ensembles, times, models on the same images).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ntklab.errors import InputError

GROUPS = 20
"""Of the delete-group jackknife: Student's t with 19 degrees of freedom has quantiles 7 % above the normal ones."""
ONE_BY_ONE = 40
"""Below so many units each of them is a group."""
LEVELS = (0.95, 0.997)
"""Of the interval that supports a claim, and of the one that contradicts it."""
MULTIPLIERS = 4000
"""Draws of the multiplier bootstrap: its quantile at 99.7 % rests on twelve of them."""

Real = float | int

Replicates = Float[np.ndarray, "group *shape"]
"""The statistic with one group of units left out at a time."""


class Interval(NamedTuple):
    """A number with its intervals at 95 and 99.7 %, and what was resampled for them.

    `reason` says why the number decides nothing, where it does not.
    """

    value: float
    ci95: tuple[float, float]
    ci997: tuple[float, float]
    resampled: str
    reason: str = ""

    def scaled(self, factor: Real) -> "Interval":
        """The same of `factor`, above 0, times the number."""
        pair = [tuple(factor * end for end in ends) for ends in (self.ci95, self.ci997)]
        return Interval(factor * self.value, *pair, self.resampled, self.reason)

    def widened(self, error: Real) -> "Interval":
        """The same with intervals longer by a numerical error bound at each end."""
        pair = [(low - error, high + error) for low, high in (self.ci95, self.ci997)]
        return self._replace(ci95=pair[0], ci997=pair[1])

    def but(self, reason: str) -> "Interval":
        """The same, deciding nothing because of `reason`, if there is one."""
        return self._replace(reason=reason or self.reason)


def nothing(reason: str) -> Interval:
    """No number: `reason` says what is missing."""
    return Interval(np.nan, (np.nan, np.nan), (np.nan, np.nan), "none", reason)


def numerical(value: Real, error: Real) -> Interval:
    """A number without chance, within the error bound that its computation reports, which holds at every level."""
    ends = float(value - error), float(value + error)
    return Interval(float(value), ends, ends, "none")


def counted(number: int) -> Interval:
    """A number that was counted: certain, to the nearest integer."""
    return numerical(float(number), 0.5 - 1e-9)


def student(value: Real, stderr: Real, degrees: Real, resampled: str) -> Interval:
    """Student's intervals of a number with that standard error and those degrees of freedom."""
    halves = [float(stderr * stats.t.ppf((1 + level) / 2, degrees)) for level in LEVELS]
    return Interval(float(value), *((float(value - half), float(value + half)) for half in halves), resampled)


def groups_of(units: int, groups: int | None = None) -> list[np.ndarray]:
    """Indices of the units of each group: 20 groups, or one for each unit below 40. `InputError` for fewer than three."""
    if units < 3:
        raise InputError(f"an interval needs three independent units, there are {units}")
    groups = groups or (units if units < ONE_BY_ONE else GROUPS)
    return np.array_split(np.arange(units), min(groups, units))


def leave_groups_out(
    statistic: Callable[..., Float[np.ndarray, "*shape"]],
    *samples: Float[np.ndarray, "_ ..."],
    groups: int | None = None,
) -> Replicates:
    """The statistic of the samples, with one group of units at a time left out of all of them.

    Samples share the number of groups, that of the smallest one; those of different units are independent, and leaving
    their groups out together adds their variances.
    """
    groups = groups or min(len(groups_of(len(sample))) for sample in samples)
    parts = [groups_of(len(sample), groups) for sample in samples]
    return np.stack([
        np.asarray(statistic(*(np.delete(sample, part[g], axis=0) for sample, part in zip(samples, parts, strict=True))))
        for g in range(groups)
    ])  # fmt: skip


def standard_error(replicates: Replicates) -> Float[np.ndarray, "*shape"] | np.float64:
    """Delete-group jackknife: ((g - 1) / g) times the sum of squared deviations of g replicates, its root."""
    return np.sqrt((len(replicates) - 1) * replicates.var(axis=0))


def jackknife_interval(value: Real, replicates: Float[np.ndarray, " group"], resampled: str) -> Interval:
    """Student's intervals from the replicates of a smooth statistic, with one degree of freedom less than groups."""
    return student(value, float(standard_error(replicates)), len(replicates) - 1, resampled)


def bootstrap_interval(value: Real, draws: Float[np.ndarray, " draw"], resampled: str) -> Interval:
    """Normal intervals with the standard deviation of bootstrap draws, for statistics that are not smooth."""
    return student(value, float(draws.std(ddof=1)), np.inf, resampled)


def highest_of_all(
    values: Float[np.ndarray, " case"], replicates: Float[np.ndarray, "group case"], resampled: str, seed: int = 0
) -> Interval:
    """The case, of several that share members, whose simultaneous interval ends highest.

    The half width is the quantile of the largest |z| over the cases, times the case's standard error. The distribution of
    the largest |z| is that of the jackknife's influence values under normal multipliers; it is wider, by Student's t, for
    the errors that are estimated too. A bound on this case is one on all of them.
    """
    groups, error = len(replicates), standard_error(replicates)
    if not np.all(error > 0):
        raise InputError("a case whose replicates are all equal has no interval")
    influence = (replicates - replicates.mean(axis=0)) / error
    multipliers = np.random.default_rng(seed).normal(size=(MULTIPLIERS, groups)) * np.sqrt((groups - 1) / groups)
    largest = np.abs(multipliers @ influence).max(axis=1)
    halves = []
    for level in LEVELS:
        halves.append(stats.t.ppf(stats.norm.cdf(np.quantile(largest, level)), groups - 1))
    worst = int(np.argmax(values + halves[0] * error))
    value, half = float(values[worst]), [float(half * error[worst]) for half in halves]
    return Interval(value, *((value - h, value + h) for h in half), resampled)


def lowest_of_all(
    values: Float[np.ndarray, " case"], replicates: Float[np.ndarray, "group case"], resampled: str, seed: int = 0
) -> Interval:
    """The same for the case whose simultaneous interval ends lowest."""
    found = highest_of_all(-values, -replicates, resampled, seed)
    low, lowest = ((-ends[1], -ends[0]) for ends in (found.ci95, found.ci997))
    return Interval(-found.value, low, lowest, resampled)


def two_way_bootstrap(
    statistic: Callable[[Float[np.ndarray, "unit input ..."]], float],
    sample: Float[np.ndarray, "unit input ..."],
    seed: int,
    draws: int = 400,
) -> Float[np.ndarray, " draw"]:
    """Pigeonhole bootstrap: units and inputs drawn with replacement, independently, where both stand for more of their kind."""
    rng = np.random.default_rng(seed)
    units, inputs = sample.shape[:2]
    return np.array([
        statistic(sample[rng.integers(units, size=units)][:, rng.integers(inputs, size=inputs)]) for _ in range(draws)
    ])  # fmt: skip


def fraction_noticed(ratio: Interval) -> float:
    """Smallest relative change of a theory that a ratio measured / theory would notice: the far end of its interval."""
    return max(abs(end - 1) for end in ratio.ci95)
