"""How far each eigendirection of the training Gram matrix has been learned after a time: step by step or as a flow.

Full-batch training on a squared loss moves the residual along an eigenvector with eigenvalue lambda by a factor

    steps   (1 - learning_rate lambda / n)^t           flow   exp(-learning_rate lambda t / n)

with n the number of training samples for the mean loss 1/(2N) sum_i |f - y|^2 and n = 1 for the sum loss. t counts steps; the
flow's time is learning_rate * t. neural-tangents' `gradient_descent_mse_ensemble` is the flow, with its own division
of time by samples x outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.errors import InputError

LOSSES = ("mean", "sum")
KINDS = ("steps", "flow")
Times = ArrayLike | Sequence[float | int] | float
"""Times in steps, infinity included."""


def as_times(times: Times, name: str) -> Float[np.ndarray, " time"]:
    """One time or several as an array; `InputError` for none, for negative ones and for what is no number."""
    try:
        array = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        array = np.array([np.nan])
    if array.ndim != 1 or array.size == 0 or not np.all(array >= 0):
        raise InputError(f"{name}: {times!r}; expected a number of steps or several, not negative, infinity allowed")
    return array


@dataclass(frozen=True)
class Dynamics:
    """Gradient descent on a squared loss.

    Attributes:
        learning_rate: per step.
        kind: "steps" (discrete gradient descent) or "flow" (continuous time).
        loss: "mean" or "sum" over the training samples.
        ridge: absolute; replaces Theta(X, X) by Theta(X, X) + ridge. With augmentation by a group of order |G|, the
            ridge that corresponds to `ridge` without augmentation is |G| * ridge (E2, theorem on augmentation).

    Raises:
        InputError: for an unknown kind or loss, a learning rate that is not positive or a negative ridge.
    """

    learning_rate: float = 1.0
    kind: str = "steps"
    loss: str = "mean"
    ridge: float = 0.0

    def __post_init__(self):
        if self.kind not in KINDS or self.loss not in LOSSES:
            raise InputError(f"kind={self.kind!r}, loss={self.loss!r}: kinds are {KINDS}, losses {LOSSES}")
        for name in ("learning_rate", "ridge"):
            if not isinstance(getattr(self, name), Real) or not np.isfinite(getattr(self, name)):
                raise InputError(f"{name}={getattr(self, name)!r}: a finite number is expected")
        if not self.learning_rate > 0 or not self.ridge >= 0:
            raise InputError(f"learning_rate={self.learning_rate} must be positive, ridge={self.ridge} not negative")

    def learned_fraction(
        self, eigenvalues: Float[np.ndarray, "*n"], time: float | int, samples: int
    ) -> Float[np.ndarray, "*n"]:
        """(1 - decay(t)) / (lambda + ridge): what multiplies the targets along each eigenvector.

        It is bounded by learning_rate * t / n, so Theta(X, X) is never inverted and a singular one does no harm: where
        the eigenvalue is zero up to rounding the value is that bound, and zero (pseudo-inverse) for infinite t.
        """
        values = eigenvalues + self.ridge
        rate = self.learning_rate / (samples if self.loss == "mean" else 1)
        rounding = 1e-14 if np.isfinite(time) else 4 * samples * np.finfo(float).eps
        negligible = np.abs(values) <= rounding * np.abs(values).max(initial=0)
        limit = rate * time if np.isfinite(time) else 0.0
        return np.where(negligible, limit, self._progress(rate * values, time) / np.where(negligible, 1, values))

    def _progress(self, rates: Float[np.ndarray, "*n"], time: float | int) -> Float[np.ndarray, "*n"]:
        """1 - decay(t), without cancellation at small rates."""
        if np.isinf(time):
            return np.ones_like(rates)
        if self.kind == "flow":
            return -np.expm1(-rates * time)
        small = np.minimum(rates, 0.5)
        return np.where(rates < 0.5, -np.expm1(time * np.log1p(-small)), 1 - (1 - rates) ** time)
