"""Train ensembles of torch modules by full-batch gradient descent, and record their outputs over training time."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ntklab.ensembles.members import TrainingDiverged
from ntklab.ensembles.training import Trained
from ntklab.progress import Progress

Build = Callable[[int], nn.Module]
"""Index of a member -> its network at initialisation."""


def train_modules(
    build: Build,
    x: Float[np.ndarray, "sample ..."],
    y: Float[np.ndarray, "sample output"],
    evaluation: Mapping[str, Float[np.ndarray, "_input ..."]],
    *,
    members: Sequence[int],
    learning_rate: float,
    recorded_steps: Sequence[int],
    device: str = "cpu",
    log: Callable[[str], None] = print,
) -> Trained:
    """Gradient descent on L = 1/(2N) sum |f(x) - y|^2 (N samples) for every member, in float32.

    Outputs (member, time, input, output) on every set of `evaluation` are recorded at the increasing `recorded_steps`,
    before that step's update. With NTK parametrisation this is the descent of `ntklab.kernels.Dynamics`. Raises
    `TrainingDiverged` naming member, step and learning rate when a loss exceeds its value at initialisation.
    """
    inputs, targets = _tensor(x, device), _tensor(y, device)
    sets = {name: _tensor(values, device) for name, values in evaluation.items()}
    shape = (len(members), len(recorded_steps))
    trained = Trained(
        {name: np.empty((*shape, len(values), y.shape[1]), np.float32) for name, values in evaluation.items()},
        np.empty(shape),
    )
    progress = Progress(log, len(members))
    for row, member in enumerate(members):
        net = build(member).to(device)
        for time, loss in enumerate(_descend(net, inputs, targets, learning_rate, recorded_steps)):
            trained.loss[row, time] = loss
            if not loss <= trained.loss[row, 0] * (1 + 1e-6):  # rounding moves a loss that has reached zero
                raise TrainingDiverged(
                    f"member {member}: loss {loss:.3g} at step {recorded_steps[time]}, {trained.loss[row, 0]:.3g} at "
                    f"initialisation, with learning rate {learning_rate:.4g}; lower learning_rate_factor"
                )
            with torch.no_grad():
                for name, values in sets.items():
                    trained.predictions[name][row, time] = net(values).cpu().numpy()
        progress(row + 1, f"member {row + 1}/{len(members)}  loss {trained.loss[row, -1]:.2e}")
    return trained


def _tensor(x: np.ndarray, device: str) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32)).to(device)


def _descend(net: nn.Module, x: Tensor, y: Tensor, learning_rate: float, recorded_steps: Sequence[int]):
    """Yield the loss at every recorded step, the network as it is before that step's update."""
    parameters = list(net.parameters())
    recorded = set(recorded_steps)
    for step in range(recorded_steps[-1] + 1):
        loss = (net(x) - y).square().sum() / (2 * len(x))
        if step in recorded:
            yield loss.item()
        if step < recorded_steps[-1]:
            gradients = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                torch._foreach_add_(parameters, gradients, alpha=-learning_rate)
