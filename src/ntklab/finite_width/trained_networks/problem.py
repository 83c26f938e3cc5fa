"""Networks and what they are trained on, checked; and how either is drawn, some at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jax import enable_x64
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.activations import Activation
from ntklab.arrays import as_array, is_whole
from ntklab.errors import InputError
from ntklab.finite_width.architecture import Architecture, PerLayer, WholeNumber, described, flattened
from ntklab.finite_width.ensemble import Ensemble, infinite_kernels
from ntklab.finite_width.quadrature import square_root
from ntklab.finite_width.trained_networks.networks import Program
from ntklab.finite_width.trained_networks.schedules import LONGEST, STEP, Schedule
from ntklab.network import Network

BYTES = 2**20
"""Of the weights of the networks computed side by side: they stay in the cache."""


@dataclass(frozen=True)
class Problem:
    """Networks and what they are trained on."""

    ensemble: Ensemble
    y: np.ndarray
    schedule: Schedule
    dtype: str

    @property
    def program(self) -> Program:
        """What is compiled."""
        e = self.ensemble
        return Program(e.activation, e.architecture, len(e.x), len(self.y))

    @property
    def width(self) -> int:
        """n."""
        return self.ensemble.architecture.widths[-1]

    @property
    def theta(self) -> Float[np.ndarray, "input training"]:
        """The infinite-width NTK of the output."""
        return infinite_kernels(self.ensemble)["Theta"][-1][:, : len(self.y)]

    @property
    def first(self) -> tuple[np.ndarray, np.ndarray]:
        """A square root of K, and the NTK, of layer 1."""
        K, theta = self.ensemble.first
        root, order = square_root(K)
        root = root[np.argsort(order)]
        return np.pad(root, ((0, 0), (0, len(K) - root.shape[1]))), theta


def prepared(
    x_train: ArrayLike,
    y: ArrayLike,
    x_test: ArrayLike,
    times: Float[np.ndarray, " time"],
    activation: Activation | str | None,
    width: WholeNumber | None,
    depth: WholeNumber | None,
    c_w: PerLayer | None = None,
    c_b: PerLayer | None = None,
    lambda_w: PerLayer | None = None,
    lambda_b: PerLayer | None = None,
    learning_rate: float | int | None = None,
    step: float | int = STEP,
    dtype: str = "float32",
    network: Network | None = None,
) -> Problem:
    """The arguments of `trained_means`, checked; `InputError` names what is wrong."""
    if not is_whole(width, 1):
        raise InputError(f"width={width}: of the hidden layers, a positive integer")
    numbers = {"depth": depth, "c_w": c_w, "c_b": c_b, "lambda_w": lambda_w, "lambda_b": lambda_b}
    activation, architecture = described(network, activation, None, default_depth=3, **numbers)
    architecture = replace(architecture, widths=(int(width),) * (architecture.depth - 1))
    x_train, y = flattened(x_train, "x_train"), as_array(y, "y", "training", dtype=np.float64)
    x_test = flattened(x_test, "x_test") if np.size(x_test) else np.zeros((0, x_train.shape[1]))
    _check(x_train, y, x_test, times, architecture)
    if dtype not in ("float32", "float64"):
        raise InputError(f"dtype={dtype!r}: float32 or float64")
    x = np.concatenate([x_train, x_test]).astype(float)
    ensemble = Ensemble(activation, architecture, ("Theta1",), ((0, 0, 0, 0),), x.tobytes(), x.shape[1])
    return Problem(ensemble, y, _schedule(ensemble, len(y), times, learning_rate, step), dtype)


def _schedule(
    ensemble: Ensemble, training: int, times: np.ndarray, learning_rate: float | int | None, step: float
) -> Schedule:
    if learning_rate is not None:
        if not 0 < learning_rate < np.inf:
            raise InputError(f"learning_rate={learning_rate}: a positive number, or None for gradient flow")
        return Schedule.descent(times, learning_rate)
    if not 0 < step <= LONGEST:
        raise InputError(f"step={step}: above 0 and at most {LONGEST}, in units of one over the largest eigenvalue")
    theta = infinite_kernels(ensemble)["Theta"][-1][:training, :training]
    return Schedule.flow(times, float(np.linalg.eigvalsh(theta)[-1]), step)


def _check(x_train, y, x_test, times, architecture: Architecture) -> None:
    if architecture.depth < 2:
        raise InputError(f"depth={architecture.depth}: at least 2, one hidden layer; without one there is no width")
    if x_train.ndim != 2 or x_test.ndim != 2 or x_train.shape[1] != x_test.shape[1] or len(x_train) == 0:
        raise InputError(
            f"x_train {x_train.shape}, x_test {x_test.shape}: (input, coordinate) each, with the same coordinates, and at "
            "least one training input"
        )
    if y.shape != x_train.shape[:1]:
        raise InputError(f"y {y.shape}: one target for each of the {len(x_train)} training inputs")
    if times.ndim != 1 or len(times) == 0 or times[0] < 0 or np.any(np.diff(times) <= 0) or not np.isfinite(times[-1]):
        raise InputError(f"times={times.tolist()}: increasing finite numbers from 0 on, at least one")


# ---- some draws at a time ----


def chunk_of(draws: int, size: int) -> int:
    """How many are computed side by side, of so many bytes each."""
    return max(1, min(draws, BYTES // size))


def normal_numbers(rng: np.random.Generator, draws: int, numbers: int, chunk: int) -> Iterator[np.ndarray]:
    """Standard normal numbers (draw, number), some draws at a time; those of a draw do not depend on how many."""
    for start in range(0, draws, chunk):
        yield rng.standard_normal((min(chunk, draws - start), numbers), np.float32)


def computed(problem: Problem, run: Callable, arguments: tuple, rows: np.ndarray, chunk: int) -> Any:
    """`run(root, theta, *arguments, rows)` in the dtype of the problem, of always `chunk` rows: one program."""
    drawn = np.zeros((chunk, rows.shape[1]), problem.dtype)
    drawn[: len(rows)] = rows
    values = [
        np.asarray(v, None if np.asarray(v).dtype.kind == "i" else problem.dtype) for v in (*problem.first, *arguments)
    ]
    with enable_x64(problem.dtype == "float64"):
        found = run(*values, drawn)
    return jax.tree.map(lambda leaf: np.asarray(leaf, float)[: len(rows)], found)
