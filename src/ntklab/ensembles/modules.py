"""Train ensembles of torch modules by full-batch gradient descent, and record their outputs over training time.

Members of one architecture are trained together, their parameters stacked: narrow networks are small products of matrices,
and one product of many members is several times faster than many products.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from ntklab.arrays import as_array, as_whole
from ntklab.ensembles.arguments import as_members, as_rate, as_sets, as_steps
from ntklab.ensembles.device import computing_on
from ntklab.ensembles.members import TrainingDiverged
from ntklab.ensembles.training import Trained
from ntklab.progress import Progress

Parameters = dict[str, Tensor]
"""By name, with a leading axis of members."""

Build = Callable[[int], nn.Module]
"""Index of a member -> its network at initialisation."""

TOGETHER = 16
"""Members trained at once: with more, the feature maps of wide networks no longer stay in the processor's cache."""


def train_modules(
    build: Build,
    x: ArrayLike,
    y: ArrayLike,
    evaluation: Any,
    *,
    members: Any,
    learning_rate: float,
    recorded_steps: Any,
    device: str = "cpu",
    precision: str = "float32",
    log: Callable[[str], None] = print,
    together: int = TOGETHER,
) -> Trained:
    """Gradient descent on L = 1/(2N) sum |f(x) - y|^2 (N samples) for every member, in float32.

    Inputs x (sample, ...), targets y (sample, output), members by index or their number. Outputs (member, time, input,
    output) on every set of `evaluation`, (input, ...) by name, are recorded at the increasing `recorded_steps`,
    before that step's update. With NTK parametrisation this is the descent of `ntklab.kernels.Dynamics`. Members differ
    in their parameters only; how many are trained `together` changes rounding alone. `precision`, of a GPU, is float32 or
    tf32 (`computing_on`). Raises `TrainingDiverged` naming member, step and learning rate when a loss exceeds its value
    at initialisation, and `InputError` when the device is absent, for arrays of other shapes, not real or not finite, and for
    numbers of members or steps that are none.
    """
    x = as_array(x, "x", "sample feature ...")
    y = as_array(y, "y", (len(x), "output"))
    evaluation = as_sets(evaluation, ("input",), x.shape[1:])
    members, recorded_steps, learning_rate = as_members(members), as_steps(recorded_steps), as_rate(learning_rate)
    together = as_whole(together, "together", 1)
    with computing_on(device, precision):
        inputs, targets = _tensor(x, device), _tensor(y, device)
        sets = {name: _tensor(values, device) for name, values in evaluation.items()}
        shape = (len(members), len(recorded_steps))
        trained = Trained(
            {name: np.empty((*shape, len(values), y.shape[1]), np.float32) for name, values in evaluation.items()},
            np.empty(shape),
        )
        progress = Progress(log, len(members))
        for start in range(0, len(members), together):
            rows = slice(start, min(start + together, len(members)))
            nets = [build(member).to(device) for member in members[rows]]
            outputs = _outputs(nets[0])
            descent = _descend(nets, inputs, targets, learning_rate, recorded_steps)
            for time, (parameters, losses) in enumerate(descent):
                trained.loss[rows, time] = losses
                _check_loss(trained.loss[rows], time, members[rows], recorded_steps[time], learning_rate)
                with torch.no_grad():
                    for name, values in sets.items():
                        found = vmap(outputs, (0, None))(parameters, values)
                        trained.predictions[name][rows, time] = found.cpu().numpy()
            progress(rows.stop, f"member {rows.stop}/{len(members)}  loss {trained.loss[rows.stop - 1, -1]:.2e}")
    return trained


def _check_loss(loss: np.ndarray, time: int, members: Sequence[int], step: int, learning_rate: float) -> None:
    """`TrainingDiverged` for the first member whose loss is above its value at initialisation."""
    for member, (first, now) in zip(members, loss[:, [0, time]], strict=True):
        if not now <= first * (1 + 1e-6):  # rounding moves a loss that has reached zero
            raise TrainingDiverged(
                f"member {member}: loss {now:.3g} at step {step}, {first:.3g} at initialisation, with learning rate "
                f"{learning_rate:.4g}; lower learning_rate_factor"
            )


def _tensor(x: np.ndarray, device: str) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32)).to(device)


def _outputs(net: nn.Module) -> Callable[[Parameters, Tensor], Tensor]:
    """Outputs of a network of that architecture, as a function of its parameters and the inputs."""
    return lambda parameters, values: functional_call(net, parameters, (values,))


def _descend(
    nets: Sequence[nn.Module], x: Tensor, y: Tensor, learning_rate: float, recorded_steps: Sequence[int]
) -> Iterator[tuple[Parameters, np.ndarray]]:
    """Yield the stacked parameters and every member's loss at the recorded steps, before that step's update."""
    outputs, recorded = _outputs(nets[0]), set(recorded_steps)
    parameters = {name: values.detach() for name, values in stack_module_state(list(nets))[0].items()}
    of_loss = vmap(grad_and_value(lambda given: (outputs(given, x) - y).square().sum() / (2 * len(x))))
    for step in range(recorded_steps[-1] + 1):
        gradients, losses = of_loss(parameters)
        if step in recorded:
            yield parameters, losses.cpu().numpy()
        # In place: the parameters that were yielded are used before the next step only.
        torch._foreach_add_(list(parameters.values()), list(gradients.values()), alpha=-learning_rate)
