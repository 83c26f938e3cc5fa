"""Compare the diagrams with the solver on random layers, and those beyond the paper with sampled networks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ntklab.experiments.diagrams.comparison import difference, mutations, random_cases
from ntklab.experiments.diagrams.curvature import Ensemble, extrapolated, layer_before, sample
from ntklab.experiments.diagrams.tables import DIAGRAM_CHECKS
from ntklab.finite_width.diagrams import PAPER_TENSORS, assemble, diagrams
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table
from ntklab.seeds import generator

CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
"""All different, so that no factor is mistaken for another."""
COMPONENTS = ((0, 0, 0, 0), (0, 1, 1, 2), (0, 0, 1, 1))
NODES = 24
COMPLETE = {"change": "complete", "number": 0}


def check_diagrams(
    *, experiment: str, activations: list[str], layers: int, width: list[int], networks: int, seed: int, output: Path
) -> None:
    """One table: differences to the solver, complete and with every diagram changed, and sampled values with errors."""
    settings = {
        "experiment": experiment, "activations": activations, "layers": layers, "width": width, "networks": networks,
        "seed": seed,
    }  # fmt: skip
    provenance = record(settings)
    rows = list(_against_solver(activations, layers, generator(seed, experiment, "layers")))
    rows += _against_networks(width, networks, generator(seed, experiment, "networks"))
    write_table(output, measurements(rows, DIAGRAM_CHECKS, experiment=experiment), DIAGRAM_CHECKS, provenance)


def _against_solver(activations: list[str], layers: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    cases = list(random_cases(rng, activations, layers))
    common = {"component": "all", "width": np.inf, "quantity": "solver_difference", "stderr": 0.0}
    for tensor in PAPER_TENSORS:
        found = diagrams(tensor)
        for activation in activations:
            chosen = [case for case in cases if case.activation == activation]
            row = {**common, "tensor": tensor, "activation": activation, "n": len(chosen)}
            yield {**row, **COMPLETE, "value": max(difference(found, case) for case in chosen)}
            for number, change, changed in mutations(found):
                # The least over layers: a changed diagram is to be noticed in each of them.
                value = min(difference(changed, case) for case in chosen)
                yield {**row, "change": change, "number": number, "value": value}
        print(f"{tensor}: {len(found)} diagrams compared with the solver", flush=True)


def _against_networks(widths: list[int], networks: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The cumulants X and Y, and the mean H1, of the Hessian product."""
    ensemble = Ensemble(rng.normal(size=(3, 3)), "tanh", **CONSTANTS)
    layer = layer_before(ensemble, NODES)
    mean = assemble(diagrams("H"), layer)
    sampled = {}
    for width in widths:
        estimates = sample(ensemble, COMPONENTS, width, networks, rng)
        for (tensor, index), (value, error) in estimates.items():
            shifted = ("H1", width * (value - mean[index]), width * error) if tensor == "H" else (tensor, value, error)
            sampled.setdefault((shifted[0], index), []).append(shifted[1:])
        print(f"{networks} networks of width {width} sampled", flush=True)
    for (tensor, index), estimates in sampled.items():
        row = {
            "tensor": tensor,
            "activation": ensemble.activation,
            "component": ",".join(map(str, index)),
            "n": networks,
        }
        for width, (value, error) in zip(widths, estimates, strict=True):
            measured = {"quantity": "sampled", "value": value, "stderr": error}
            yield {**row, **COMPLETE, "width": float(width), **measured}
        yield from (
            {**row, "width": np.inf, **rest} for rest in _leading(tensor, index, extrapolated(widths, estimates), layer)
        )


def _leading(tensor: str, index: tuple[int, ...], estimate: tuple[float, float], layer) -> Iterator[dict[str, Any]]:
    """Extrapolated estimate, the engine's value, and how far apart they are, also with every diagram changed."""
    value, error = estimate
    yield {**COMPLETE, "quantity": "sampled", "value": value, "stderr": error}
    found = diagrams(tensor)
    exact = assemble(found, layer)[index]
    yield {**COMPLETE, "quantity": "diagrams", "value": exact, "stderr": 0.0}
    yield {**COMPLETE, "quantity": "z_score", "value": (value - exact) / error, "stderr": 1.0}
    for number, change, changed in mutations(found):
        z = (value - assemble(changed, layer)[index]) / error
        yield {"change": change, "number": number, "quantity": "z_score", "value": z, "stderr": 1.0}
