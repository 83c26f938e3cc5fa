"""The mean of networks that are linear in their parameters: that over initial NTKs."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import jax
import numpy as np
from jax import enable_x64
from jaxtyping import Float

from ntklab.finite_width import collapsed
from ntklab.finite_width.trained_networks import kernels
from ntklab.finite_width.trained_networks.duals import with_duals
from ntklab.finite_width.trained_networks.networks import Program
from ntklab.finite_width.trained_networks.problem import Problem, chunk_of, computed, normal_numbers
from ntklab.finite_width.trained_networks.schedules import derivative, responses
from ntklab.seeds import generator

TOGETHER = 4
"""Inputs of which the mean NTK is found together."""
MEANS = 4
"""Of as many NTKs of which second and higher orders are averaged, the mean is found from one: its controls leave less."""


def linear_mean(problem: Problem, seed: int, names: tuple, draws: int) -> np.ndarray:
    """n (E[z_lin] - m0): second and higher orders of what NTKs deviate by from networks' own, the first from their mean."""
    theta, y = problem.theta, problem.y
    slope = derivative(problem.schedule, theta, y)
    infinite = responses(problem.schedule.exact_gains, theta, -y)
    total = np.zeros_like(infinite)
    for kernel in _kernels(problem, generator(seed, *names, "kernels"), draws):
        values = responses(problem.schedule.exact_gains, kernel, -y).sum(axis=1) - len(kernel) * infinite
        total += values - np.einsum("tdba,ba->td", slope, (kernel - theta).sum(axis=0))
    mean = _mean_ntk(problem, seed, names, -(-draws // MEANS))
    return problem.width * total / draws + np.einsum("tdba,ba->td", slope, mean)


def _mean_ntk(problem: Problem, seed: int, names: tuple, draws: int) -> Float[np.ndarray, "input training"]:
    """n (E[Thhat] - Theta), of a few inputs at a time: a program for many takes minutes to compile."""
    inputs, training = problem.theta.shape
    found = np.zeros((inputs, inputs))
    for part in parts(inputs, training):
        chosen = replace(
            problem.ensemble, activation=with_duals(problem.ensemble.activation),
            inputs=problem.ensemble.x[part].tobytes(),
        )  # fmt: skip
        key = int(generator(seed, *names, "mean NTK", *part).integers(2**32, dtype=np.uint32))
        with enable_x64(True):
            found[np.ix_(part, part)] = collapsed.estimates(chosen, [key], draws)["Theta1"][0, -1]
    return found[:, :training]


def parts(inputs: int, training: int) -> list[list[int]]:
    """Sets of at most four inputs, in which every training input meets every input."""
    if inputs <= TOGETHER:
        return [list(range(inputs))]
    half = TOGETHER // 2
    blocks = [range(max(0, min(k, inputs - half)), min(k, inputs - half) + half) for k in range(0, inputs, half)]
    return [sorted({*a, *b}) for i, a in enumerate(blocks) if a[0] < training for b in blocks[i + 1 :]]


def _kernels(
    problem: Problem, rng: np.random.Generator, draws: int
) -> Iterator[Float[np.ndarray, "draw input training"]]:
    """NTKs of random networks."""
    numbers = sum(math.prod(shape) for shape in kernels.sizes(problem.program))
    chunk = chunk_of(draws, 8 * numbers)
    for rows in normal_numbers(rng, draws, numbers, chunk):
        yield computed(problem, partial(_ntks, problem.program), (), rows, chunk)[..., : len(problem.y)]


@partial(jax.jit, static_argnums=0)
def _ntks(program: Program, root, theta, drawn):
    return jax.vmap(partial(kernels.random_ntk, program, root, theta))(drawn)
