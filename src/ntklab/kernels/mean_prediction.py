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
from scipy.linalg import eigh

from ntklab.kernels import checks
from ntklab.kernels.dynamics import Dynamics, Times


class Spectrum(NamedTuple):
    """Eigendecomposition of the training Gram matrix Theta(X, X) = V diag(lambda) V^T."""

    eigenvalues: Float[np.ndarray, " n"]
    eigenvectors: Float[np.ndarray, "n n"]


def spectrum(ntk_train: Float[np.ndarray, "n n"]) -> Spectrum:
    """Eigendecomposition of the (symmetrised) NTK Gram matrix of the training set; `ValueError` if it is empty."""
    checks.samples(ntk_train, "training Gram matrix")
    return Spectrum(*eigh((ntk_train + ntk_train.T) / 2))


def critical_learning_rate(eigenvalues: Float[np.ndarray, " n"]) -> float:
    """2 N / lambda_max(Theta(X, X)): above it gradient descent on the mean-squared loss diverges."""
    return 2 * len(eigenvalues) / float(eigenvalues[-1])


def mean_prediction(
    train: Spectrum,
    ntk_test_train: Float[np.ndarray, "test n"],
    targets: Float[np.ndarray, "label output"],
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time test output"]:
    """mu_k(x) = Theta(x, X) Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k) y at every k in `steps`.

    `learning_rate` may be a `Dynamics` (gradient flow, sum loss, ridge). `ValueError` for targets that do not match.
    """
    checks.targets(targets, len(train.eigenvalues))
    dynamics = _dynamics(learning_rate)
    left, right = ntk_test_train @ train.eigenvectors, train.eigenvectors.T @ targets
    fractions = [dynamics.learned_fraction(train.eigenvalues, k, len(targets)) for k in steps]
    return np.stack([left @ (fraction[:, None] * right) for fraction in fractions])


def orbit_covariance(
    train: Spectrum,
    ntk_test_train: Float[np.ndarray, "input element n"],
    nngp_train: Float[np.ndarray, "n n"],
    nngp_test_train: Float[np.ndarray, "input element n"],
    nngp_orbit: Float[np.ndarray, "input element element"],
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time input element element"]:
    """Covariance of one infinitely wide member between the elements of each input's orbit, at every k in `steps`.

    With A_k = Theta(x, X) Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k), the trained output is
    f_0(x) - A_k (f_0(X) - y), and f_0 is a Gaussian process with covariance K, the NNGP kernel:

        cov_k = K(x, x') - A_k K(X, x') - K(x, X) A_k^T + A_k K(X, X) A_k^T.

    All in the basis of eigenvectors; what is subtracted is A_k C_k^T and its transpose, C_k = K(x, X) - A_k K(X, X) / 2.
    """
    dynamics = _dynamics(learning_rate)
    left, right = ntk_test_train @ train.eigenvectors, nngp_test_train @ train.eigenvectors
    half = train.eigenvectors.T @ nngp_train @ train.eigenvectors / 2
    covariances = []
    for k in steps:
        weights = left * dynamics.learned_fraction(train.eigenvalues, k, len(train.eigenvalues))
        lost = weights @ (right - weights @ half).swapaxes(1, 2)
        covariances.append(nngp_orbit - lost - lost.swapaxes(1, 2))
    return np.stack(covariances)


def prediction_covariance(
    train: Spectrum,
    ntk_test_train: Float[np.ndarray, "test n"],
    nngp_train: Float[np.ndarray, "n n"],
    nngp_test_train: Float[np.ndarray, "test n"],
    nngp_test: Float[np.ndarray, "test test"],
    steps: Times,
    learning_rate: float | Dynamics,
) -> Float[np.ndarray, "time test test"]:
    """Covariance of one infinitely wide member between all test inputs; formula and arguments of `orbit_covariance`."""
    arrays = ntk_test_train[None], nngp_train, nngp_test_train[None], nngp_test[None]
    return orbit_covariance(train, *arrays, steps, learning_rate)[:, 0]


def _dynamics(learning_rate: float | Dynamics) -> Dynamics:
    return learning_rate if isinstance(learning_rate, Dynamics) else Dynamics(learning_rate)
