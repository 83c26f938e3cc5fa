"""What the table of moments holds of the cross product alone: halves of the ensembles, and bounds."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ntklab.experiments.cross_product.tables import HALVES
from ntklab.files import Arrays
from ntklab.metrics.ensemble_moments import moments_of
from ntklab.metrics.equivariance_bounds import largest_direction, squared_spread_bound
from ntklab.metrics.spread import orbit_deviation
from ntklab.pipeline.orbit_ensembles.tables import MOMENTS
from ntklab.pipeline.shards import by, joined

COLUMNS = [column.name for column in MOMENTS.columns]
SPACE = 3
"""Components of an output."""


def halves(moments: pd.DataFrame, shards: Sequence[Path]) -> pd.DataFrame:
    """Squared spreads on Haar rotations of both halves of every ensemble's members, which are independent."""
    rows = []
    for (augmentation, _), found in by(shards, "augmentation", "width").items():
        for place in (name for name in found[0].groups("predictions") if name.endswith("/haar")):
            deviations = orbit_deviation(joined(found, f"{place}/predictions").astype(np.float64))
            deviations = deviations.reshape(*deviations.shape[:2], -1)
            middle = 2 * (len(deviations) // 4)
            common = _settings(moments, augmentation, *place.split("/"))
            for quantity, half in zip(HALVES, (deviations[:middle], deviations[middle:]), strict=True):
                for moment in moments_of(quantity, half):
                    row = moment._asdict()
                    rows.append({**common, "step": found[0].header["steps"][row.pop("time_index")], **row})
    return pd.DataFrame(rows)[COLUMNS]


def _settings(moments: pd.DataFrame, augmentation: str, data: str, group: str) -> dict:
    rows = _of(moments, augmentation, data, group)
    return rows.iloc[0][["experiment", "data", "group", "width", "depth", "augmentation", "trained"]].to_dict()


def _of(moments: pd.DataFrame, augmentation: str, data: str, group: str) -> pd.DataFrame:
    return moments[(moments.augmentation == augmentation) & (moments.data == data) & (moments.group == group)]


def bounds(moments: pd.DataFrame, limits: Iterable[Path]) -> pd.DataFrame:
    """Bounds on the infinite ensemble, squared, and a member's variance in its largest direction, the same for all replicates."""
    tables = []
    for limit in map(Arrays, limits):
        steps, augmentation = limit.header["steps"], limit.header["settings"]["augmentation"]
        for place in limit.groups("mean"):
            values = {"limit_largest_direction": (1.0, largest_direction(limit[f"{place}/covariance"]))}
            for quantity in ("kernel_bound", "lipschitz_bound"):
                if f"{place}/{quantity}" in limit:
                    values[quantity] = (np.inf, squared_spread_bound(limit[f"{place}/{quantity}"], SPACE))
            rows = _of(moments, augmentation, *place.split("/"))
            rows = rows[(rows.quantity == "limit_squared_spread") & np.isinf(rows.members)]
            for quantity, (members, of_time) in values.items():
                by_step = dict(zip(steps, of_time, strict=True))
                tables.append(rows.assign(quantity=quantity, members=members, value=rows.step.map(by_step)))
    return pd.concat(tables)[COLUMNS]
