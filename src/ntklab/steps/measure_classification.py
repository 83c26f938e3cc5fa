"""Accuracies of infinitely wide networks, and how far their outputs are from the group-convolutional network's."""

from pathlib import Path

from ntklab.files import Arrays
from ntklab.metrics.classification import accuracy, relative_difference
from ntklab.schemas import CLASSIFICATION
from ntklab.steps.record import record
from ntklab.tables import measurements, write_table

KEYS = ("repeat", "orientation", "head", "architecture", "kernel", "training_images")


def measure_classification(*, predictions: Path, experiment: str, output: Path) -> None:
    """One row per quantity, network, training set and size."""
    provenance = record(locals())
    predicted = Arrays(predictions)
    rows = []
    for name in predicted:
        settings = dict(zip(KEYS, name.split("/"), strict=False))
        if "kernel" in settings:
            labels = predicted["{repeat}/labels".format(**settings)]
            gcnn = predicted["{repeat}/{orientation}/{head}/gcnn/{kernel}/{training_images}".format(**settings)]
            settings |= {key: int(settings[key]) for key in ("repeat", "training_images")}
            difference = {"value": relative_difference(predicted[name], gcnn), "stderr": 0.0, "n": len(labels)}
            rows.append({**settings, **accuracy(predicted[name], labels)._asdict(), "quantity": "accuracy"})
            rows.append({**settings, **difference, "quantity": "difference_from_gcnn"})
    common = {key: predicted.header[key] for key in ("data", "source", "image_size")}
    table = measurements(rows, CLASSIFICATION, **common, experiment=experiment, group="c4")
    write_table(output, table, CLASSIFICATION, provenance)
