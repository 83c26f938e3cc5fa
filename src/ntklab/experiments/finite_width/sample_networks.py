"""Draw networks of ensembles at every width and estimate their tensors, batch by batch."""

from pathlib import Path

import numpy as np

from ntklab.experiments.finite_width.setups import SETUPS, Setup
from ntklab.files import save_arrays
from ntklab.finite_width.sampling import sample
from ntklab.pipeline.provenance import record


def sample_networks(
    *,
    setups: list[str],
    depth: int,
    width: list[int],
    networks_per_batch: int,
    first: int,
    last: int,
    estimator: str,
    seed: int,
    outputs: list[Path],
) -> None:
    """Write `<width>/<tensor>` of each setup as (batch, layer, ...) for the batches first..last."""
    for name, output in zip(setups, outputs, strict=True):
        settings = {
            "setup": name, "depth": depth, "width": width, "networks_per_batch": networks_per_batch, "first": first,
            "last": last, "estimator": estimator, "seed": seed,
        }  # fmt: skip
        arrays = {}
        for n in SETUPS[name].widths(width):
            networks = SETUPS[name].networks(networks_per_batch, n)
            drawn = _drawn(SETUPS[name], n, depth, networks, first, last, estimator, seed)
            arrays |= {f"{n}/{tensor}": values for tensor, values in drawn.items()}
            print(f"{name}, width {n}: batches {first} to {last} of {networks} networks", flush=True)
        save_arrays(output, arrays, record(settings))


def _drawn(
    ensemble: Setup, width: int, depth: int, networks: int, first: int, last: int, estimator: str, seed: int
) -> dict[str, np.ndarray]:
    batches = last + 1 - first
    return sample(
        ensemble.x, ensemble.activation, ensemble.hidden(width, depth), ensemble.c_w, tensors=ensemble.tensors,
        components=ensemble.components, networks=batches * networks, batches=batches, first_batch=first,
        seed=seed, estimator=estimator if ensemble.scan != "tensor" else "collapsed", **ensemble.constants,
    ).batches  # fmt: skip
