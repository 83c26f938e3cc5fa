"""From networks to batches, from batches to tensors."""

from collections.abc import Sequence

import numpy as np

from ntklab.finite_width.collapsed.networks import Program, drawn
from ntklab.finite_width.ensemble import Ensemble, covariance, infinite_kernels

FEWEST = 8
"""Networks that a regression coefficient is estimated from."""


def estimates(ensemble: Ensemble, keys: Sequence[int], draws: int) -> dict[str, np.ndarray]:
    """Tensor -> (batch, layer, ...) for layers 2 to depth, `draws` networks in the batch of each key.

    g and w are the means of K and of the NTK given the preactivations of the layer before: V, D and A are covariances of
    them, unbiased in each batch, to which A adds what the NTK varies by given those.
    """
    program = Program(ensemble.activation, ensemble.tensors, ensemble.components, len(ensemble.x))
    reduced = [_reduced(program, drawn(program, ensemble, key, draws)) for key in keys]
    batches = {name: np.stack([batch[name] for batch in reduced]) for name in reduced[0]}
    feeding = np.array(ensemble.architecture.widths, float)
    return {tensor: _estimate(tensor, batches, ensemble, feeding) for tensor in ensemble.tensors}


def _reduced(program: Program, drawn: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Means and covariances over the networks of one batch, (layer, ...) each."""
    found = {name: drawn[name].mean(axis=-1) for name in ("B", "F", "P", "Q") if name in drawn}
    a, b, c, d = np.array(program.components).T
    left = drawn["g"][:, a, b]
    if program.has("V"):
        found["V"] = covariance(left, drawn["g"][:, c, d], axis=-1)
    if program.has("D"):
        found["D"] = covariance(left, drawn["w right"], axis=-1)
    if program.has("A"):
        left, right = drawn["w left"], drawn["w right"]
        found["A"] = (drawn["ww"] - left * right).mean(axis=-1) + covariance(left, right, axis=-1)
    if program.has("K", "K1"):
        found["K"] = _controlled(drawn["g"], drawn["kappa"])
    if program.has("Theta", "Theta1"):
        found["Theta"] = _controlled(drawn["w"][:, program.pair_numbers], drawn["tau"])
    return found


def _estimate(tensor: str, batches: dict[str, np.ndarray], ensemble: Ensemble, feeding: np.ndarray) -> np.ndarray:
    if tensor in ("K1", "Theta1"):
        kernel = tensor[:-1]
        return (batches[kernel] - np.stack(infinite_kernels(ensemble)[kernel][1:])) * feeding[:, None, None]
    return batches[tensor] * feeding[:, None] if tensor in ("V", "D", "A") else batches[tensor]


def _controlled(values: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Mean over networks (last axis) less the control, whose mean is zero, times its regression coefficient.

    The coefficient for even networks comes from odd ones and the other way round, so that nothing is biased.
    """
    total = values.sum(axis=-1)
    for half in (0, 1):
        x, y = values[..., 1 - half :: 2], control[..., 1 - half :: 2]
        if y.shape[-1] >= FEWEST:
            joint, square = covariance(x, y, axis=-1), covariance(y, y, axis=-1)
            slope = np.divide(joint, square, out=np.zeros_like(joint), where=square > 0)
            total = total - slope * control[..., half::2].sum(axis=-1)
    return total / values.shape[-1]
