"""Train infinitely wide networks on a data set, in one call: mean and variance of what they predict.

All three kinds of networks come from kernels B[g, i, j] between x_i and rho(g) x_j. Trained on the whole orbit of every
sample, full augmentation, a network has the Gram matrix Theta(rho(s) x_i, rho(r) x_j) = B[s^-1 r, i, j], which the Fourier
transform on the group makes block diagonal (`kernels.augmented`); plain and group-convolutional networks are the case of a
group of one element. With A_t = Theta(x, X) Theta(X, X)^-1 (1 - decay(t)) and the NNGP kernel K (E1; `wide_ensemble`):

    mean        A_t y
    variance    K(x, x) - 2 A_t K(X, x) + A_t K(X, X) A_t^T
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.groups import FiniteGroup, pixel_group
from ntklab.kernels.augmented import (
    AugmentedSpectrum,
    augmented_mean_prediction,
    augmented_spectrum,
    fourier_block,
)
from ntklab.kernels.cnn import augmented_blocks, cnn_kernel, gcnn_kernel, orbit_kernel
from ntklab.kernels.dynamics import Dynamics, Times, as_times
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.result import Kernels
from ntklab.network import Network

METHODS = ("augmentation", "convolution")
"""Ways of using a group: the orbits of the training set, or layers that are equivariant."""

TOGETHER = 64
"""Inputs of fully connected networks whose variances at initialisation are computed at once."""

BlockKernel = Callable[..., Kernels]
"""Inputs x, y (None: y = x) -> kernels B[g, i, j] between x_i and rho(g) y_j."""


@dataclass(frozen=True)
class Prediction:
    """What networks of infinite width predict.

    Attributes:
        mean: (time, test, output), or (time, test, element, output) on orbits: mean over initialisations, the prediction of
            an infinite ensemble; unit of the targets.
        variance: (time, test) or (time, test, element): of each output of one network over initialisations; the mean of M
            independent networks has this divided by M.
        times: (time,), in steps of gradient descent, infinity included.
    """

    mean: Float[np.ndarray, "time test *element output"]
    variance: Float[np.ndarray, "time test *element"]
    times: Float[np.ndarray, " time"]

    def __repr__(self) -> str:
        axes = "time, test, element" if self.variance.ndim == 3 else "time, test"
        deviation = np.sqrt(self.variance)
        return (
            f"Prediction at times {', '.join(f'{t:g}' for t in self.times)}\n"
            f"  mean      ({axes}, output) = {self.mean.shape}, {self.mean.min():.4g} to {self.mean.max():.4g}\n"
            f"  variance  ({axes}) = {self.variance.shape}, its root {deviation.min():.4g} to {deviation.max():.4g}"
        )


def predict(
    network: Network,
    x: ArrayLike,
    y: ArrayLike,
    x_test: ArrayLike,
    *,
    group: str | FiniteGroup | None = None,
    method: str = "augmentation",
    times: Times | None = None,
    learning_rate: float | Dynamics | None = None,
    ridge: float = 0.0,
    orbits: str | FiniteGroup | None = None,
) -> Prediction:
    """Mean and variance of infinitely wide networks trained on (x, y) by gradient descent on a squared loss.

    Args:
        network: fully connected (no filters) or convolutional.
        x: training inputs (n, ...), for convolutions and groups square images (n, size, size, channels).
        y: targets (n,) or (n, outputs); shared by all transforms of an input.
        x_test: test inputs (test, ...), of the shape of x but for their number.
        group: of symmetries, c1, c2, c4, d1, d2, d4 or such a group; None for plain networks.
        method: with a group, "augmentation" (the network trained on all transforms of x) or "convolution" (the
            group-convolutional network trained on x; needs filters).
        times: in steps, one or several; None for training without end.
        learning_rate: per step, of discrete gradient descent on 1/(2N) sum |f - y|^2, N the number of (augmented) samples;
            or a `Dynamics` (gradient flow, sum loss, ridge). Needed for finite times.
        ridge: absolute, added to the NTK of the (augmented) training set. A group-convolutional network with `ridge` has
            the mean of the augmented one with |G| times as much (E2, theorem on augmentation).
        orbits: a group; predict at all transforms of each test input, on one more axis.

    A training set with a singular NTK (duplicates, symmetric images) is no error: what it does not determine stays as it was
    at initialisation for finite times, and counts as zero for infinite time.

    Raises:
        InputError: for arrays of wrong shape, NaN, too few targets, an unknown group or method, inputs that
            the group does not act on, a learning rate that is missing or above the critical one, which is named,
            fractional steps and negative times.
    """
    x = as_array(x, "x", "n ...", dtype=float)
    if x.ndim < 2:
        raise InputError(
            f"x: shape {x.shape}; expected shape (n, ...): samples first, then one axis of features or more"
        )
    x_test = as_array(x_test, "x_test", ("test", *x.shape[1:]), dtype=float)
    y = _targets(y, len(x))
    times, dynamics = _schedule(times, learning_rate, ridge)
    if method not in METHODS:
        raise InputError(f"method={method!r}: one of {', '.join(METHODS)}")
    if group is not None or orbits is not None:
        as_array(x, "x", "n size size ...")
    if orbits is not None:
        orbits = pixel_group(orbits)
        x_test = orbits.orbit(x_test).reshape(-1, *x.shape[1:])
    augmented = pixel_group(group if group is not None and method == "augmentation" else "c1")
    single = _single(network, pixel_group(group) if group is not None and method == "convolution" else None)
    kernel = single if augmented.order == 1 else _blocks(network, augmented)
    mean, variance = _solve(augmented, kernel, _variances(network, single, x_test), x, y, x_test, times, dynamics)
    if orbits is not None:
        mean, variance = (a.reshape(len(times), -1, orbits.order, *a.shape[2:]) for a in (mean, variance))
    return Prediction(mean, variance, times)


def _targets(y: ArrayLike, samples: int) -> Float[np.ndarray, "n output"]:
    y = as_array(y, "y", "...", dtype=float)
    return as_array(y[:, None] if y.ndim == 1 else y, "y", (samples, "outputs"))


def _schedule(
    times: Times | None, learning_rate: float | Dynamics | None, ridge: float
) -> tuple[Float[np.ndarray, " time"], Dynamics]:
    """Times as an array, and the dynamics they count steps of."""
    times = as_times(np.inf if times is None else times, "times")
    finite = times[np.isfinite(times)]
    if learning_rate is None and finite.size:
        raise InputError("learning_rate: missing; finite times are steps of that size")
    if not isinstance(learning_rate, Dynamics):
        dynamics = Dynamics(ridge=ridge) if learning_rate is None else Dynamics(learning_rate, ridge=ridge)
    elif ridge:
        raise InputError(
            f"ridge={ridge}: with a Dynamics it is given there, learning_rate=Dynamics(..., ridge={ridge})"
        )
    else:
        dynamics = learning_rate
    if dynamics.kind == "steps" and np.any(finite % 1):
        raise InputError(f"times={times.tolist()}: steps are whole numbers; Dynamics(kind='flow') allows any time")
    return times, dynamics


def _single(network: Network, group: FiniteGroup | None) -> BlockKernel:
    """Kernels (1, n, m) of a plain or group-convolutional network."""
    if group is not None:
        return lambda x, y=None: _one_block(gcnn_kernel(network, x, y, group=group))
    plain = cnn_kernel if network.filters else mlp_kernel
    return lambda x, y=None: _one_block(plain(network, x, y))


def _one_block(kernels: Kernels) -> Kernels:
    return Kernels(kernels.nngp[None], kernels.ntk[None])


def _blocks(network: Network, group: FiniteGroup) -> BlockKernel:
    """Kernels (element, n, m) of a network between inputs and the transforms of others."""
    if network.filters:
        return lambda x, y=None: augmented_blocks(network, orbit_kernel(network, x, y, group=group))

    def kernel(x: np.ndarray, y: np.ndarray | None = None) -> Kernels:
        moved = (group.act(g, x if y is None else y) for g in group.elements)
        return Kernels(*map(np.stack, zip(*(mlp_kernel(network, x, z) for z in moved), strict=True)))

    return kernel


def _variances(network: Network, kernel: BlockKernel, x: np.ndarray) -> Float[np.ndarray, " n"]:
    """K(x_i, x_i). Convolutional networks one by one: of several images all pairs would be computed."""
    size = 1 if network.filters else TOGETHER
    parts = [x[start : start + size] for start in range(0, len(x), size)]
    return np.concatenate([np.diagonal(kernel(part).nngp[0]) for part in parts])


def _solve(
    group: FiniteGroup,
    kernel: BlockKernel,
    variances: Float[np.ndarray, " test"],
    x: np.ndarray,
    y: Float[np.ndarray, "n output"],
    x_test: np.ndarray,
    times: Float[np.ndarray, " time"],
    dynamics: Dynamics,
) -> tuple[Float[np.ndarray, "time test output"], Float[np.ndarray, "time test"]]:
    """Mean and variance after training on the orbits of x."""
    gram, cross = kernel(x), kernel(x_test, x)
    train = augmented_spectrum(group, gram.ntk)
    _check_stability(train, times, dynamics, len(x) * group.order)
    targets = np.repeat(y, group.order, axis=0)
    mean = augmented_mean_prediction(train, cross.ntk, targets, times, dynamics)
    lost = _variance_lost(train, gram.nngp, cross, times, dynamics)
    return mean, np.maximum(variances - lost, 0)


def _check_stability(train: AugmentedSpectrum, times: np.ndarray, dynamics: Dynamics, samples: int) -> None:
    """`InputError` above the critical learning rate, where discrete gradient descent diverges."""
    largest = max(float(values[-1]) for values in train.eigenvalues) + dynamics.ridge
    critical = 2 * (samples if dynamics.loss == "mean" else 1) / largest
    if dynamics.kind == "steps" and np.any(np.isfinite(times)) and dynamics.learning_rate > critical:
        raise InputError(
            f"learning_rate={dynamics.learning_rate:g}: above {critical:.6g} gradient descent diverges on this training set"
        )


def _variance_lost(
    train: AugmentedSpectrum,
    nngp: Float[np.ndarray, "element n n"],
    cross: Kernels,
    times: Float[np.ndarray, " time"],
    dynamics: Dynamics,
) -> Float[np.ndarray, "time test"]:
    """2 A_t K(X, x) - A_t K(X, X) A_t^T, one block of the Fourier transform after the other."""
    samples = train.group.order * nngp.shape[1]
    ends = np.cumsum([len(values) for values in train.eigenvalues])
    # All eigenvalues together: what is zero up to rounding is so next to the largest of all blocks.
    together = np.concatenate(train.eigenvalues)
    fractions = np.stack([dynamics.learned_fraction(together, time, samples) for time in times])
    lost = np.zeros((len(times), cross.ntk.shape[1]))
    for pi, vectors, fraction in zip(
        train.group.irreducibles, train.eigenvectors, np.split(fractions, ends[:-1], axis=1), strict=True
    ):
        left, right = (fourier_block(pi, part) @ vectors for part in (cross.ntk, cross.nngp))
        half = vectors.conj().T @ fourier_block(pi, nngp) @ vectors / 2
        for time, learned in enumerate(fraction):
            weights = left * learned
            by_row = 2 * np.sum(weights * (right - weights @ half).conj(), axis=1).real
            lost[time] += pi.copies * pi.dimension / train.group.order * by_row.reshape(pi.dimension, -1).sum(axis=0)
    return lost
