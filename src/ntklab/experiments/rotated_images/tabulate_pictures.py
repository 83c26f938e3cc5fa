"""One evaluation image with its rotations, and the classes that a member and an ensemble give them."""

from pathlib import Path

import numpy as np

from ntklab.experiments.rotated_images.shards import trained_models
from ntklab.experiments.rotated_images.tables import PICTURE, PICTURE_PREDICTION
from ntklab.files import Arrays
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def tabulate_pictures(
    *,
    data: Path,
    predictions: list[Path],
    ensemble: int,
    shown: str,
    experiment: str,
    output_pictures: Path,
    output_predictions: Path,
) -> None:
    """Write an image of the set `shown` at the angles of the group trained with, and the predictions of member 0 and of the mean
    of `ensemble` members.

    The image is the first whose class the ensemble keeps at all those angles, and gets right where there are labels, while the
    member keeps it at some but not all others; without one, the first of the images on which the member keeps it least often.
    """
    orbits = Arrays(data)
    provenance = record({"experiment": experiment, "ensemble": ensemble, "shown": shown}, [data, *predictions])
    (trained,) = trained_models(predictions)
    logits = trained.logits(shown)[:ensemble].astype(np.float64)
    pictures = logits.shape[2]
    classes = {1: logits[0].argmax(axis=-1), ensemble: logits.mean(axis=0).argmax(axis=-1)}
    labels = orbits["test/labels"] if shown == "test" else None
    image = _choose(classes[1], classes[ensemble], labels)
    x = orbits[f"{shown}/orbits"][image]
    x = x[:: len(x) // pictures]
    common = {"experiment": experiment, "data": shown, "group": trained.augmentation, "image": image}
    pixels = [
        {"angle": 360 * i / pictures, "row": r, "column": c, "channel": k, "value": float(value)}
        for (i, r, c, k), value in np.ndenumerate(x)
    ]
    table = measurements(pixels, PICTURE, **common, quantity="pixel", stderr=0.0, n=1)
    write_table(output_pictures, table, PICTURE, provenance)
    said = {float(members): found[image] for members, found in classes.items()}
    if labels is not None:
        said[np.inf] = np.full(pictures, labels[image])
    rows = [
        {"angle": 360 * i / pictures, "members": members, "class_name": orbits.header["classes"][k], "value": float(k)}
        for members, found in said.items()
        for i, k in enumerate(found)
    ]
    table = measurements(rows, PICTURE_PREDICTION, **common, quantity="class", stderr=0.0, n=1)
    write_table(output_predictions, table, PICTURE_PREDICTION, provenance)


def _choose(member: np.ndarray, ensemble: np.ndarray, labels: np.ndarray | None) -> int:
    """Index of the image to show; arrays of classes (image, angle)."""
    kept = (member == member[:, :1]).sum(axis=1)
    wanted = ensemble[:, :1] if labels is None else labels[:, None]
    good = (ensemble == wanted).all(axis=1) & (kept > member.shape[1] // 4) & (kept < member.shape[1])
    return int(np.argmax(good)) if good.any() else int(np.argmin(kept))
