"""Statistics of ensembles: disjoint sub-ensembles, the unbiased cross-member estimator, jackknife errors."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.types import Numbers


class Estimate(NamedTuple):
    """Value and standard error of one or more statistics, and the number of independent estimates behind them."""

    value: Float[Numbers, "*shape"]
    stderr: Float[Numbers, "*shape"]
    n: int


def first_of_pairs(members: Float[np.ndarray, "member ..."]) -> Float[np.ndarray, "pair ..."]:
    """Independent members of an ensemble whose members 2 k and 2 k + 1 have opposite outputs at initialisation."""
    return members[::2]


def pair_means(members: Float[np.ndarray, "member *shape"]) -> Float[np.ndarray, "pair *shape"]:
    """Means of members 2 k and 2 k + 1: independent draws of a member's expectation, with far less noise than a member.

    Most of a member's noise stems from its initial outputs, which cancel. `InputError` for an odd number of members.
    """
    if len(members) % 2:
        raise InputError(f"members in pairs asked, there are {len(members)}")
    return (members[::2] + members[1::2]) / 2


def block_means(members: ArrayLike, size: int) -> Float[np.ndarray, "block *shape"]:
    """Means of disjoint blocks of `size` members (member, ...), in order; members left over are not used.

    Smaller ensembles come from one trained pool, never from fresh training. `InputError` if the pool is too small, and for
    a size below 1.
    """
    members = as_array(members, "members", "member ...")
    if size < 1:
        raise InputError(f"size={size}: an ensemble has at least one member")
    blocks = len(members) // size
    if blocks == 0:
        raise InputError(f"an ensemble of {size} members asked, {len(members)} are trained")
    return members[: blocks * size].reshape(blocks, size, *members.shape[1:]).mean(axis=1)


def jackknife(
    statistic: Callable[[np.ndarray], np.ndarray], members: ArrayLike, groups: int = 20
) -> Float[Numbers, "*out"]:
    """Delete-a-group jackknife standard error of a statistic of the mean over members (member, ...).

    `statistic` maps the mean (*shape) to numbers. For a statistic that is quadratic in a mean whose expectation
    vanishes, as the orbit spread is, the error is conservative: its square is too large by a factor of 2 on average.
    `InputError` for fewer than two members or groups.
    """
    members = as_array(members, "members", "member ...")
    groups = min(groups, len(members))
    if groups < 2:
        raise InputError(f"a jackknife needs two groups of members or more; {len(members)} members, {groups} groups")
    parts = np.array_split(np.arange(len(members)), groups)
    total = members.sum(axis=0)
    left_out = np.stack([statistic((total - members[p].sum(axis=0)) / (len(members) - len(p))) for p in parts])
    return np.sqrt((groups - 1) * left_out.var(axis=0))


def sub_ensembles(
    statistic: Callable[[np.ndarray], np.ndarray],
    members: ArrayLike,
    size: int,
    *,
    squared: bool = False,
) -> Estimate:
    """A statistic of the mean of `size` members (member, ...), averaged over disjoint blocks, with its standard error.

    With `squared` the average is the root mean square: theory speaks about squares, E A^2 falls exactly like 1/size for
    the orbit spread A, and the mean of A does not. With a single block the error is the jackknife's.
    `InputError` if the pool is too small, and for a single member, which has no error.
    """
    members = as_array(members, "members", "member ...")
    means = block_means(members, size)
    values = statistic(means)
    if len(means) == 1:
        return Estimate(values[0], jackknife(statistic, members[:size]), 1)
    power = 2 if squared else 1
    average = (values**power).mean(axis=0)
    error = (values**power).std(axis=0, ddof=1) / np.sqrt(len(means))
    value = average ** (1 / power)
    # d(a^(1/p)) = a^(1/p) da / (p a); a statistic that vanishes in every block has no error.
    relative = np.divide(error, power * average, out=np.zeros_like(value), where=average != 0)
    return Estimate(value, np.abs(value) * np.abs(relative), len(means))


def squared_mean(deviations: ArrayLike) -> Estimate:
    """Unbiased estimate of mean_sample (E d)^2 from independent members d (member, sample), with delete-one jackknife error.

    The mean over pairs m != m' of d_m . d_m' / samples: what a plain square of the ensemble mean estimates, less the
    part that is there only because the ensemble is finite. It may be negative. With orbit deviations it is the squared
    orbit spread of the infinite ensemble (the floor), with deviations from the NTK mean the squared distance to it.
    Where the expectation vanishes the error is conservative, its square too large by a factor of 2 on average.
    `InputError` for fewer than three members.
    """
    deviations = as_array(deviations, "deviations", "member sample")
    members, samples = deviations.shape
    if members < 3:
        raise InputError(f"the unbiased estimator with its error needs three members, there are {members}")
    norms = np.square(deviations).sum(axis=1)
    total = deviations.sum(axis=0)
    overlap = deviations @ total
    value = (total @ total - norms.sum()) / (members * (members - 1) * samples)
    rest_squared = total @ total - 2 * overlap + norms
    left_out = (rest_squared - norms.sum() + norms) / ((members - 1) * (members - 2) * samples)
    return Estimate(value, np.sqrt((members - 1) * left_out.var()), members)
