"""Mean and covariance of infinitely wide ensembles during training, in closed form.

Training by full-batch gradient descent on L = 1/(2N) sum_i |f(x_i) - y_i|^2, N the number of (augmented) training
samples, moves the outputs of infinitely wide networks linearly (E1, eq. for mu_t; here at discrete times):

    f_{k+1} = f_k - (learning_rate / N) Theta (f_k - y).

Time normalisation: k counts steps, and the residual along an eigenvector of Theta(X, X) with eigenvalue lambda has
decayed by (1 - learning_rate lambda / N)^k. Gradient flow replaces this by exp(-learning_rate lambda k / N); the two
differ by 0.05 to 0.7 % for the step sizes in use, which is why the discrete form is the one to compare with.
neural-tangents' `gradient_descent_mse_ensemble` is the flow, its time t being learning_rate * k.
All of it in float64.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh


class Spectrum(NamedTuple):
    """Eigendecomposition of the training Gram matrix Theta(X, X) = V diag(lambda) V^T."""

    eigenvalues: Float[np.ndarray, " n"]
    eigenvectors: Float[np.ndarray, "n n"]


def spectrum(ntk_train: Float[np.ndarray, "n n"]) -> Spectrum:
    """Eigendecomposition of the (symmetrised) NTK Gram matrix of the training set."""
    return Spectrum(*eigh((ntk_train + ntk_train.T) / 2))


def critical_learning_rate(eigenvalues: Float[np.ndarray, " n"]) -> float:
    """2 N / lambda_max(Theta(X, X)): above it gradient descent on the mean-squared loss diverges."""
    return 2 * len(eigenvalues) / float(eigenvalues[-1])


def learned_fraction(eigenvalues: Float[np.ndarray, " n"], steps: int, learning_rate: float) -> Float[np.ndarray, " n"]:
    """(1 - (1 - learning_rate lambda / N)^steps) / lambda, finite also where lambda is zero or rounds below it.

    It is bounded by learning_rate * steps / N, so Theta(X, X) is never inverted and a singular one does no harm.
    """
    decay = learning_rate * eigenvalues / len(eigenvalues)
    small = np.minimum(decay, 0.5)
    fraction = np.where(decay < 0.5, -np.expm1(steps * np.log1p(-small)), 1 - (1 - decay) ** steps)
    negligible = np.abs(eigenvalues) < 1e-14 * np.abs(eigenvalues).max()
    limit = learning_rate * steps / len(eigenvalues)
    return np.where(negligible, limit, fraction / np.where(negligible, 1, eigenvalues))


def mean_prediction(
    train: Spectrum,
    ntk_test_train: Float[np.ndarray, "test n"],
    targets: Float[np.ndarray, "n output"],
    steps: Sequence[int],
    learning_rate: float,
) -> Float[np.ndarray, "time test output"]:
    """mu_k(x) = Theta(x, X) Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k) y at every k in `steps`."""
    left, right = ntk_test_train @ train.eigenvectors, train.eigenvectors.T @ targets
    return np.stack([left @ (learned_fraction(train.eigenvalues, k, learning_rate)[:, None] * right) for k in steps])


def orbit_covariance(
    train: Spectrum,
    ntk_test_train: Float[np.ndarray, "input element n"],
    nngp_train: Float[np.ndarray, "n n"],
    nngp_test_train: Float[np.ndarray, "input element n"],
    nngp_orbit: Float[np.ndarray, "input element element"],
    steps: Sequence[int],
    learning_rate: float,
) -> Float[np.ndarray, "time input element element"]:
    """Covariance of one infinitely wide member between the elements of each input's orbit, at every k in `steps`.

    With A_k = Theta(x, X) Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k), the trained output is
    f_0(x) - A_k (f_0(X) - y), and f_0 is a Gaussian process with covariance K, the NNGP kernel:

        cov_k = K(x, x') - A_k K(X, x') - K(x, X) A_k^T + A_k K(X, X) A_k^T.
    """
    left = ntk_test_train @ train.eigenvectors
    covariances = []
    for k in steps:
        fraction = learned_fraction(train.eigenvalues, k, learning_rate)
        weights = (left * fraction) @ train.eigenvectors.T
        cross = np.einsum("xgn,xhn->xgh", weights, nngp_test_train, optimize=True)
        trained = np.einsum("xgn,xhn->xgh", weights @ nngp_train, weights, optimize=True)
        covariances.append(nngp_orbit - cross - cross.transpose(0, 2, 1) + trained)
    return np.stack(covariances)
