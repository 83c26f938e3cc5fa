"""Load a labelled image set and bring it to the resolution of an experiment."""

from pathlib import Path

import numpy as np

from ntklab.data.catalogue import data_set
from ntklab.data.images import resize
from ntklab.errors import InputError
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record


def prepare_images(*, data: str, source: str, size: int, output: Path) -> None:
    """Load image set `data` from `source` ("embedded" or a folder) and resize it, values 0..255, to size x size."""
    header = record({"data": data, "source": source, "size": size})
    chosen = data_set(data)
    arrays = {}
    if chosen.load is None:
        raise InputError(f"{data}: prepared by a step of its own, which reads the chosen images only")
    for name, images in zip(("training", "test"), chosen.load(source), strict=True):
        arrays[f"{name}/inputs"] = resize(images.images, size)
        arrays[f"{name}/labels"] = images.labels.astype(np.int64)
    save_arrays(output, arrays, {**header, "data": data, "source": source, "classes": list(chosen.classes)})
