"""Draw networks of one ensemble at every width and estimate its tensors, batch by batch."""

import time
from pathlib import Path

from ntklab.files import save_arrays
from ntklab.finite_width.sampling import sample
from ntklab.finite_width.setups import SETUPS
from ntklab.steps.record import record


def sample_networks(
    *,
    setup: str,
    depth: int,
    width: list[int],
    networks_per_batch: int,
    first: int,
    last: int,
    estimator: str,
    seed: int,
    output: Path,
) -> None:
    """Write `<width>/<tensor>` as (batch, layer, ...) for the batches first..last."""
    header = record(locals())
    ensemble, batches = SETUPS[setup], last + 1 - first
    arrays = {}
    for n in width:
        start = time.monotonic()
        drawn = sample(
            ensemble.x, ensemble.activation, ensemble.hidden(n, depth), ensemble.c_w, tensors=ensemble.tensors,
            components=ensemble.components, networks=batches * networks_per_batch, batches=batches, first_batch=first,
            seed=seed, estimator=estimator if ensemble.scan != "tensor" else "averaged", **ensemble.constants,
        )  # fmt: skip
        arrays |= {f"{n}/{tensor}": values for tensor, values in drawn.batches.items()}
        print(
            f"width {n}: {batches} batches of {networks_per_batch} networks in {time.monotonic() - start:.0f} s",
            flush=True,
        )
    save_arrays(output, arrays, header)
