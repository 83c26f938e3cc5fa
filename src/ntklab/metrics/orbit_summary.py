"""How invariant an ensemble is, in one call: the spread of its mean, what an infinite ensemble would have, and kappa."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.metrics.ensemble_sizes import on_elements, sub_ensembles_of, tally
from ntklab.metrics.orbit_classification import deviation, logit_spread, squared_spreads
from ntklab.metrics.resampling import jackknife_interval
from ntklab.metrics.statistics import pair_means
from ntklab.types import Numbers


@dataclass(frozen=True, repr=False)
class Invariance:
    """How far an ensemble's predictions are from constant on orbits; arrays over the free axes (time ...) of the predictions.

    Attributes:
        members: independent ones, pairs counted once.
        spread: of the mean over members: A = sqrt(mean_{x, g} |f(rho(g) x) - orbit mean|^2), unit of the predictions.
        member_spread: root mean square of the same over single members.
        expected_spread: member_spread / sqrt(members), the spread of the mean if all there is of it comes from the ensemble
            being finite: E spread^2 = floor + (E member_spread^2 - floor) / members.
        squared_floor: A^2 of the infinite ensemble, unbiased: the mean product of different members' deviations from their
            orbit means. Zero for an invariant infinite ensemble; may be negative.
        squared_floor_interval: (..., 2), at 95 %, jackknife over members with the excess of a degenerate U-statistic taken
            out (`orbit_classification.squared_spreads`).
        kappa: of classifiers, agreement of the ensemble's class with that at the identity beyond chance, (a - c) / (1 - c): a
            over all elements but the identity, c = sum_c p_c^2 that of two predictions drawn at random. 1 for perfect
            agreement, 0 at chance, NaN where all predictions are one class. None without classes.
        kappa_interval: (..., 2), at 95 %, over members and inputs (`ensemble_sizes`: halves of the pool stand for other
            pools, which makes it conservative).
    """

    members: int
    spread: Float[Numbers, "*shape"]
    member_spread: Float[Numbers, "*shape"]
    expected_spread: Float[Numbers, "*shape"]
    squared_floor: Float[Numbers, "*shape"]
    squared_floor_interval: Float[np.ndarray, "*shape 2"]
    kappa: Float[Numbers, "*shape"] | None = None
    kappa_interval: Float[np.ndarray, "*shape 2"] | None = None

    def __repr__(self) -> str:
        shape = np.shape(self.spread)
        of = f", arrays {shape}" if shape else ""
        found = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        rows = [f"  {name:22}  {_range(values)}" for name, values in found.items() if values is not None]
        return "\n".join([f"Invariance of the mean of {self.members} members{of}", *rows])


def _range(values: Numbers) -> str:
    low, high = np.min(values), np.max(values)
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def invariance(predictions: ArrayLike, *, classes: bool = False, paired: bool = False, seed: int = 0) -> Invariance:
    """How invariant the mean of an ensemble is over orbits, and what of it the finite number of members explains.

    Args:
        predictions: (member, ..., input, element): every input transformed by every element of the group, the identity
            first; axes between, such as time, are free. Members are independent.
        classes: whether a last axis holds logits of classes, (member, ..., input, element, class): spreads are then norms
            over classes, and kappa is there.
        paired: whether members 2 k and 2 k + 1 have opposite outputs at initialisation, as `ntklab.ensembles.train` makes
            them. Their mean counts as one member.
        seed: of the random halves of the ensemble behind `kappa_interval`.

    Raises:
        InputError: for arrays of fewer axes, not real or not finite, orbits of one element, fewer than three independent
            members, an odd number of paired ones, fewer than three inputs of classifiers.
    """
    axes = "member ... input element class" if classes else "member ... input element"
    f = as_array(predictions, "predictions", axes, dtype=float)
    if f.ndim < (4 if classes else 3):
        raise InputError(f"predictions: shape {f.shape}; expected shape ({axes.replace(' ', ', ')})")
    f = f if classes else f[..., None]
    if f.shape[-2] == 1:
        raise InputError(
            f"predictions: shape {np.shape(predictions)}: orbits of one element are invariant by themselves"
        )
    f = pair_means(f) if paired else f
    if len(f) < 3:
        raise InputError(f"predictions: of {len(f)} independent members; intervals need three")
    shape, f = f.shape[1:-3], f.reshape(len(f), -1, *f.shape[-3:])
    squared = squared_spreads(deviation(f))
    intervals = [jackknife_interval(float(column[0]), column[1:], "members").ci95 for column in squared.infinite.T]
    member_spread = np.sqrt(squared.single[0])
    kappas = [_kappa(f[:, time], seed) for time in range(f.shape[1])] if classes else None
    return Invariance(
        len(f),
        logit_spread(f.mean(axis=0)).reshape(shape)[()],
        member_spread.reshape(shape)[()],
        (member_spread / np.sqrt(len(f))).reshape(shape)[()],
        squared.infinite[0].reshape(shape)[()],
        np.array(intervals).reshape(*shape, 2),
        np.array([kappa for kappa, _ in kappas]).reshape(shape)[()] if classes else None,
        np.array([interval for _, interval in kappas]).reshape(*shape, 2) if classes else None,
    )


def _kappa(f: Float[np.ndarray, "member input element class"], seed: int) -> tuple[float, tuple[float, float]]:
    """Of the mean of all members, with its interval."""
    chosen = sub_ensembles_of(len(f), len(f), np.random.default_rng(seed))
    kappa = on_elements(tally(f, chosen), chosen, "members")["kappa"]
    return float(kappa.value), kappa.interval().ci95
