"""How invariant classifiers are over orbits: orbit same prediction, and the spread of the logits (E1, slides "Orbit Same
Predictions").

Logits f have shape (..., input, element, class): every input transformed by every element of the group, the identity
first; as lists, NumPy, JAX or torch arrays. The argmax is discontinuous, and a constant predictor has a perfect orbit same
prediction: hence the spread and the chance-corrected agreement beside it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.metrics.resampling import groups_of
from ntklab.metrics.statistics import Estimate, squared_mean
from ntklab.types import Numbers

OrbitLogits = Float[np.ndarray, "*leading input element class"]


def _logits(f: ArrayLike) -> OrbitLogits:
    return as_array(f, "f", "... input element class")


def same_prediction(f: ArrayLike) -> Bool[np.ndarray, "*leading input element"]:
    """Whether the predicted class at each element is that of the untransformed input; True at the identity."""
    predicted = _logits(f).argmax(axis=-1)
    return predicted == predicted[..., :1]


def orbit_same_prediction(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """OSP: the number of elements with the class of the untransformed input, mean over inputs; 1 to the group's order."""
    return same_prediction(f).sum(axis=-1).mean(axis=-1)


def agreement(f: ArrayLike) -> Float[np.ndarray, "*leading element"]:
    """Fraction of inputs that get the class of the untransformed input, for each element."""
    return same_prediction(f).mean(axis=-2)


def concentration(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """sum_c p_c^2, p_c the fraction of all predictions, on all inputs at all elements, that are class c; 1/K to 1.

    The probability that two predictions agree which have nothing to do with each other but their frequencies: near 1 where a
    network puts most images in one class, as off distribution.
    """
    f = _logits(f)
    predicted = f.argmax(axis=-1)
    shares = [np.mean(predicted == c, axis=(-2, -1)) for c in range(f.shape[-1])]
    return np.sum(np.square(shares), axis=0)


def chance(order: int, concentrated: float) -> float:
    """OSP of predictions that are independent at each element, where two of them agree with probability `concentrated`."""
    return 1 + (order - 1) * concentrated


def chance_corrected(
    same: Float[Numbers, "*shape"], concentrated: Float[Numbers, "*shape"]
) -> Float[Numbers, "*shape"]:
    """kappa = (a - sum_c p_c^2) / (1 - sum_c p_c^2), a the fraction of elements with the class of the identity: at most 1.

    `same` is a over all elements but the identity itself, so that predictions that are independent at each element have 0
    (with the identity, which agrees with itself, they would have 1/|G|; every kappa would then be 1/|G| + (1 - 1/|G|) of
    this one). Of several networks, a and sum_c p_c^2 are averaged first. NaN where all predictions are one class.
    """
    rest = 1 - np.asarray(concentrated, dtype=float)
    # Averages of exact ones are one to rounding only.
    return np.divide(same - concentrated, rest, out=np.full(np.shape(rest), np.nan), where=rest > 1e-12)


def same_off_identity(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """Fraction of inputs and elements but the identity with the class of the untransformed input; 0 to 1.

    `InputError` for orbits of one element.
    """
    f = _logits(f)
    if f.shape[-2] == 1:
        raise InputError(f"f: shape {f.shape}: orbits of one element have no element but the identity")
    return (orbit_same_prediction(f) - 1) / (f.shape[-2] - 1)


def deviation(f: ArrayLike) -> OrbitLogits:
    """f(rho(g) x) minus its mean over the orbit, for each class."""
    f = _logits(f)
    return f - f.mean(axis=-2, keepdims=True)


def logit_spread(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """A(f) = sqrt(mean_{x, g} |f(rho(g) x) - orbit mean|^2), norms over classes; unit of the logits.

    For M independent members with an invariant common mean, its square is that of one member divided by M at every time.
    """
    return np.sqrt(_logits(f).var(axis=-2).sum(axis=-1).mean(axis=-1))


def relative_logit_spread(f: ArrayLike) -> Float[Numbers, "*leading"]:
    """S(f) = A(f) / sqrt(mean_{x, g} |f(rho(g) x)|^2), between 0 (invariant) and 1."""
    f = _logits(f)
    return logit_spread(f) / np.sqrt(np.square(f).sum(axis=-1).mean(axis=(-2, -1)))


def accuracy(f: ArrayLike, labels: ArrayLike) -> Float[Numbers, "*leading"]:
    """Fraction of untransformed inputs that get their label, (input,)."""
    f = _logits(f)
    labels = as_array(labels, "labels", (f.shape[-3],))
    return (f[..., 0, :].argmax(axis=-1) == labels).mean(axis=-1)


def floor(members: ArrayLike) -> Estimate:
    """Unbiased estimate of A^2 of the infinite ensemble, may be negative; see `squared_mean`.

    Logits are (member, input, element, class).
    """
    members = as_array(members, "members", "member input element class")
    value, stderr, n = squared_mean(deviation(members).reshape(len(members), -1))
    classes = members.shape[-1]
    return Estimate(value * classes, stderr * classes, n)


class SquaredSpreads(NamedTuple):
    """Squared spread of the infinite ensemble and of single members: row 0 of all members, then with one group left out."""

    infinite: Float[np.ndarray, "replicate time"]
    single: Float[np.ndarray, "replicate time"]


def squared_spreads(deviations: Float[np.ndarray, "member time input element class"]) -> SquaredSpreads:
    """Both at every time, from members' deviations from their orbit means; for `jackknife_interval`, whatever the floor is.

    The unbiased floor is the mean product of different members, a U-statistic that is degenerate where the floor vanishes:
    the jackknife has the part of its variance that is linear in the members once, the quadratic part 2 tr(Sigma^2) /
    (m (m - 1)) twice (Efron & Stein 1981). The replicates are scaled until the quadratic part is there once; what is left for
    the linear part counts as far as it exceeds its own error where there is none.
    """
    members, _, inputs, elements, _ = deviations.shape
    by_time = deviations.swapaxes(0, 1).reshape(deviations.shape[1], members, -1)
    products = by_time @ by_time.swapaxes(1, 2) / (inputs * elements)

    def both(chosen: Int[np.ndarray, " member"]) -> Float[np.ndarray, "2 time"]:
        part = products[:, chosen][:, :, chosen]
        single = np.trace(part, axis1=1, axis2=2) / len(chosen)
        return np.stack([(part.mean(axis=(1, 2)) * len(chosen) - single) / (len(chosen) - 1), single])

    everyone = np.arange(members)
    left_out = np.stack([both(np.delete(everyone, part)) for part in groups_of(members)])
    centred = products - products.mean(axis=1, keepdims=True) - products.mean(axis=2, keepdims=True)
    centred += products.mean(axis=(1, 2), keepdims=True)
    pairs = np.square(centred).sum(axis=(1, 2)) - np.square(np.diagonal(centred, axis1=1, axis2=2)).sum(axis=1)
    quadratic = 2 * pairs / (members * (members - 1)) ** 2
    groups, found = len(left_out), (len(left_out) - 1) * left_out[:, 0].var(axis=0)
    linear = np.maximum(found - 2 * quadratic * (1 + np.sqrt(2 / (groups - 1))), 0)
    # Of exactly invariant networks there is nothing to scale.
    shrink = np.sqrt(np.divide(quadratic + linear, found, out=np.zeros_like(found), where=found > 0))
    centre = left_out[:, 0].mean(axis=0)
    whole = both(everyone)
    return SquaredSpreads(
        np.vstack([whole[0], centre + shrink * (left_out[:, 0] - centre)]), np.vstack([whole[1], left_out[:, 1]])
    )
