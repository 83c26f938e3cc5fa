"""Put kinds of models side by side, with the numbers of the talk."""

from pathlib import Path

import numpy as np

from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.shards import ALL_OOD
from ntklab.experiments.rotated_images.tables import MODEL_COMPARISON, ORBIT_PREDICTION
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import read_table, write_table


def compare_models(*, table: Path, ensemble: int, experiment: str, output: Path) -> None:
    """Single models of every kind, ensembles of `ensemble` networks, and what is left of infinite ensembles.

    The deviation is over independently trained models (or ensembles), the standard error that of their mean.
    """
    measured = read_table(table, ORBIT_PREDICTION)
    provenance = record({"experiment": experiment, "ensemble": ensemble}, [table])
    compared = measured.quantity.isin(MODEL_COMPARISON.quantities) & (measured.augmentation == measured.group)
    sizes = measured.members.isin([1, ensemble]) | (measured.quantity == "floor")
    rows = measured[compared & sizes].reset_index(drop=True)
    talk = [_published(row) for row in rows.itertuples()]
    rows = rows.assign(
        experiment=experiment,
        deviation=rows.stderr * np.sqrt(rows.n),
        published=[value for value, _ in talk],
        published_deviation=[deviation for _, deviation in talk],
    )
    write_table(output, rows[[column.name for column in MODEL_COMPARISON.columns]], MODEL_COMPARISON, provenance)


def _published(row) -> tuple[float, float]:
    """The talk's number and the one after +- for a row of the measured table; NaN where it has none."""
    kind = "ensemble" if row.members > 1 else row.model
    asked = row.quantity == "osp" and row.data == ALL_OOD and (kind == "ensemble") <= (row.model == "cnn")
    return TALK_COMPARISON.get((kind, row.group), (np.nan, np.nan)) if asked else (np.nan, np.nan)
