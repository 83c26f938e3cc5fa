"""Measure the exact identities between kernels, augmentation and group convolutions on random architectures."""

from functools import partial
from pathlib import Path

from ntklab.experiments.kernel_identity.identities import identity_table
from ntklab.experiments.kernel_identity.tables import IDENTITY_ERROR
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table
from ntklab.seeds import generator


def measure_identities(
    *, experiment: str, architectures: int, groups: list[str], image_size: int, seed: int, output: Path
) -> None:
    """One row per identity, control, group, network and precision."""
    settings = {
        "experiment": experiment, "architectures": architectures, "groups": groups, "image_size": image_size, "seed": seed,
    }  # fmt: skip
    provenance = record(settings)
    errors = identity_table(generator(seed, experiment), architectures, groups, image_size, partial(print, flush=True))
    rows = []
    for error in errors:
        row = dict(vars(error))
        rows.append({**row, "precision": row.pop("dtype"), "value": row.pop("error")})
    common = {"experiment": experiment, "data": "normal numbers", "quantity": "relative_error"}
    write_table(output, measurements(rows, IDENTITY_ERROR, **common, stderr=0.0, n=1), IDENTITY_ERROR, provenance)
