"""Compare the empirical kernels of every width with the analytic ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ntklab.experiments.kernel_convergence.tables import KERNEL_CONVERGENCE, KERNEL_CONVERGENCE_REPLICATES
from ntklab.files import Arrays
from ntklab.metrics.kernel_convergence import (
    draw_deviation,
    mean_deviation,
    mean_kernel,
    replicated_deviation,
    replicated_ratios,
)
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.shards import by, joined
from ntklab.pipeline.table_files import write_table
from ntklab.seeds import generator

WHOLE = {"image": -1, "image2": -1}
CONTROL = 2.0
"""Factor on the analytic kernel of the control: a kernel that the empirical ones do not tend to."""


def measure_kernel_convergence(
    *,
    kernels: Path,
    draws: list[Path],
    bootstrap: int,
    seed: int,
    experiment: str,
    output: Path,
    output_replicates: Path,
) -> None:
    """One table for all widths, only entries on and above the diagonal; and one with groups of draws left out."""
    settings = {"experiment": experiment, "bootstrap": bootstrap, "seed": seed}
    provenance = record(settings, [kernels, *draws])
    analytic = Arrays(kernels)
    rows, replicates = [], []
    for kernel, exact in analytic.items():
        entries = _entries(exact, np.zeros_like(exact), 1)
        rows += [{**row, "kernel": kernel, "width": np.inf, "quantity": "entry"} for row in entries]
    for width, shards in sorted(by(draws, "width").items()):
        for kernel in ("nngp", "ntk"):
            drawn = joined(shards, kernel)
            rng = generator(seed, experiment, "bootstrap", kernel, width)
            measured = _measured(drawn, analytic[kernel], bootstrap, rng)
            place = {"kernel": kernel, "width": float(width)}
            rows += [{**row, **place} for row in measured]
            replicates += [{**row, **place} for row in _replicated(drawn, analytic[kernel])]
    common = {"experiment": experiment, **{name: analytic.header[name] for name in ("data", "group", "network")}}
    table = measurements(rows, KERNEL_CONVERGENCE, **common)
    write_table(output, table, KERNEL_CONVERGENCE, provenance)
    columns = [column.name for column in KERNEL_CONVERGENCE_REPLICATES.columns]
    frame = pd.DataFrame(replicates).assign(**common)[columns]
    write_table(output_replicates, frame, KERNEL_CONVERGENCE_REPLICATES, provenance)


def _measured(
    drawn: np.ndarray, exact: np.ndarray, bootstrap: int, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    mean = mean_kernel(drawn)
    for row in _entries(mean.value, mean.stderr, mean.n):
        yield {**row, "quantity": "entry"}
    for row in _entries((mean.value - exact) / mean.stderr, np.ones_like(exact), mean.n):
        yield {**row, "quantity": "z_score"}
    single = draw_deviation(drawn, exact)
    yield {**WHOLE, **single._asdict(), "quantity": "draw_deviation"}
    yield {**WHOLE, **mean_deviation(drawn, exact, bootstrap, rng)._asdict(), "quantity": "mean_deviation"}
    root = np.sqrt(single.n)
    yield {**WHOLE, "value": single.value / root, "stderr": single.stderr / root, "n": single.n, "quantity": "noise"}


def _replicated(drawn: np.ndarray, exact: np.ndarray) -> Iterator[dict[str, Any]]:
    for theory in (1.0, CONTROL):
        for replicate, value in enumerate(replicated_deviation(drawn, theory * exact)):
            yield {
                **WHOLE, "theory": theory, "quantity": "draw_deviation", "replicate": replicate, "value": value
            }  # fmt: skip
    for replicate, ratios in enumerate(replicated_ratios(drawn, exact)):
        for row in _entries(ratios, np.zeros_like(exact), 1):
            entry = {name: row[name] for name in ("image", "image2", "value")}
            yield {**entry, "theory": 1.0, "quantity": "ratio", "replicate": replicate}


def _entries(value: np.ndarray, stderr: np.ndarray, n: int) -> list[dict[str, Any]]:
    return [
        {"image": int(i), "image2": int(j), "value": value[i, j], "stderr": stderr[i, j], "n": n}
        for i, j in zip(*np.triu_indices(len(value)), strict=True)
    ]
