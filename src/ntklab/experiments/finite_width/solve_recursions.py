"""Solve the recursions of ensembles: kernels of infinite width and their corrections at every layer."""

from pathlib import Path

import numpy as np

from ntklab.experiments.finite_width.setups import SETUPS, Setup
from ntklab.files import save_arrays
from ntklab.finite_width.solver import Solution, solve
from ntklab.pipeline.provenance import record


def solve_recursions(*, setups: list[str], depth: int, outputs: list[Path]) -> None:
    """Write every tensor of each setup as (layer, input, ...), with the estimated quadrature error in the header."""
    for name, output in zip(setups, outputs, strict=True):
        header = record({"setup": name, "depth": depth})
        solution = _solution(SETUPS[name], depth)
        errors = {tensor: f"{error:.1e}" for tensor, error in solution.errors.items()}
        print(f"{name}: largest change when the nodes are doubled: {errors}", flush=True)
        arrays = {tensor: np.stack(layers) for tensor, layers in solution.items()}
        save_arrays(output, arrays, {**header, "errors": solution.errors, "nodes": solution.nodes})


def _solution(ensemble: Setup, depth: int) -> Solution:
    tensors = tuple(dict.fromkeys(("K", "Theta", "K1", "Theta1", *ensemble.tensors)))
    if set(ensemble.tensors) == {"V"}:
        tensors = ("K", "V")
    return solve(
        ensemble.x, ensemble.activation, depth, ensemble.multiples, ensemble.c_w, tensors=tensors, **ensemble.constants
    )
