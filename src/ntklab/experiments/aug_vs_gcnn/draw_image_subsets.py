"""Draw training and test images of one data set, and images of noise."""

from pathlib import Path

import numpy as np

from ntklab.experiments.aug_vs_gcnn.image_subsets import draw_subsets, load_images
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def draw_image_subsets(
    *,
    data: str,
    source: str,
    size: int,
    training_images: int,
    test_images: int,
    experiment: str,
    seed: int,
    output: Path,
) -> None:
    """Write `training/inputs`, `test/inputs`, `noise/inputs` and the centred one-hot `training/targets`."""
    settings = {
        "experiment": experiment, "data": data, "source": source, "size": size, "training_images": training_images,
        "test_images": test_images, "seed": seed,
    }  # fmt: skip
    header = record(settings)
    rng = generator(seed, experiment, "images")
    sets = draw_subsets(load_images(data, source), training_images, test_images, size, rng)
    targets = np.eye(sets.classes)[sets.labels["training"]] - 1 / sets.classes
    arrays = {f"{name}/inputs": images for name, images in sets.images.items()}
    save_arrays(output, {**arrays, "training/targets": targets}, {**header, "data": data, "source": source})
