"""Accuracies of infinitely wide networks, and how far their outputs are from the group-convolutional network's."""

from pathlib import Path

import numpy as np

from ntklab.experiments.hist_kernel.tables import CLASSIFICATION
from ntklab.files import Arrays
from ntklab.metrics.classification import accuracy, relative_difference
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def measure_classification(*, predictions: Path, experiment: str, output: Path) -> None:
    """One row per quantity, network, training set and size."""
    predicted = Arrays(predictions)
    provenance = record({"experiment": experiment}, [predictions])
    axes, outputs, labels = dict(predicted.header["axes"]), predicted["outputs"], predicted["labels"]
    gcnn = outputs.take(axes["architecture"].index("gcnn"), axis=list(axes).index("architecture"))
    rows = []
    for place in np.ndindex(outputs.shape[: len(axes)]):
        settings = {name: entries[i] for (name, entries), i in zip(axes.items(), place, strict=True)}
        of_place, of_labels = outputs[place], labels[place[0]]
        reference = gcnn[tuple(i for name, i in zip(axes, place, strict=True) if name != "architecture")]
        difference = {"value": relative_difference(of_place, reference), "stderr": 0.0, "n": len(of_labels)}
        rows.append({**settings, **accuracy(of_place, of_labels)._asdict(), "quantity": "accuracy"})
        rows.append({**settings, **difference, "quantity": "difference_from_gcnn"})
    common = {key: predicted.header[key] for key in ("data", "source", "image_size", "group")}
    table = measurements(rows, CLASSIFICATION, **common, experiment=experiment)
    write_table(output, table, CLASSIFICATION, provenance)
