"""How invariant classifiers are over orbits: orbit same prediction, and the spread of the logits (E1, slides "Orbit Same
Predictions").

Logits f have shape (..., input, element, class): every input transformed by every element of the group, the identity
first. The argmax is discontinuous, and a constant predictor has a perfect orbit same prediction: hence the spread beside it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import softmax

from ntklab.metrics.ensemble_invariance import Measurement
from ntklab.metrics.statistics import Estimate, squared_mean, sub_ensembles
from ntklab.types import Numbers

OrbitLogits = Float[np.ndarray, "*leading input element class"]
MemberLogits = Float[np.ndarray, "member input element class"]


def same_prediction(f: OrbitLogits) -> Bool[np.ndarray, "*leading input element"]:
    """Whether the predicted class at each element is that of the untransformed input; True at the identity."""
    predicted = f.argmax(axis=-1)
    return predicted == predicted[..., :1]


def orbit_same_prediction(f: OrbitLogits) -> Float[Numbers, "*leading"]:
    """OSP: the number of elements with the class of the untransformed input, mean over inputs; 1 to the group's order.

    Predictions that are independent at each element have 1 + (|G| - 1) / K for K equally likely classes.
    """
    return same_prediction(f).sum(axis=-1).mean(axis=-1)


def agreement(f: OrbitLogits) -> Float[np.ndarray, "*leading element"]:
    """Fraction of inputs that get the class of the untransformed input, for each element."""
    return same_prediction(f).mean(axis=-2)


def chance(order: int, classes: int) -> float:
    """OSP of predictions that are independent and uniform over the classes at each element."""
    return 1 + (order - 1) / classes


def deviation(f: OrbitLogits) -> OrbitLogits:
    """f(rho(g) x) minus its mean over the orbit, for each class."""
    return f - f.mean(axis=-2, keepdims=True)


def logit_spread(f: OrbitLogits) -> Float[Numbers, "*leading"]:
    """A(f) = sqrt(mean_{x, g} |f(rho(g) x) - orbit mean|^2), norms over classes; unit of the logits.

    For M independent members with an invariant common mean, its square is that of one member divided by M at every time.
    """
    return np.sqrt(f.var(axis=-2).sum(axis=-1).mean(axis=-1))


def relative_logit_spread(f: OrbitLogits) -> Float[Numbers, "*leading"]:
    """S(f) = A(f) / sqrt(mean_{x, g} |f(rho(g) x)|^2), between 0 (invariant) and 1."""
    return logit_spread(f) / np.sqrt(np.square(f).sum(axis=-1).mean(axis=(-2, -1)))


def accuracy(f: OrbitLogits, labels: Int[np.ndarray, " input"]) -> Float[Numbers, "*leading"]:
    """Fraction of untransformed inputs that get their label."""
    return (f[..., 0, :].argmax(axis=-1) == labels).mean(axis=-1)


def floor(members: MemberLogits) -> Estimate:
    """Unbiased estimate of A^2 of the infinite ensemble, may be negative; see `squared_mean`."""
    value, stderr, n = squared_mean(deviation(members).reshape(len(members), -1))
    classes = members.shape[-1]
    return Estimate(value * classes, stderr * classes, n)


def measure_spread(members: MemberLogits, sizes: Sequence[int]) -> Iterator[Measurement]:
    """Spread and OSP at one time (index 0) for each size, and the floor; members in float64."""
    members = members.astype(np.float64)
    for size in (size for size in sizes if size <= len(members)):
        for quantity, statistic in (("spread", logit_spread), ("osp", orbit_same_prediction)):
            yield _row(size, quantity, sub_ensembles(statistic, members, size, squared=quantity == "spread"))
    if len(members) >= 3:
        yield _row(len(members), "floor", floor(members))


def measure_classifiers(
    members: MemberLogits, sizes: Sequence[int], labels: Int[np.ndarray, " input"] | None = None
) -> Iterator[Measurement]:
    """Every metric of the mean logits of each size of ensemble, over disjoint ensembles, and the unbiased floor.

    "osp_probabilities" is that of the mean of the members' probabilities. Accuracy needs the labels; its error alone is
    also over the choice of images, because accuracies are compared with published ones, invariance between models here.
    """
    yield from measure_spread(members, sizes)
    members = members.astype(np.float64)
    probabilities = softmax(members, axis=-1)
    for size in (size for size in sizes if size <= len(members)):
        yield _row(size, "relative_spread", sub_ensembles(relative_logit_spread, members, size))
        yield _row(size, "osp_probabilities", sub_ensembles(orbit_same_prediction, probabilities, size))
        if labels is not None:
            yield _row(size, "accuracy", _accuracy(members, labels, size))


def _accuracy(members: MemberLogits, labels: Int[np.ndarray, " input"], size: int) -> Estimate:
    """Accuracy of ensembles of one size, its error that of the choice of members and of the choice of images."""
    value, stderr, n = sub_ensembles(lambda f: accuracy(f, labels), members, size)
    return Estimate(value, np.hypot(stderr, np.sqrt(value * (1 - value) / len(labels))), n)


def _row(size: int, quantity: str, estimate: Estimate) -> Measurement:
    return Measurement(float(size), 0, quantity, float(estimate.value), float(estimate.stderr), estimate.n)
