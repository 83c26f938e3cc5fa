"""Compare the diagrams with the solver on random layers, and those beyond the paper with sampled networks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.experiments.diagrams.comparison import difference, mutations, random_cases
from ntklab.experiments.diagrams.curvature import Ensemble, extrapolated, layer_before, mean, sample
from ntklab.experiments.diagrams.tables import DIAGRAM_CHECKS, DIAGRAM_REPLICATES
from ntklab.finite_width.feynman import PAPER_TENSORS, assemble, diagrams
from ntklab.finite_width.feynman.numeric import Layer
from ntklab.metrics.resampling import leave_groups_out
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
    *,
    experiment: str,
    activations: list[str],
    layers: int,
    width: list[int],
    networks: int,
    seed: int,
    output: Path,
    output_replicates: Path,
) -> None:
    """Differences to the solver, complete and with every diagram changed; sampled values with errors, and with batches left
    out."""
    settings = {
        "experiment": experiment, "activations": activations, "layers": layers, "width": width, "networks": networks,
        "seed": seed,
    }  # fmt: skip
    provenance = record(settings)
    rows = list(_against_solver(activations, layers, generator(seed, experiment, "layers")))
    sampled = _sampled(width, networks, generator(seed, experiment, "networks"))
    rows += _against_networks(sampled, width, networks)
    write_table(output, measurements(rows, DIAGRAM_CHECKS, experiment=experiment), DIAGRAM_CHECKS, provenance)
    frame = pd.DataFrame(_replicates(sampled, width)).assign(experiment=experiment)
    columns = [column.name for column in DIAGRAM_REPLICATES.columns]
    write_table(output_replicates, frame[columns], DIAGRAM_REPLICATES, provenance)


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


@dataclass(frozen=True)
class _Sampled:
    """Networks of several widths and the engine's layer 3 of the same ensemble."""

    activation: str
    layer: Layer
    batches: dict[tuple[str, tuple[int, ...]], Float[np.ndarray, "width batch"]]
    """(tensor, component) -> estimates: the cumulants X and Y, and H1, width times the deviation of the mean."""


def _sampled(widths: list[int], networks: int, rng: np.random.Generator) -> _Sampled:
    ensemble = Ensemble(rng.normal(size=(3, 3)), "tanh", **CONSTANTS)
    layer = layer_before(ensemble, NODES)
    mean_product = assemble(diagrams("H"), layer)
    found = {}
    for width in widths:
        for (tensor, index), batches in sample(ensemble, COMPONENTS, width, networks, rng).items():
            key, values = (tensor, index), batches
            if tensor == "H":
                key, values = ("H1", index), width * (batches - mean_product[index])
            found.setdefault(key, []).append(values)
        print(f"{networks} networks of width {width} sampled", flush=True)
    return _Sampled(ensemble.activation, layer, {key: np.stack(values) for key, values in found.items()})


def _against_networks(sampled: _Sampled, widths: list[int], networks: int) -> Iterator[dict[str, Any]]:
    """The cumulants X and Y, and the mean H1, of the Hessian product."""
    for (tensor, index), batches in sampled.batches.items():
        estimates = [mean(values) for values in batches]
        row = {"tensor": tensor, "activation": sampled.activation, "component": _name(index), "n": networks}
        for width, (value, error) in zip(widths, estimates, strict=True):
            measured = {"quantity": "sampled", "value": value, "stderr": error}
            yield {**row, **COMPLETE, "width": float(width), **measured}
        leading = _leading(tensor, index, extrapolated(widths, estimates), sampled.layer)
        yield from ({**row, "width": np.inf, **rest} for rest in leading)


def _name(index: tuple[int, ...]) -> str:
    return ",".join(map(str, index))


def _replicates(sampled: _Sampled, widths: list[int]) -> Iterator[dict[str, Any]]:
    """Means with groups of batches left out, and every diagram's term."""
    for (tensor, index), batches in sampled.batches.items():
        row = {"tensor": tensor, "component": _name(index)}
        for width, values in zip(widths, batches, strict=True):
            left_out = leave_groups_out(lambda kept: kept.mean(), values)
            for replicate, value in enumerate([values.mean(), *left_out]):
                yield {
                    **row, "width": float(width), "replicate": replicate, "number": 0, "quantity": "sampled",
                    "value": float(value), "stderr": mean(values)[1],
                }  # fmt: skip
        for number, diagram in enumerate(diagrams(tensor), 1):
            value = float(assemble([diagram], sampled.layer)[index])
            rest = {"replicate": 0, "number": number, "quantity": "diagram", "value": value, "stderr": 0.0}
            yield {**row, "width": np.inf, **rest}


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
