"""Put kinds of models side by side, with the numbers of the talk."""

from pathlib import Path

import numpy as np

from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.shards import ALL_OOD
from ntklab.experiments.rotated_images.tables import MODEL_COMPARISON, ORBIT_PREDICTION
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import read_table, write_table


def compare_models(*, table: Path, ensembles: list[int], experiment: str, output: Path) -> None:
    """Single models of every kind, ensembles of the sizes `ensembles`, and what is left of infinite ensembles, each on the orbits
    of the group trained with; intervals over networks and images."""
    measured = read_table(table, ORBIT_PREDICTION)
    provenance = record({"experiment": experiment, "ensembles": ensembles}, [table])
    compared = measured.quantity.isin(MODEL_COMPARISON.quantities) & (measured.augmentation == measured.group)
    sizes = (measured.members == 1) | (measured.model == "cnn") & measured.members.isin(ensembles)
    rows = measured[compared & (sizes | (measured.quantity == "floor"))].reset_index(drop=True)
    talk = [_published(row) for row in rows.itertuples()]
    rows = rows.assign(published=[value for value, _ in talk], published_deviation=[deviation for _, deviation in talk])
    write_table(output, rows[[column.name for column in MODEL_COMPARISON.columns]], MODEL_COMPARISON, provenance)


def _published(row) -> tuple[float, float]:
    """The talk's number and the one after +- for a row of the measured table; NaN where it has none."""
    kind = "ensemble" if row.members > 1 else row.model
    asked = row.quantity == "osp" and row.data == ALL_OOD
    return TALK_COMPARISON.get((kind, row.group), (np.nan, np.nan)) if asked else (np.nan, np.nan)
