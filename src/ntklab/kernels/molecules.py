"""Kernels of networks on molecules: every atom slot has a network of its own, whose outputs are summed and read out.

A molecule is an array (slot, ...), one signal an atom, zero where there is none. The networks of different slots have
weights of their own, so that their kernels add (E2, QM9 experiment). Without biases an empty slot has kernel zero.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.result import Kernels
from ntklab.network import Network

Molecules = Float[np.ndarray, "_molecule slot ..."]

RESIDUAL_BLOCKS = 2


def mlp_molecule_kernel(network: Network, x: ArrayLike, y: ArrayLike | None = None) -> Kernels:
    """Kernels (n, m) of [flatten, [dense, nonlinearity] x dense, dense] in every slot, sum over slots, dense.

    Molecules (n, slot, ...), one axis of features or more. `InputError` for a network with filters, for arrays of other or
    different shapes, complex or not finite.
    """
    x, y = _molecules(x, y)
    k, theta = _summed(lambda a, b: mlp_kernel(network, a, b), network, x, y)
    return dense_kernels(replace(network, dense=0), k, theta)


def residual_molecule_kernel(network: Network, x: ArrayLike, y: ArrayLike | None = None) -> Kernels:
    """Kernels (n, m) of the residual network of the public QM9 baselines of E2 (`neural_tangents_on_qm9`).

    In every slot flatten, dense, two blocks [h + dense(nonlinearity(dense(h)))], dense, nonlinearity, dense; then sum over
    slots, dense, nonlinearity, dense. `network` says the nonlinearity and the variances of weights and biases.
    Arrays and errors as for `mlp_molecule_kernel`.
    """
    x, y = _molecules(x, y)
    k, theta = _summed(lambda a, b: _residual(network, a, b), network, x, y)
    v, w = (_own(network, z) for z in (x, y))
    return dense_kernels(replace(network, filters=(), dense=1), k, theta, v[:, None], w[None, :])


def _molecules(x: ArrayLike, y: ArrayLike | None) -> tuple[Molecules, Molecules]:
    x = as_array(x, "x", "n slot feature ...")
    return x, x if y is None else as_array(y, "y", ("m", *x.shape[1:]))


def _own(network: Network, x: Molecules) -> Float[np.ndarray, " molecule"]:
    """NNGP kernel, after the sum over slots, of every molecule with itself."""
    v = np.mean(np.square(x.reshape(*x.shape[:2], -1), dtype=np.float64), axis=2)
    own = _residual_of(network, v, np.zeros_like(v), v, v).nngp
    return np.where(_present(network, x), own, 0).sum(axis=1)


def _residual(network: Network, x: np.ndarray, y: np.ndarray) -> Kernels:
    left, right = (z.reshape(len(z), -1).astype(np.float64) for z in (x, y))
    k = left @ right.T / left.shape[1]
    v, w = (np.mean(z * z, axis=1) for z in (left, right))
    return _residual_of(network, k, np.zeros_like(k), v[:, None], w[None, :])


def _residual_of(network: Network, k: np.ndarray, theta: np.ndarray, v: np.ndarray, w: np.ndarray) -> Kernels:
    """The kernels of one slot from those of its input; the variances follow the same layers."""
    linear, hidden = (replace(network, filters=(), dense=dense) for dense in (0, 1))

    def variance(of: Network, v: np.ndarray) -> np.ndarray:
        return dense_kernels(of, v, np.zeros_like(v), v, v).nngp

    k, theta = dense_kernels(linear, k, theta)
    v, w = variance(linear, v), variance(linear, w)
    for _ in range(RESIDUAL_BLOCKS):
        branch = dense_kernels(hidden, k, theta, v, w)
        k, theta = k + branch.nngp, theta + branch.ntk
        v, w = v + variance(hidden, v), w + variance(hidden, w)
    return dense_kernels(hidden, k, theta, v, w)


def _summed(
    kernel: Callable[[np.ndarray, np.ndarray], Kernels], network: Network, x: Molecules, y: Molecules
) -> Kernels:
    """Sum over slots of the kernels between the molecules that have an atom there; with biases, between all."""
    total = Kernels(*(np.zeros((len(x), len(y))) for _ in range(2)))
    present_x, present_y = _present(network, x), _present(network, y)
    for slot in np.flatnonzero(present_x.any(axis=0) & present_y.any(axis=0)):
        # All molecules, with an atom there or not: arrays of one shape are compiled for once.
        there = present_x[:, slot, None] & present_y[None, :, slot]
        for sums, part in zip(total, kernel(x[:, slot], y[:, slot]), strict=True):
            sums += np.where(there, part, 0)
    return total


def _present(network: Network, x: Molecules) -> Bool[np.ndarray, "molecule slot"]:
    """Which slots of which molecules have a signal; with biases all of them count."""
    there = x.reshape(*x.shape[:2], -1).any(axis=2)
    return there if network.bias_variance == 0 else np.ones_like(there)
