"""Mean and covariance of infinitely wide ensembles during training, in closed form.

Training by full-batch gradient descent on L = 1/(2N) sum_i |f(x_i) - y_i|^2, N the number of (augmented) training
samples, moves the outputs of infinitely wide networks linearly (E1, eq. for mu_t; here at discrete times):

    f_{k+1} = f_k - (learning_rate / N) Theta (f_k - y).

Time normalisation: k counts steps, and the residual along an eigenvector of Theta(X, X) with eigenvalue lambda has
decayed by (1 - learning_rate lambda / N)^k. Gradient flow replaces this by exp(-learning_rate lambda k / N); the two
differ by 0.05 to 0.7 % for the step sizes in use, which is why the discrete form is the default. `Dynamics` offers the
flow, the sum loss, an absolute ridge; `steps` may hold infinity. All of it in float64.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.linalg import eigh

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.kernels.dynamics import Dynamics, Times, as_times


class Spectrum(NamedTuple):
    """Eigendecomposition of the training Gram matrix Theta(X, X) = V diag(lambda) V^T; eigenvalues ascend."""

    eigenvalues: Float[np.ndarray, " n"]
    eigenvectors: Float[np.ndarray, "n n"]

    def __repr__(self) -> str:
        smallest, largest = self.eigenvalues[[0, -1]]
        return f"Spectrum of a training Gram matrix, n = {len(self.eigenvalues)}: {smallest:.4g} to {largest:.4g}"


def spectrum(ntk_train: ArrayLike) -> Spectrum:
    """Eigendecomposition of the (symmetrised) NTK Gram matrix (n, n) of the training set.

    Raises:
        InputError: for a matrix that is not square, empty, not real or not finite.
    """
    gram = as_array(ntk_train, "ntk_train", "n n", dtype=float)
    return Spectrum(*eigh((gram + gram.T) / 2, check_finite=False))


def critical_learning_rate(eigenvalues: ArrayLike) -> float:
    """2 N / lambda_max(Theta(X, X)) of all N eigenvalues: above it gradient descent on the mean-squared loss diverges.

    Raises:
        InputError: for what is not a list of numbers (n,), the largest of them positive.
    """
    values = as_array(eigenvalues, "eigenvalues", "n", dtype=float)
    if not values.max() > 0:
        raise InputError(f"eigenvalues: the largest is {values.max():.4g}; it must be positive")
    return 2 * len(values) / float(values.max())


def mean_prediction(
    train: Spectrum,
    ntk_test_train: ArrayLike,
    targets: ArrayLike,
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time test output"]:
    """mu_k(x) = Theta(x, X) Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k) y at every k in `steps`.

    Args:
        train: `spectrum` of the NTK of the N training inputs.
        ntk_test_train: Theta(x, X), (test, n).
        targets: y, (n, outputs).
        steps: one number of steps or several, infinity included.
        learning_rate: per step, or a `Dynamics` (gradient flow, sum loss, ridge).

    Raises:
        InputError: for arrays of other shapes, not real or not finite, and for negative steps.
    """
    samples = _samples(train)
    ntk_test_train = as_array(ntk_test_train, "ntk_test_train", ("test", samples), dtype=float)
    targets = as_array(targets, "targets", (samples, "outputs"), dtype=float)
    dynamics = _dynamics(learning_rate)
    left, right = ntk_test_train @ train.eigenvectors, train.eigenvectors.T @ targets
    fractions = [dynamics.learned_fraction(train.eigenvalues, k, samples) for k in as_times(steps, "steps")]
    return np.stack([left @ (fraction[:, None] * right) for fraction in fractions])


def orbit_covariance(
    train: Spectrum,
    ntk_test_train: ArrayLike,
    nngp_train: ArrayLike,
    nngp_test_train: ArrayLike,
    nngp_orbit: ArrayLike,
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time input element element"]:
    """Covariance of one infinitely wide member between the elements of each input's orbit, at every k in `steps`.

    Args:
        train, steps, learning_rate: as for `mean_prediction`.
        ntk_test_train: Theta(x, X), (input, element, n).
        nngp_train: K(X, X), (n, n).
        nngp_test_train: K(x, X), (input, element, n).
        nngp_orbit: K(x, x') between the elements of each orbit, (input, element, element).

    With A_k = Theta(x, X) Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k), the trained output is
    f_0(x) - A_k (f_0(X) - y), and f_0 is a Gaussian process with covariance K, the NNGP kernel:

        cov_k = K(x, x') - A_k K(X, x') - K(x, X) A_k^T + A_k K(X, X) A_k^T.

    All in the basis of eigenvectors; what is subtracted is A_k C_k^T and its transpose, C_k = K(x, X) - A_k K(X, X) / 2.

    Raises:
        InputError: for arrays of other shapes, not real or not finite, and for negative steps.
    """
    samples = _samples(train)
    nngp_train = as_array(nngp_train, "nngp_train", (samples, samples), dtype=float)
    ntk_test_train = as_array(ntk_test_train, "ntk_test_train", ("input", "element", samples), dtype=float)
    inputs, elements, _ = ntk_test_train.shape
    nngp_test_train = as_array(nngp_test_train, "nngp_test_train", (inputs, elements, samples), dtype=float)
    nngp_orbit = as_array(nngp_orbit, "nngp_orbit", (inputs, elements, elements), dtype=float)
    dynamics = _dynamics(learning_rate)
    left, right = ntk_test_train @ train.eigenvectors, nngp_test_train @ train.eigenvectors
    half = train.eigenvectors.T @ nngp_train @ train.eigenvectors / 2
    covariances = []
    for k in as_times(steps, "steps"):
        weights = left * dynamics.learned_fraction(train.eigenvalues, k, samples)
        lost = weights @ (right - weights @ half).swapaxes(1, 2)
        covariances.append(nngp_orbit - lost - lost.swapaxes(1, 2))
    return np.stack(covariances)


def prediction_covariance(
    train: Spectrum,
    ntk_test_train: ArrayLike,
    nngp_train: ArrayLike,
    nngp_test_train: ArrayLike,
    nngp_test: ArrayLike,
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time test test"]:
    """Covariance of one infinitely wide member between all test inputs; formula and errors of `orbit_covariance`.

    Arguments without the axis of inputs: (test, n), (n, n), (test, n) and (test, test).
    """
    samples = _samples(train)
    ntk_test_train = as_array(ntk_test_train, "ntk_test_train", ("test", samples), dtype=float)
    tests = len(ntk_test_train)
    nngp_test_train = as_array(nngp_test_train, "nngp_test_train", (tests, samples), dtype=float)
    nngp_test = as_array(nngp_test, "nngp_test", (tests, tests), dtype=float)
    arrays = ntk_test_train[None], nngp_train, nngp_test_train[None], nngp_test[None]
    return orbit_covariance(train, *arrays, steps, learning_rate)[:, 0]


def _samples(train: Spectrum) -> int:
    """Number of training inputs."""
    if not isinstance(train, Spectrum):
        raise InputError(f"train: a {type(train).__name__}; expected the `spectrum` of the training Gram matrix")
    return len(train.eigenvalues)


def _dynamics(learning_rate: float | Dynamics) -> Dynamics:
    return learning_rate if isinstance(learning_rate, Dynamics) else Dynamics(learning_rate)
