"""Trained means with their order-1/n correction, and from which width on they can be trusted."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ntklab.errors import InputError

LARGEST_RATIO = 0.5
"""Of the estimated order 1/n^2 to the order 1/n, above which `corrected` warns."""
NEGLIGIBLE = 1e-3
"""Part of the largest label below which an error is not worth a warning."""


class ExpansionWarning(UserWarning):
    """The expansion in 1/n is used where its next order is not small."""


@dataclass(frozen=True)
class Mean:
    """The mean of trained networks at some points: E[z] = leading + correction/n + O(1/n^2).

    The next order is estimated from this one. It compares with it as this one does with the labels (a geometric series),
    or as the relative fluctuations (squared) and shifts of the NTK's eigenvalues do with one, whichever is more:

        second order  ~  |correction| max(|correction| / largest label, spread)

    with the absolute values of all sources added up. The estimate is one of size and not a bound. It cannot see that
    averages over networks have heavy tails (a rare network with a tiny eigenvalue of its NTK, at late times), nor what
    cancels at first order at every point and time.

    Attributes:
        leading: mean at infinite width, (time, point).
        sources: source -> its part of the correction, (time, point).
        spread: n times the squared fluctuation and the shift of the NTK's eigenvalues, relative and averaged over the modes
            that make the output, (time, point).
        scale: largest label.
    """

    leading: Float[np.ndarray, "time point"]
    sources: Mapping[str, Float[np.ndarray, "time point"]]
    spread: Float[np.ndarray, "time point"]
    scale: float

    @cached_property
    def correction(self) -> Float[np.ndarray, "time point"]:
        """The sum of the sources: n (E[z] - leading) for large n."""
        return sum(self.sources.values())

    @cached_property
    def next_order(self) -> Float[np.ndarray, "time point"]:
        """Estimated size of the coefficient of 1/n^2."""
        size = sum(np.abs(source) for source in self.sources.values())
        return size * np.maximum(size / (self.scale or 1.0), self.spread)

    def corrected(self, n: float | int) -> Float[np.ndarray, "time point"]:
        """E[z] at width n of the last hidden layer; warns with `ExpansionWarning` where the next order is not small."""
        size = max((np.abs(source).max(initial=0) for source in self.sources.values()), default=0.0)
        order = self.next_order.max(initial=0)
        if order / n > LARGEST_RATIO * size and self.validity(n) > NEGLIGIBLE:
            warnings.warn(
                f"width {n}: the order 1/n^2 is estimated at {order / n / size:.2g} times the order 1/n, "
                f"{self.validity(n):.2g} of the largest label; the mean corrected at order 1/n is not to be trusted",
                ExpansionWarning,
                stacklevel=2,
            )
        return self.leading + self.correction / n

    def validity(self, n: float | int) -> float:
        """Estimated order 1/n^2 at this width, relative to the largest label, at the worst time and point."""
        return float(self.next_order.max(initial=0)) / n**2 / (self.scale or 1.0)

    def smallest_width(self, tolerance: float) -> int:
        """The smallest n at which the estimated order 1/n^2 is below `tolerance` times the largest label."""
        if not tolerance > 0:
            raise InputError(f"tolerance={tolerance}: positive")
        return max(1, int(np.ceil(np.sqrt(self.validity(1) / tolerance))))


@dataclass(frozen=True)
class TrainedMean:
    """The mean of trained networks at order 1/n, at test points and training points, and the drift of their NTK.

    Attributes:
        times: as asked for.
        test, train: the mean at the points in the order given.
        drifts: source -> its part of n (E[NTK(t)] - E[NTK(0)]) to leading order, (time, point, point), the training points
            before the test points; NaN between different test points if these were left out.
        errors: source, "leading" or "drift" -> largest change at the last refinement of the quadrature, relative to the largest
            value of all sources, of the leading mean, or of the drift: an estimate for what is returned, the finer
            result, extrapolated from that change.
        nodes: of the finer result, per dimension of the integrals over four points.
    """

    times: Float[np.ndarray, " time"]
    test: Mean
    train: Mean
    drifts: Mapping[str, Float[np.ndarray, "time all all"]]
    errors: Mapping[str, float]
    nodes: int

    @property
    def leading(self) -> Float[np.ndarray, "time test"]:
        """Infinite-width mean at the test points."""
        return self.test.leading

    @property
    def correction(self) -> Float[np.ndarray, "time test"]:
        """n (E[z] - leading) at the test points."""
        return self.test.correction

    @property
    def sources(self) -> Mapping[str, Float[np.ndarray, "time test"]]:
        """The parts of the correction at the test points."""
        return self.test.sources

    @property
    def drift(self) -> Float[np.ndarray, "time all all"]:
        """n (E[NTK(t)] - E[NTK(0)]), the training points before the test points."""
        return sum(self.drifts.values())

    def corrected(self, n: float | int) -> Float[np.ndarray, "time test"]:
        """`Mean.corrected` at the test points."""
        return self.test.corrected(n)

    def validity(self, n: float | int) -> float:
        """`Mean.validity` at the worse of test and training points."""
        return max(self.test.validity(n), self.train.validity(n))

    def smallest_width(self, tolerance: float) -> int:
        """`Mean.smallest_width` at the worse of test and training points."""
        return max(self.test.smallest_width(tolerance), self.train.smallest_width(tolerance))
