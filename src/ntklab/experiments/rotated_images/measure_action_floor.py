"""Measure how far rotations of the evaluation images are from a group action, without any network."""

from pathlib import Path

import numpy as np

from ntklab.data.rotation import group_action_floor
from ntklab.experiments.rotated_images.tables import ACTION_FLOOR
from ntklab.files import Arrays
from ntklab.groups import cyclic
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def measure_action_floor(*, data: Path, orders: list[int], images: int, experiment: str, output: Path) -> None:
    """Mean failures of the inverse and of the composition, of the first `images` images of every set, for every order."""
    orbits = Arrays(data)
    provenance = record({"experiment": experiment, "orders": orders, "images": images}, [data])
    rows = []
    for name in orbits.groups("orbits"):
        x = orbits[f"{name}/orbits"][:images, 0]
        for order in orders:
            found = group_action_floor(x, order)
            off = ~np.eye(1, order, dtype=bool)[0]
            values = {"inverse": found.inverse[off], "composition": found.composition[np.ix_(off, off)]}
            for quantity, each in values.items():
                rows.append(
                    {"data": name, "group": cyclic(order).name, "quantity": quantity, "value": float(each.mean())}
                )
    table = measurements([row | {"stderr": 0.0, "n": images} for row in rows], ACTION_FLOOR, experiment=experiment)
    write_table(output, table, ACTION_FLOOR, provenance)
