"""Tables of all ensembles: what the recursions say, what networks say, how far apart they are, and what claims resample."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ntklab.experiments.finite_width.power_laws import POWERS
from ntklab.experiments.finite_width.relu_moments import TENSORS as AT_ONE_INPUT
from ntklab.experiments.finite_width.replicates import exact_moments, replicate_rows, theory_rows
from ntklab.experiments.finite_width.setups import SETUPS, Setup
from ntklab.experiments.finite_width.tables import FINITE_WIDTH, FINITE_WIDTH_REPLICATES, FINITE_WIDTH_THEORY
from ntklab.files import Arrays
from ntklab.metrics.extrapolation import extrapolate
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.shards import by, joined
from ntklab.pipeline.table_files import write_table

INF = float("inf")
KERNELS = ("K", "Theta")
MATRICES = (*KERNELS, "K1", "Theta1")
OFF_CRITICAL = (0.25, 4.0)


def measure_finite_width(
    *, theory: list[Path], samples: list[Path], output: Path, output_replicates: Path, output_theory: Path
) -> None:
    """Write the tables; theory rows have width inf."""
    provenance = record({}, [*theory, *samples])
    solved = {shard.header["settings"]["setup"]: shard for shard in map(Arrays, theory)}
    batches = {name: _by_width(shards) for name, shards in by(samples, "setup").items()}
    rows = [row for name, widths in batches.items() for row in _measured(name, solved[name], widths)]
    replicates = [row for name, widths in batches.items() for row in _replicates(name, solved[name], widths)]
    numbers = theory_rows(solved, {name: list(widths) for name, widths in batches.items()})
    write_table(output, measurements(rows, FINITE_WIDTH, experiment="finite_width"), FINITE_WIDTH, provenance)
    for path, found, schema in (
        (output_replicates, replicates, FINITE_WIDTH_REPLICATES),
        (output_theory, numbers, FINITE_WIDTH_THEORY),
    ):
        frame = pd.DataFrame(found).assign(experiment="finite_width")
        write_table(path, frame[[column.name for column in schema.columns]], schema, provenance)


def _measured(name: str, solved: Arrays, widths: dict[int, dict[str, np.ndarray]]) -> Iterator[dict]:
    ensemble = SETUPS[name]
    found = [*_theory(ensemble, solved), *_sampled(ensemble, widths)]
    if ensemble.scan == "tensor":
        found += _compared(ensemble, solved, widths)
    if ensemble.exact:
        found += [row for width, sampled in widths.items() for row in _exact(ensemble, width, sampled)]
    if ensemble.scan == "depth":
        found += [row for c_w in OFF_CRITICAL for row in _rescaled(found, c_w)]
    for row in found:
        yield {"c_w": ensemble.c_w, "setup": name, "activation": ensemble.activation, **row}


def _replicates(name: str, solved: Arrays, widths: dict[int, dict[str, np.ndarray]]) -> Iterator[dict]:
    ensemble = SETUPS[name]
    components = {t: ["".join(map(str, c)) for c in _components(ensemble, t)] for t in (*ensemble.tensors, *MATRICES)}
    samples = {n: {t: _chosen(ensemble, t, X) for t, X in tensors.items()} for n, tensors in widths.items()}
    theory = {tensor: _chosen(ensemble, tensor, solved[tensor]) for tensor in solved}
    for row in replicate_rows(ensemble, components, samples, theory):
        yield {"setup": name, **row}


def _by_width(shards: list[Arrays]) -> dict[int, dict[str, np.ndarray]]:
    """Width -> tensor -> (batch, layer, ...)."""
    found: dict[int, dict[str, np.ndarray]] = {}
    for key in shards[0]:
        width, tensor = key.split("/")
        found.setdefault(int(width), {})[tensor] = joined(shards, key)
    return found


def _components(ensemble: Setup, tensor: str) -> list[tuple[int, ...]]:
    if tensor in MATRICES:
        size = len(ensemble.inputs) if ensemble.scan == "tensor" else 2
        return list(zip(*(index.tolist() for index in np.triu_indices(size)), strict=True))
    return list(ensemble.components)


def _chosen(ensemble: Setup, tensor: str, X: np.ndarray) -> np.ndarray:
    """(layer, ..., component) from full arrays or from those of sampled components."""
    if tensor in MATRICES:
        return np.stack([X[..., a, b] for a, b in _components(ensemble, tensor)], axis=-1)
    if X.ndim > 3:
        return np.stack([X[:, *c] for c in _components(ensemble, tensor)], axis=-1)
    return X


def _rows(ensemble: Setup, tensor: str, value: np.ndarray, stderr: np.ndarray, n: int, **common: Any) -> Iterator[dict]:
    """Rows of (layer, component) arrays."""
    for layer, component in np.ndindex(value.shape):
        yield {
            "tensor": tensor, "component": "".join(map(str, _components(ensemble, tensor)[component])), "layer": layer + 1,
            "value": float(value[layer, component]), "stderr": float(stderr[layer, component]), "n": n, **common,
        }  # fmt: skip


def _theory(ensemble: Setup, solved: Arrays) -> Iterator[dict]:
    for tensor in solved:
        value = _chosen(ensemble, tensor, solved[tensor])
        quantity = "infinite_width" if tensor in KERNELS else "leading_order"
        yield from _rows(ensemble, tensor, value, np.zeros_like(value), 1, quantity=quantity, width=INF)


def _mean(batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return batches.mean(axis=0), batches.std(axis=0, ddof=1) / np.sqrt(len(batches))


def _sampled(ensemble: Setup, widths: dict[int, dict[str, np.ndarray]]) -> Iterator[dict]:
    for width, tensors in widths.items():
        for tensor, batches in tensors.items():
            value, stderr = (_chosen(ensemble, tensor, X) for X in _mean(batches))
            yield from _rows(ensemble, tensor, value, stderr, len(batches), quantity="sampled", width=float(width))


def _exact(ensemble: Setup, width: int, sampled: dict[str, np.ndarray]) -> Iterator[dict]:
    """Exact moments at the width, component 0000."""
    for tensor in (tensor for tensor in AT_ONE_INPUT if tensor in sampled):
        for layer, value in enumerate(exact_moments(ensemble, tensor, width, sampled[tensor].shape[1]), 1):
            yield {
                "tensor": tensor, "component": "0000", "layer": layer, "value": float(value), "stderr": 0.0, "n": 1,
                "quantity": "exact", "width": float(width),
            }  # fmt: skip


def _compared(ensemble: Setup, solved: Arrays, widths: dict[int, dict[str, np.ndarray]]) -> Iterator[dict]:
    """The last layer, extrapolated in 1/width, and how many standard errors the recursions are away."""
    for tensor in ensemble.tensors:
        means = [[_chosen(ensemble, tensor, X)[-1] for X in _mean(found[tensor])] for found in widths.values()]
        values, errors = (np.stack(part) for part in zip(*means, strict=True))
        limit, stderr = extrapolate(np.array(list(widths)), values, errors, degree=min(2, len(widths) - 1))
        layer, exact = len(solved[tensor]), _chosen(ensemble, tensor, solved[tensor])[-1]
        for quantity, value, error in (
            ("extrapolated", limit, stderr),
            ("z_score", (limit - exact) / np.where(stderr > 0, stderr, 1), np.ones_like(stderr)),
        ):
            for row in _rows(ensemble, tensor, value[None], error[None], len(widths), quantity=quantity, width=INF):
                yield {**row, "layer": layer}


def _rescaled(rows: list[dict], c_w: float) -> Iterator[dict]:
    """The same networks with another weight variance, from C_W = 2."""
    for row in rows:
        if row["tensor"] in POWERS:
            slope, offset = POWERS[row["tensor"]]
            factor = (c_w / 2) ** (slope * row["layer"] + offset)
            yield {**row, "c_w": c_w, "value": factor * row["value"], "stderr": factor * row["stderr"]}
