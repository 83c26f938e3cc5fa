"""How far empirical kernels of finite networks are from the analytic ones (spec of E2-kernel-convergence).

Statistic A is the deviation of one network's kernel, which falls like width^(-1/2). Statistic B is the deviation of the
mean over N networks: a bias of order 1/width plus noise A / sqrt(N).
"""

import numpy as np
from jaxtyping import Float

from ntklab.metrics.resampling import leave_groups_out
from ntklab.metrics.statistics import Estimate
from ntklab.types import Numbers

Kernel = Float[np.ndarray, "image image2"]
Draws = Float[np.ndarray, "draw image image2"]


def relative_deviation(
    kernels: Float[np.ndarray, "*leading image image2"], exact: Kernel
) -> Float[Numbers, "*leading"]:
    """|T - exact| / |exact| in the Frobenius norm."""
    return np.linalg.norm(kernels - exact, axis=(-2, -1)) / np.linalg.norm(exact)


def draw_deviation(draws: Draws, exact: Kernel) -> Estimate:
    """Statistic A: root mean square over draws of the relative deviation, with its standard error."""
    squared = relative_deviation(draws, exact) ** 2
    value = np.sqrt(squared.mean())
    return Estimate(value, squared.std(ddof=1) / np.sqrt(len(draws)) / (2 * value), len(draws))


def mean_deviation(draws: Draws, exact: Kernel, bootstrap: int, rng: np.random.Generator) -> Estimate:
    """Statistic B: relative deviation of the mean over draws; error: standard deviation over bootstrap samples."""
    weights = rng.multinomial(len(draws), np.full(len(draws), 1 / len(draws)), size=bootstrap) / len(draws)
    means = np.tensordot(weights, draws, axes=1)
    return Estimate(
        relative_deviation(draws.mean(axis=0), exact), relative_deviation(means, exact).std(ddof=1), len(draws)
    )


def mean_kernel(draws: Draws) -> Estimate:
    """Every entry's mean over draws, with its standard error."""
    return Estimate(draws.mean(axis=0), draws.std(axis=0, ddof=1) / np.sqrt(len(draws)), len(draws))


def replicated_deviation(draws: Draws, exact: Kernel) -> Float[np.ndarray, " replicate"]:
    """Statistic A of all draws, then with one group of draws left out at a time."""
    return _replicated(lambda some: draw_deviation(some, exact).value, draws)


def replicated_ratios(draws: Draws, exact: Kernel) -> Float[np.ndarray, "replicate image image2"]:
    """Mean over draws / analytic, entry by entry, of all draws, then with one group of draws left out at a time."""
    return _replicated(lambda some: some.mean(axis=0) / exact, draws)


def _replicated(statistic, draws: Draws) -> Float[np.ndarray, "replicate *shape"]:
    return np.concatenate([[statistic(draws)], leave_groups_out(statistic, draws)])
