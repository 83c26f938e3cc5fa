"""Sample images of independent normal numbers."""

from pathlib import Path

from ntklab.data.gaussian import gaussian_images
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record


def sample_gaussian_images(*, key: int, images: int, size: int, channels: int, output: Path) -> None:
    """Write `inputs` (images, size, size, channels), and in the header what they are."""
    header = record({"key": key, "images": images, "size": size, "channels": channels})
    data = f"{images} normal images {size}x{size}x{channels}, key {key:#x}"
    save_arrays(output, {"inputs": gaussian_images(key, images, size, channels)}, {**header, "data": data})
