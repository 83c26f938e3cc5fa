"""The infinitely wide networks that predict energies: their kernels between molecules, and their mean predictions.

Fully connected ones flatten what an atom sees, as the public QM9 experiments of E2 do: a hidden layer of ReLU in every atom
slot, sum over slots, a linear layer; or the residual network of those. The MLP is also trained on randomly turned copies.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float

from ntklab.data.molecules import MEV_PER_HARTREE, Molecules, spherical_signals, turn_randomly
from ntklab.kernels.dynamics import Dynamics
from ntklab.kernels.molecules import mlp_molecule_kernel, residual_molecule_kernel
from ntklab.kernels.result import Kernels
from ntklab.kernels.spherical import haar_kernel, so3_from_haar
from ntklab.kernels.spherical_harmonics import sphere_grid
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.kernels.wide_ensemble import mean_prediction, spectrum
from ntklab.network import Network

DENSE = Network(dense=1)
ROTATED, SO3 = "rotated", "so3"
MODELS = ("mlp", "residual", ROTATED, SO3)

Signals = Float[np.ndarray, "_molecule slot row column channel"]
Between = Callable[[Signals, Signals | None], Kernels]


def kernel_of(model: str, network: SphericalNetwork, tolerance: float, log: Callable[[str], None]) -> Between:
    """The kernels of a model between signals of molecules; the second None for those of one set."""
    if model != SO3:
        return partial(residual_molecule_kernel if model == "residual" else mlp_molecule_kernel, DENSE)

    def so3(x: Signals, y: Signals | None) -> Kernels:
        found = haar_kernel(network, x, y, tolerance=tolerance, log=log)
        log(
            f"{found.pairs:,} pairs of atoms, each at {found.rotations:,.0f} rotations on average; estimated relative error "
            f"of the integral over rotations {found.error:.1g}"
        )
        return so3_from_haar(network, found)

    return so3


def signals_of(molecules: Molecules, bandlimit: int) -> Signals:
    """What the atoms of the molecules see, on the grid of a bandlimit."""
    return spherical_signals(molecules.charges, molecules.positions, sphere_grid(bandlimit).directions())


def turned_copies(molecules: Molecules, copies: int, rng: np.random.Generator) -> Molecules:
    """So many copies of each molecule, next to each other, every one turned at random."""
    found = molecules.take(np.repeat(np.arange(len(molecules.index)), copies))
    return found._replace(positions=turn_randomly(found.positions, rng))


def predicted(
    gram: Float[np.ndarray, "n n"],
    cross: Float[np.ndarray, "test n"],
    energies: Float[np.ndarray, " molecule"],
    ridge: float,
) -> Float[np.ndarray, " test"]:
    """Mean predictions after infinitely long training, of energies about their mean over the training molecules.

    Where molecules are there in n / molecule copies, next to each other, all of them have the energy of the molecule, and
    the ridge, relative to the mean diagonal, is as many times larger (E2, theorem on augmentation).
    """
    copies = len(gram) // len(energies)
    mean = energies.mean()
    targets = np.repeat(energies - mean, copies)[:, None]
    dynamics = Dynamics(ridge=copies * ridge * np.diagonal(gram).mean())
    return mean + mean_prediction(spectrum(gram), cross, targets, [np.inf], dynamics)[0, :, 0]


def in_mev(hartree: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Energies in meV."""
    return MEV_PER_HARTREE * hartree
