"""What the figures show, as pure functions of predictions; NumPy only."""

from ntklab.metrics.orbit_classification import orbit_same_prediction
from ntklab.metrics.orbit_summary import Invariance, invariance
from ntklab.metrics.spread import distance, orbit_deviation, orbit_spread, rsd_median, rsd_pooled
from ntklab.metrics.statistics import Estimate, block_means, jackknife, squared_mean, sub_ensembles

__all__ = [
    "Estimate",
    "Invariance",
    "block_means",
    "distance",
    "invariance",
    "jackknife",
    "orbit_deviation",
    "orbit_same_prediction",
    "orbit_spread",
    "rsd_median",
    "rsd_pooled",
    "squared_mean",
    "sub_ensembles",
]
