"""What the figures show, as pure functions of predictions; NumPy only."""

from ntklab.metrics.invariance import distance, orbit_deviation, orbit_spread, rsd_median, rsd_pooled
from ntklab.metrics.statistics import Estimate, block_means, jackknife, squared_mean, sub_ensembles

__all__ = [
    "Estimate",
    "block_means",
    "distance",
    "jackknife",
    "orbit_deviation",
    "orbit_spread",
    "rsd_median",
    "rsd_pooled",
    "squared_mean",
    "sub_ensembles",
]
