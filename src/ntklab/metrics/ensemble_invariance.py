"""The rows of the invariance tables: every metric, time and ensemble size of one trained ensemble, or of its limit."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.metrics.spread import distance, orbit_deviation, orbit_spread, rsd_median, rsd_pooled
from ntklab.metrics.statistics import Estimate, first_of_pairs, pair_means, squared_mean, sub_ensembles
from ntklab.types import MemberPredictions


class Measurement(NamedTuple):
    """One row without the settings it shares with its neighbours."""

    members: float
    time_index: int
    quantity: str
    value: float
    stderr: float
    n: int


class Units(NamedTuple):
    """Mean and standard deviation of the training targets: energy = mean + std * standardised prediction."""

    mean: float
    std: float


def _rows(members: float, quantity: str, estimate: Estimate) -> Iterator[Measurement]:
    for time, (value, stderr) in enumerate(zip(estimate.value, estimate.stderr, strict=True)):
        yield Measurement(members, time, quantity, float(value), float(stderr), estimate.n)


def measure_ensemble(
    predictions: MemberPredictions,
    limit: Float[np.ndarray, "time input element"],
    sizes: Sequence[int],
    units: Units | None = None,
) -> Iterator[Measurement]:
    """Every metric of an ensemble's mean for each size up to half the number of members, and the unbiased floors.

    Members come in pairs with opposite outputs at initialisation: ensembles are of independent ones, the first of each
    pair; the floors come from the means of pairs. Without `units` the median relative deviation, which speaks of
    energies, is left out. `limit` is the infinite-width mean prediction at the same times. float32 predictions are
    averaged in float64.
    """
    pairs, predictions = pair_means(predictions.astype(np.float64)), first_of_pairs(predictions).astype(np.float64)
    pairs[:, 0] = predictions[:, 0]  # at initialisation means of pairs vanish by construction and say nothing
    squared = {"spread", "distance_to_ntk"}
    statistics = {
        "spread": orbit_spread,
        "rsd_pooled": rsd_pooled,
        "distance_to_ntk": lambda f: distance(f, limit),
    }
    if units:
        statistics["rsd_median"] = lambda f: rsd_median(units.mean + units.std * f)
    for size in (size for size in sizes if size <= len(predictions)):
        for quantity, statistic in statistics.items():
            yield from _rows(
                float(size), quantity, sub_ensembles(statistic, predictions, size, squared=quantity in squared)
            )
    for quantity, deviations in {"floor": orbit_deviation(pairs), "distance_floor": pairs - limit}.items():
        for time in range(predictions.shape[1]):
            estimate = squared_mean(deviations[:, time].reshape(len(pairs), -1))
            yield Measurement(
                float(len(pairs)), time, quantity, float(estimate.value), float(estimate.stderr), estimate.n
            )


def measure_limit(
    mean: Float[np.ndarray, "time input element"],
    covariance: Float[np.ndarray, "time input element element"],
    sizes: Sequence[int],
    units: Units | None = None,
) -> Iterator[Measurement]:
    """The same for infinitely wide networks: the NTK mean itself (members = inf), and the mean of finitely many.

    The mean of M members has squared spread mean_x tr(P C_x) / (M |G|), with C_x the covariance on the orbit of x and P
    the projector off the orbit mean, and mean square E mu^2 + mean_x tr(C_x) / (M |G|): analytic, without error.
    """
    exact = {
        "spread": orbit_spread(mean),
        # At initialisation the mean vanishes, and with it the meaning of a relative deviation.
        "rsd_pooled": np.divide(orbit_spread(mean), _rms(mean), out=np.zeros(len(mean)), where=_rms(mean) > 0),
    }
    if units:
        exact["rsd_median"] = rsd_median(units.mean + units.std * mean)
    for quantity, values in exact.items():
        yield from _rows(np.inf, quantity, Estimate(values, np.zeros_like(values), 1))
    variance = np.trace(covariance, axis1=-2, axis2=-1).mean(axis=-1) / covariance.shape[-1]
    deviation = variance - covariance.mean(axis=(-2, -1)).mean(axis=-1)
    for size in sizes:
        squared_spread = np.square(orbit_spread(mean)) + deviation / size
        values = {
            "spread": np.sqrt(squared_spread),
            "rsd_pooled": np.sqrt(squared_spread / (np.square(_rms(mean)) + variance / size)),
            "distance_to_ntk": np.sqrt(variance / size),
        }
        for quantity, value in values.items():
            yield from _rows(float(size), quantity, Estimate(value, np.zeros_like(value), 1))


def _rms(f: Float[np.ndarray, "time input element"]) -> Float[np.ndarray, " time"]:
    return np.sqrt(np.square(f).mean(axis=(-2, -1)))
