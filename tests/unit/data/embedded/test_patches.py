"""What the scripts that cut photographs share."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data.embedded.patches import read_photograph, tiles


def test_tiles_are_where_they_say_and_have_contrast(rng):
    photograph = rng.integers(0, 256, size=(70, 100, 3), dtype=np.uint8)
    photograph[:32, :32] = 200
    patches, corners = tiles(photograph)
    assert corners.tolist() == [[0, 32], [0, 64], [32, 0], [32, 32], [32, 64]]
    for patch, (row, column) in zip(patches, corners, strict=True):
        np.testing.assert_array_equal(patch, photograph[row : row + 32, column : column + 32])


def test_a_photograph_is_verified_before_it_is_read(tmp_path):
    content = io.BytesIO()
    Image.fromarray(np.full((4, 5), 7, dtype=np.uint8)).save(content, "PNG")
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.writestr("x/a.png", content.getvalue())
        wheel.writestr("x/b.png", b"text")
    checksum = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"  # of b"text"
    with zipfile.ZipFile(tmp_path / "x.whl") as wheel:
        with pytest.raises(ValueError, match=rf"x\.whl: x/a\.png has sha256 \w{{64}}, expected {checksum}"):
            read_photograph(wheel, "x/a.png", checksum)
        with pytest.raises(OSError, match="cannot identify"):
            read_photograph(wheel, "x/b.png", checksum)
