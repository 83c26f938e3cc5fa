"""Bounds on how far an ensemble trained on a finite group's orbits is from equivariance (E1, bounds for finite ensembles and
for finite subgroups of continuous groups).

The paper states bounds of these two kinds: a number of members gives a probability, and a distance epsilon from the group
gives epsilon times a constant of the input. Its constants could not be consulted; those here are derived below.

Notation: H is the group trained with, X all H-rotated training inputs, Theta the NTK of the infinitely wide network, with
Theta(g x, g y) = Theta(x, y), and w the weights of the training inputs in the mean prediction,

    mu(x) = sum_n Theta(x, X_n) w_n,    w = Theta(X, X)^-1 (1 - (1 - learning_rate Theta(X, X) / N)^k) y   at step k.

F(g, x) = g^T mu(g x) is the output turned back. The theorem says F(h, x) = mu(x) for h in H; the bounds are on
|F(g, x) - mu(x)| for other g.

With h the element of H nearest to g and r = h g^T, which has the angle epsilon between them,

    F(g, x) - mu(x) = h^T D(h x),    D(z) = sum_n (Theta(z, r X_n) r w_n - Theta(z, X_n) w_n).

D belongs to the reproducing-kernel Hilbert space of Theta, and |D(z)|^2 <= Theta(z, z) |D|^2 there (kernel bound). Its norm,
|D|^2 = 2 sum_nm (Theta(X_n, X_m) w_n . w_m - Theta(r X_n, X_m) (r w_n) . w_m), vanishes with epsilon. The other bound needs no
kernel of rotated inputs: |g^T mu(g x) - h^T mu(h x)| <= |mu(g x) - mu(h x)| + |(1 - r) mu(h x)|, and Theta(., X_n) is
Lipschitz in the angle (Lipschitz bound).
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

PROBABILITY = 0.05
"""Of an ensemble of infinitely wide networks beyond `finite_ensemble_bound`: at most this, at each time."""


def squared_mismatch(
    weights: Float[np.ndarray, "time n output"],
    rotations: Float[np.ndarray, "element output output"],
    ntk: Float[np.ndarray, "n n"],
    rotated_ntk: Iterable[Float[np.ndarray, "n n"]],
) -> Float[np.ndarray, "time element"]:
    """|D|^2 for every rotation r: how much the mean prediction changes when r rotates it, in the kernel's Hilbert space.

    `rotated_ntk` yields Theta(r X, X) for each of them.
    """
    flat = weights.transpose(1, 0, 2).reshape(len(ntk), -1)
    square = (flat * (ntk @ flat)).reshape(weights.transpose(1, 0, 2).shape).sum(axis=(0, 2))
    found = []
    for rotation, kernel in zip(rotations, rotated_ntk, strict=True):
        image = (kernel @ flat).reshape(len(ntk), *weights[:, 0].shape)
        overlap = np.einsum("ba,tna,ntb->t", rotation, weights, image, optimize=True)
        found.append(np.maximum(2 * (square - overlap), 0))
    return np.stack(found, axis=1)


def kernel_bound(
    mismatch: Float[np.ndarray, "time element"], variance: Float[np.ndarray, " input"]
) -> Float[np.ndarray, "time input element"]:
    """sqrt(Theta(x, x)) |D|, above |F(g, x) - mu(x)|; `variance` is Theta(x, x). Unit of the targets."""
    return np.sqrt(variance[None, :, None] * mismatch[:, None, :])


def ntk_lipschitz(depth: int) -> float:
    """A Lipschitz constant, in the angle, of the NTK of `depth` hidden ReLU layers between inputs of mean square 1.

    For weight variance 2 and no biases the kernel is 2 t_(depth+1), with c_0 the cosine of the angle, c_(l+1) = kappa_1(c_l),
    t_1 = c_0 and t_(l+1) = c_l + t_l kappa_0(c_(l-1)). Angles between features contract, so that |d c_l| <= 1 and
    |d kappa_0(c_l)| <= 1 / pi; with |t_l| <= l that gives |d t_(l+1)| <= 1 + |d t_l| + l / pi, and |d t_1| <= 1.
    """
    return 2 * (depth + 1 + depth * (depth + 1) / (2 * np.pi))


def lipschitz_bound(
    weights: Float[np.ndarray, "time n output"],
    mean: Float[np.ndarray, "time input output"],
    training_scale: Float[np.ndarray, " n"],
    scale: Float[np.ndarray, " input"],
    angles: Float[np.ndarray, " element"],
    depth: int,
) -> Float[np.ndarray, "time input element"]:
    """epsilon (L s(x) sum_n s(X_n) |w_n| + |mu(x)|), above |F(g, x) - mu(x)|; L is `ntk_lipschitz`.

    Scales s are root mean squares of the inputs' entries, `mean` is mu(x), `angles` are epsilon in radians. A rotation by
    epsilon turns several vectors together by an angle of at most epsilon, and moves mu by at most epsilon |mu|.
    """
    total = np.linalg.norm(weights, axis=-1) @ training_scale
    constant = ntk_lipschitz(depth) * scale * total[:, None] + np.linalg.norm(mean, axis=-1)
    return constant[:, :, None] * angles


def squared_spread_bound(bound: Float[np.ndarray, "time input element"], outputs: int) -> Float[np.ndarray, " time"]:
    """Bound on the mean square deviation of F from its mean over the elements, per component of the output.

    No constant is nearer to F(., x) in mean square than its mean over the elements, mu(x) included.
    """
    return np.square(bound).mean(axis=(1, 2)) / outputs


def largest_direction(covariance: Float[np.ndarray, "time entry element element"]) -> Float[np.ndarray, " time"]:
    """Mean over entries of the largest eigenvalue of the covariance of deviations from the orbit mean, over the elements.

    Whatever the covariance between entries, no direction of the vector of all deviations, whose mean square is the squared
    spread, has a larger variance: a positive matrix is at most the sum of its diagonal blocks' largest eigenvalues.
    """
    of_rows = covariance - covariance.mean(axis=-2, keepdims=True)
    deviation = of_rows - of_rows.mean(axis=-1, keepdims=True)
    return np.linalg.eigvalsh(deviation)[..., -1].mean(axis=-1) / covariance.shape[-1]


def finite_ensemble_bound(variance, largest, members: float | int, probability: float = PROBABILITY):
    """Spread that the mean of `members` infinitely wide networks with an equivariant mean exceeds with less than `probability`.

        (sqrt(v) + sqrt(2 l ln(1 / probability))) / sqrt(members)

    v: a member's squared spread, l: its variance in the direction where that is largest (`largest_direction`). The spread is
    the norm of a Gaussian vector: its mean is at most sqrt(v / members), and it exceeds that by s with probability at most
    exp(-s^2 members / (2 l)) (Gaussian concentration). v and l may be arrays or columns of a table.
    """
    return (np.sqrt(variance) + np.sqrt(2 * np.log(1 / probability) * largest)) / np.sqrt(members)
