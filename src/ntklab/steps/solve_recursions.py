"""Solve the recursions of one ensemble: kernels of infinite width and their corrections at every layer."""

from pathlib import Path

import numpy as np

from ntklab.files import save_arrays
from ntklab.finite_width.setups import SETUPS
from ntklab.finite_width.solver import solve
from ntklab.steps.record import record


def solve_recursions(*, setup: str, depth: int, output: Path) -> None:
    """Write every tensor as (layer, input, ...), with the estimated quadrature error in the header."""
    header = record(locals())
    ensemble = SETUPS[setup]
    tensors = tuple(dict.fromkeys(("K", "Theta", "K1", "Theta1", *ensemble.tensors)))
    if set(ensemble.tensors) == {"V"}:
        tensors = ("K", "V")
    solution = solve(
        ensemble.x, ensemble.activation, depth, ensemble.multiples, ensemble.c_w, tensors=tensors, **ensemble.constants
    )
    print("largest change when the nodes are doubled:", {t: f"{e:.1e}" for t, e in solution.errors.items()})
    arrays = {tensor: np.stack(layers) for tensor, layers in solution.items()}
    save_arrays(output, arrays, {**header, "errors": solution.errors, "nodes": solution.nodes})
