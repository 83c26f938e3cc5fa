"""Train batches of networks of one width by gradient flow, beside their linearisations."""

from pathlib import Path

import numpy as np

from ntklab.experiments.training.setups import SETUPS
from ntklab.experiments.training.training_sets import times_of, training_set
from ntklab.files import Arrays, save_arrays
from ntklab.finite_width.trained_networks import trained_means
from ntklab.pipeline.provenance import record


def train_networks(
    *,
    data: Path,
    setup: str,
    label_scale: float,
    times: list[float],
    width: int,
    networks_per_batch: int,
    kernels_per_batch: int,
    first: int,
    last: int,
    seed: int,
    output: Path,
) -> None:
    """Write width times the means of each batch first..last, (batch, time, point), training points first: `beyond` (networks less
    their linearisations), `linearised` (less infinite width), `drift` (change of the NTK of a point with itself), and
    `variance/...` of the ways to average, as in `trained_means`."""
    settings = {
        "setup": setup, "label_scale": label_scale, "times": times, "width": width,
        "networks_per_batch": networks_per_batch, "kernels_per_batch": kernels_per_batch, "first": first, "last": last,
        "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    chosen = training_set(Arrays(data), SETUPS[setup], label_scale)
    at = times_of(chosen, SETUPS[setup], times)
    found = trained_means(
        chosen.x_train, chosen.y, chosen.x_test, at, width=width, networks=networks_per_batch, kernels=kernels_per_batch,
        batches=last + 1 - first, first_batch=first, seed=seed, **SETUPS[setup].network,
    )  # fmt: skip
    arrays = {
        "beyond": found.nonlinear, "linearised": found.linear,
        "drift": np.einsum("btpp->btp", found.drift),
    }  # fmt: skip
    arrays |= {f"variance/{name}": values for name, values in found.variances.items()}
    save_arrays(output, arrays, header)
    print(f"{setup}, width {width}: batches {first} to {last} of {networks_per_batch} networks", flush=True)
