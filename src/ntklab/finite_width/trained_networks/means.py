"""The mean of finite networks trained by full-batch gradient descent, and of their NTK, times width, less infinite width's.

Networks are drawn in batches; batch k depends on the seed and on k only. What varies by more than 1/n from network to
network is taken out exactly, so that the error of n x (mean - infinite width) does not grow with the width:

    E[z - z_lin]            z_lin the network linearised at the start; over four networks of opposite signs (`reflected`)
    E[z_lin] - m0           over initial NTKs alone, many more: given its NTK a network's initial output has mean zero
      = E[f(Thhat) - f(Theta) - f'(Theta)(Thhat - Theta)] + f'(Theta) E[Thhat - Theta]

with the last expectation from `collapsed`. Notation of Guillen, Misof & Gerken, arXiv 2508.11522v4.
"""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.activations import Activation
from ntklab.errors import InputError
from ntklab.finite_width.architecture import PerLayer, WholeNumber
from ntklab.finite_width.trained_networks.groups import FOUR, trained
from ntklab.finite_width.trained_networks.linear import linear_mean
from ntklab.finite_width.trained_networks.problem import Problem, prepared
from ntklab.finite_width.trained_networks.schedules import STEP, responses
from ntklab.network import Network
from ntklab.seeds import generator

BODIES = 8
"""Groups of four for each control that is regressed on."""


@dataclass(frozen=True)
class TrainedMeans:
    """Estimates of each batch, inputs in the order training, test; n is the width.

    Attributes:
        infinite: mean of infinitely wide networks m0, (time, input).
        nonlinear: n E[z - z_lin], (batch, time, input).
        linear: n (E[z_lin] - m0), (batch, time, input).
        drift: n E[Thhat(t) - Thhat(0)], (batch, time, input, input).
        variances: name -> n^2 x variance of the mean of one network, (batch, time, input), that is of a group's mean times
            the networks in it: of "outputs" z as they are, of "pairs" of opposite sign, of what is "linearised" (z - z_lin),
            of "linearised pairs", of "reflected", four that share hidden layers, and of these less "controls", as used.
    """

    infinite: Float[np.ndarray, "time input"]
    nonlinear: Float[np.ndarray, "batch time input"]
    linear: Float[np.ndarray, "batch time input"]
    drift: Float[np.ndarray, "batch time input input"]
    variances: dict[str, Float[np.ndarray, "batch time input"]]

    @property
    def correction(self) -> Float[np.ndarray, "batch time input"]:
        """n (E[z] - m0)."""
        return self.nonlinear + self.linear


def trained_means(
    x_train: ArrayLike,
    y: ArrayLike,
    x_test: ArrayLike,
    times: ArrayLike,
    activation: Activation | str | None = None,
    width: WholeNumber | None = None,
    depth: WholeNumber | None = None,
    c_w: PerLayer | None = None,
    c_b: PerLayer | None = None,
    lambda_w: PerLayer | None = None,
    lambda_b: PerLayer | None = None,
    networks: int = 400,
    kernels: int = 1600,
    batches: int = 10,
    first_batch: int = 0,
    seed: int = 0,
    learning_rate: float | int | None = None,
    step: float | int = STEP,
    dtype: str = "float32",
    *,
    network: Network | None = None,
) -> TrainedMeans:
    """Train random networks of equal hidden widths and one output on 1/2 sum_a (z_a - y_a)^2, d theta/dt = -lambda dL/dtheta.

    Args:
        x_train, y, x_test: inputs and targets.
        times: at which means are wanted, increasing, from 0; finite.
        activation, depth, c_w, c_b, lambda_w, lambda_b: as for `ntklab.finite_width.solve`; depth at least 2, 3 by default.
        width: of the hidden layers.
        networks: trained in each batch, in fours: rounded up.
        kernels: initial NTKs drawn in each batch, for the mean of linearised networks; four times as many as
            networks make its error the smaller one.
        batches, first_batch: how many independent batches, and the number of the first: they can be shared out over jobs.
        seed: root seed.
        learning_rate: of actual gradient descent, theta -> theta - learning_rate lambda dL/dtheta at each multiple of it up
            to `times`; None for gradient flow.
        step: of the fourth-order Runge-Kutta method that integrates the flow, in units of one over the largest eigenvalue
            of the infinite-width NTK. The linearised network is taken by the same steps, so that only what the network
            is beyond it is subject to their error: a few per mille of `nonlinear` at 0.75.
        dtype: of the networks; roundings of float32 are some 1e-6 of z.
        network: as for `solve`, in the place of activation, depth, c_w, c_b, lambda_w and lambda_b.

    Raises:
        InputError: for bad input.
    """
    if min(networks, kernels) < 2 * FOUR or batches < 1 or first_batch < 0:
        raise InputError(
            f"networks={networks}, kernels={kernels}, batches={batches}, first_batch={first_batch}: at least {2 * FOUR} networks "
            "and kernels in a batch, at least one batch, numbered from 0"
        )
    problem = prepared(
        x_train, y, x_test, np.asarray(times, float), activation, width, depth, c_w, c_b, lambda_w, lambda_b,
        learning_rate, step, dtype, network,
    )  # fmt: skip
    found = [_batch(problem, seed, first_batch + k, networks, kernels) for k in range(batches)]
    infinite = responses(problem.schedule.exact_gains, problem.theta, -problem.y)
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *found)
    return TrainedMeans(infinite, **stacked)


def _batch(problem: Problem, seed: int, number: int, networks: int, kernels: int) -> dict:
    """All estimates from one batch."""
    names = ("trained_networks", problem.width, problem.ensemble.architecture.depth, number)
    found = _nonlinear(problem, generator(seed, *names, "networks"), -(-networks // FOUR))
    return {**found, "linear": linear_mean(problem, seed, names, kernels)}


# ---- trained networks ----


def _nonlinear(problem: Problem, rng: np.random.Generator, bodies: int) -> dict:
    z, z_lin, drift, controls = trained(problem, rng, bodies)
    n, beyond = problem.width, z - z_lin
    used, used_drift = (_controlled(values.mean(axis=1), controls) for values in (beyond, drift))

    def variance(values: np.ndarray, group: int) -> np.ndarray:
        means = values.reshape(-1, group, *values.shape[2:]).mean(axis=1)
        return n**2 * group * means.var(axis=0, ddof=1)

    groups = {"outputs": (z, 1), "pairs": (z, 2), "linearised": (beyond, 1), "linearised pairs": (beyond, 2)}
    return {
        "nonlinear": n * used.mean(axis=0),
        "drift": n * used_drift.mean(axis=0),
        "variances": {
            **{name: variance(*group) for name, group in {**groups, "reflected": (beyond, FOUR)}.items()},
            "controls": FOUR * variance(used[:, None], 1),
        },
    }


def _controlled(values: Float[np.ndarray, "body *value"], controls: Float[np.ndarray, "body control"]) -> np.ndarray:
    """Values less what they follow of controls of mean zero; the coefficients for even bodies come from odd ones and the other
    way round, so that nothing is biased. As they are with too few bodies to tell the coefficients from."""
    if len(values) < BODIES * controls.shape[1]:
        return values
    found = values.copy()
    for half in (0, 1):
        x, y = controls[1 - half :: 2], values[1 - half :: 2].reshape(len(values[1 - half :: 2]), -1)
        slope = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(axis=0), rcond=None)[0]
        found[half::2] -= (controls[half::2] @ slope).reshape(-1, *values.shape[1:])
    return found
