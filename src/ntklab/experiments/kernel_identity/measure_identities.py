"""Measure the exact identities between kernels, augmentation and group convolutions on random architectures."""

from functools import partial
from pathlib import Path

from ntklab.experiments.kernel_identity.identities import GROUP, identity_table
from ntklab.experiments.kernel_identity.tables import IDENTITY_ERROR
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table
from ntklab.seeds import generator


def measure_identities(*, experiment: str, architectures: int, image_size: int, seed: int, output: Path) -> None:
    """One row per identity, control, network and precision."""
    settings = {"experiment": experiment, "architectures": architectures, "image_size": image_size, "seed": seed}
    provenance = record(settings)
    errors = identity_table(generator(seed, experiment), architectures, image_size, partial(print, flush=True))
    rows = []
    for error in errors:
        row = dict(vars(error))
        rows.append({**row, "precision": row.pop("dtype"), "value": row.pop("error")})
    common = {"experiment": experiment, "data": "normal numbers", "group": GROUP.name, "quantity": "relative_error"}
    write_table(output, measurements(rows, IDENTITY_ERROR, **common, stderr=0.0, n=1), IDENTITY_ERROR, provenance)
