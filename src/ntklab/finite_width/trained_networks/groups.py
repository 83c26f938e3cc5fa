"""Networks that are trained, in groups of four that share their hidden layers."""

from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from ntklab.finite_width.trained_networks.networks import Program, Weights, gradients, move, network, ntk, reflected
from ntklab.finite_width.trained_networks.problem import Problem, chunk_of, computed, normal_numbers
from ntklab.finite_width.trained_networks.schedules import LONGEST, Schedule, responses

FOUR = 4
"""Networks of opposite signs with the same hidden layers."""
HALVINGS = 12
"""Of the steps, for networks with large NTKs: no more than a few are ever needed."""


class Trained(NamedTuple):
    """Networks in fours, see `reflected`.

    Attributes:
        z: their outputs; z_lin: those of the same networks linearised at the start.
        drift: change of the NTK.
        controls: products of two initial outputs less their expectation given the hidden layers, equal for all four.
    """

    z: Float[np.ndarray, "body 4 time input"]
    z_lin: Float[np.ndarray, "body 4 time input"]
    drift: Float[np.ndarray, "body 4 time input input"]
    controls: Float[np.ndarray, "body control"]


def trained(problem: Problem, rng: np.random.Generator, bodies: int) -> Trained:
    """Train `bodies` groups of four. Groups whose NTK is at any of the times too large for the steps of the flow are trained
    again, by shorter ones; `ArithmeticError` where no steps are short enough."""
    schedule, order, done = problem.schedule, np.arange(bodies), []
    chunk = chunk_of(bodies, 4 * FOUR * problem.program.numbers)
    todo = normal_numbers(rng, bodies, problem.program.numbers, chunk)
    for _ in range(HALVINGS):
        passes = [_trained(problem, schedule, rows, chunk) for rows in todo]
        found = Trained(*(np.concatenate(parts) for parts in zip(*(trained for trained, _, _ in passes), strict=True)))
        late = np.concatenate([late for _, late, _ in passes])
        done.append((order[~late], Trained(*(part[~late] for part in found))))
        order, left = order[late], np.concatenate([rows for _, _, rows in passes])
        schedule = schedule.finer(2)
        todo = [left[k : k + chunk] for k in range(0, len(left), chunk)]
        if not todo:
            break
    else:
        raise ArithmeticError(
            f"networks diverge with steps of {max(schedule.sizes):.1g}: inputs or targets are too large"
        )
    place = np.argsort(np.concatenate([order for order, _ in done]))
    return Trained(*(np.concatenate(parts)[place] for parts in zip(*(found for _, found in done), strict=True)))


def _trained(
    problem: Problem, schedule: Schedule, rows: np.ndarray, chunk: int
) -> tuple[Trained, np.ndarray, np.ndarray]:
    """One chunk; which of its bodies need shorter steps, and the numbers they are drawn from."""
    training = len(problem.y)
    run = partial(_train, problem.program, schedule.is_flow)
    steps = np.array(schedule.sizes), np.array(schedule.numbers)
    start, kernel, z, drift, controls = computed(problem, run, (*steps, problem.y), rows, chunk)
    moved = responses(schedule.gains, kernel[..., :training], start[..., :training] - problem.y)
    kernels = np.concatenate([kernel[:, :, None], kernel[:, :, None] + drift], axis=2)[..., :training, :training]
    bound = np.sqrt(np.square(kernels).sum(axis=(-2, -1)).max(axis=(1, 2)))  # of the largest eigenvalue, from above
    late = schedule.is_flow & ~(bound * max(schedule.sizes) <= LONGEST)
    a, b = np.triu_indices(training)
    found = Trained(z, start[:, :, None] + np.moveaxis(moved, 0, 2), drift, controls[:, a, b])
    return found, late, rows[late]


@partial(jax.jit, static_argnums=(0, 1))
def _train(program: Program, flow: bool, root, theta, sizes, numbers, y, drawn):
    """(output and NTK at the start, output and change of the NTK at each time), (draw, 4, ...), and controls."""

    def one(weights: Weights):
        start = gradients(program, weights, program.inputs)
        kernel = ntk(program, theta, start)

        def until(weights, interval):
            size, number = interval
            step = runge_kutta if flow else euler
            weights = jax.lax.fori_loop(0, number, lambda _, w: step(program, theta, y, w, size), weights)
            at = gradients(program, weights, program.inputs)
            return weights, (at.output, ntk(program, theta, at) - kernel)

        _, (outputs, drift) = jax.lax.scan(until, weights, (sizes, numbers))
        return start.output, kernel, outputs, drift

    def four(row):
        weights = network(program, root, row)
        return jax.vmap(one)(reflected(program, weights)), _excess(program, weights)

    (start, kernel, outputs, drift), controls = jax.vmap(four)(drawn)
    return start, kernel, outputs, drift, controls


def _excess(program: Program, weights: Weights) -> Float[Array, "training training"]:
    """z(a) z(b) less its expectation over the last weights and bias."""
    at, a = gradients(program, weights, program.training), program.architecture
    values = at.forward[-1]
    return at.output[:, None] * at.output - a.c_b[-1] - a.c_w[-1] * (values @ values.T) / a.widths[-1]


def euler(program: Program, theta: Array, y: Array, weights: Weights, size: Array) -> Weights:
    """One step of gradient descent."""
    at = gradients(program, weights, program.training)
    return move(program, theta, weights, [(at, size * (at.output - y))])


def runge_kutta(program: Program, theta: Array, y: Array, weights: Weights, size: Array) -> Weights:
    """One step of the classical Runge-Kutta method of fourth order."""
    stages, here = [], weights
    for ahead, weight in ((0.5, 1 / 6), (0.5, 1 / 3), (1.0, 1 / 3), (None, 1 / 6)):
        at = gradients(program, here, program.training)
        force = size * (at.output - y)
        stages.append((at, weight * force))
        if ahead:
            here = move(program, theta, weights, [(at, ahead * force)])
    return move(program, theta, weights, stages)
