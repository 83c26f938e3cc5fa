"""Train members of an ensemble and record their predictions on orbits over training time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array, as_whole
from ntklab.ensembles.arguments import as_members, as_rate, as_sets, as_steps
from ntklab.ensembles.device import computing_on
from ntklab.ensembles.members import (
    TrainingDiverged,
    Weights,
    empirical_ntk,
    forward,
    initial_weights,
    train_chunk,
)
from ntklab.errors import InputError
from ntklab.progress import Progress
from ntklab.types import Orbits


class Trained(NamedTuple):
    """What a training run leaves: predictions on each set of orbits, losses and the NTK's change at the recorded times.

    `kernel_change` is |Theta_t - Theta_0| / |Theta_0|, Frobenius norms of the empirical NTK on the first element of
    every training orbit; of fully connected members only.
    """

    predictions: dict[str, Float[np.ndarray, "member time _input ..."]]
    loss: Float[np.ndarray, "member time"]
    kernel_change: Float[np.ndarray, "member time"] | None = None


def train(
    x: ArrayLike,
    y: ArrayLike,
    evaluation: Any,
    *,
    experiment: str,
    depth: Any,
    width: Any,
    members: Any,
    learning_rate: float,
    recorded_steps: Any,
    seed: int,
    members_per_chunk: Any = 1,
    device: str = "cpu",
    precision: str = "float32",
    log: Callable[[str], None] = print,
) -> Trained:
    """Train fully connected ReLU members on all elements of the orbits `x`.

    y holds one number for each input, which all elements of its orbit share, or vectors (input, element, output).
    Predictions are (member, time, input, element), for vectors with an axis of outputs after that. x (input, element,
    ...) and every set in `evaluation` are flattened after the element axis. Members are indices, or a number of them, 3
    for 0, 1, 2; each depends on the seed, the experiment, the width and its index only.
    Training is full-batch gradient descent on 1/(2N) sum |f - y|^2
    in float32, W_std = sqrt 2, no biases; predictions are recorded at `recorded_steps`. `precision`, of a GPU, is float32
    or tf32 (`computing_on`).
    Raises `TrainingDiverged` naming member, step and learning rate, and `InputError` when the device is absent, for arrays of
    other shapes, not real or not finite, and for numbers of layers, members or steps that are none.
    """
    x = as_array(x, "x", "input element feature ...")
    y = _targets(y, *x.shape[:2])
    evaluation = as_sets(evaluation, ("input", "element"), x.shape[2:])
    members, recorded_steps, learning_rate = as_members(members), as_steps(recorded_steps), as_rate(learning_rate)
    depth, width = as_whole(depth, "depth", 1), as_whole(width, "width", 1)
    members_per_chunk = as_whole(members_per_chunk, "members_per_chunk", 1)
    with computing_on(device, precision):
        inputs = _flat(x, device)
        outputs = y.shape[2:]
        targets = y.reshape(-1, *outputs) if outputs else np.repeat(y, x.shape[1])[:, None]
        targets = torch.from_numpy(targets).to(device, torch.float32)
        sets = {name: _flat(orbits, device) for name, orbits in evaluation.items()}
        layer_sizes = [inputs.shape[1], *[width] * depth, targets.shape[1]]
        shape = (len(members), len(recorded_steps))
        trained = Trained(
            {name: np.empty((*shape, *orbits.shape[:2], *outputs), np.float32) for name, orbits in evaluation.items()},
            np.empty(shape),
            np.empty(shape),
        )
        on = _flat(x[:, :1], device)
        progress = Progress(log, len(members))
        for first in range(0, len(members), members_per_chunk):
            chunk = members[first : first + members_per_chunk]
            weights = [w.to(device) for w in initial_weights(layer_sizes, chunk, seed=seed, experiment=experiment)]
            rows = slice(first, first + len(chunk))
            record = _Recorder(trained, sets, on, rows, chunk, learning_rate, progress, recorded_steps[-1])
            train_chunk(
                weights, inputs, targets, learning_rate=learning_rate, recorded_steps=recorded_steps, record=record
            )
    return trained


def _targets(y: ArrayLike, inputs: int, elements: int) -> Float[np.ndarray, "input ..."]:
    """(input,) or (input, element, output)."""
    y = as_array(y, "y")
    if y.shape[:1] != (inputs,) or (y.ndim > 1 and (y.ndim != 3 or y.shape[1] != elements)):
        raise InputError(f"y: shape {y.shape}; expected shape ({inputs},) or ({inputs}, {elements}, outputs)")
    return y


def _flat(orbits: Orbits, device: str) -> Float[torch.Tensor, "sample pixel"]:
    flat = np.ascontiguousarray(orbits.reshape(orbits.shape[0] * orbits.shape[1], -1), dtype=np.float32)
    return torch.from_numpy(flat).to(device)


class _Recorder:
    """Writes what a chunk predicts, its losses and its NTK's change into the arrays of the run; stops when a loss has grown."""

    def __init__(
        self,
        trained: Trained,
        sets: Mapping[str, Float[torch.Tensor, "sample pixel"]],
        kernel_on: Float[torch.Tensor, "input pixel"],
        rows: slice,
        members: Sequence[int],
        learning_rate: float,
        progress: Progress,
        steps: int,
    ):
        self.trained, self.sets, self.kernel_on, self.rows = trained, sets, kernel_on, rows
        self.members, self.learning_rate, self.progress, self.steps = members, learning_rate, progress, steps
        self.time = 0

    def __call__(self, step: int, weights: Weights, loss: Float[torch.Tensor, " member"]) -> None:
        losses = self.trained.loss[self.rows]
        losses[:, self.time] = loss.cpu().numpy()
        self._check(step, losses)
        for name, x in self.sets.items():
            into = self.trained.predictions[name][self.rows]
            into[:, self.time] = forward(weights, x).cpu().numpy().reshape(into[:, self.time].shape)
        self.trained.kernel_change[self.rows, self.time] = self._kernel_change(weights)
        self.time += 1
        self._report(step, weights[0].shape[-1], losses[:, self.time - 1].max())

    def _kernel_change(self, weights: Weights) -> Float[np.ndarray, " member"]:
        kernel = empirical_ntk(weights, self.kernel_on)
        if self.time == 0:
            self.kernel = kernel
        change, initial = (torch.linalg.matrix_norm(k) for k in (kernel - self.kernel, self.kernel))
        return (change / initial).cpu().numpy()

    def _report(self, step: int, width: int, loss: float) -> None:
        start, stop = self.rows.start, self.rows.stop
        self.progress(
            start + (stop - start) * step / max(self.steps, 1),
            f"width {width}  member {stop}/{self.progress.total}  step {step}/{self.steps}  loss {loss:.2e}",
        )

    def _check(self, step: int, losses: Float[np.ndarray, "member time"]) -> None:
        # Rounding lets a loss that is zero to float32 move; it never lifts one above its start.
        bad = ~(losses[:, self.time] <= losses[:, 0] * (1 + 1e-6))
        if bad.any():
            row = int(np.argmax(bad))
            raise TrainingDiverged(
                f"member {self.members[row]}: loss {losses[row, self.time]:.3g} at step {step}, "
                f"{losses[row, 0]:.3g} at initialisation, with learning rate {self.learning_rate:.4g}; "
                "lower learning_rate_factor"
            )
