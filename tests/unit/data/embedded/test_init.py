"""The data sets that ship with ntklab: images balanced, with their own labels, and all verified."""

import numpy as np
import pytest

from ntklab.data import embedded, fashion_mnist, mnist, photographs, qm9, tissue
from ntklab.data.images import ImageSet
from ntklab.errors import InputError


def nearest_mean_accuracy(training: ImageSet, test: ImageSet) -> float:
    """Share of the test images whose nearest class mean, in pixel space, is that of their own class."""
    flat = test.images.reshape(len(test.images), -1).astype(float)
    means = np.array([training.images[training.labels == c].mean(axis=0).ravel() for c in np.unique(training.labels)])
    nearest = ((flat[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    return (nearest == test.labels).mean()


def test_the_embedded_sets_are_balanced_from_the_start():
    training, test = fashion_mnist.load("embedded")
    digits = mnist.load("embedded")
    for part, per_class in ((training, 500), (test, 100), (digits, 100)):
        assert part.images.shape == (10 * per_class, 28, 28) and part.images.dtype == np.uint8
        assert np.bincount(part.labels).tolist() == [per_class] * 10
        np.testing.assert_array_equal(part.labels, np.arange(10 * per_class) % 10)
        assert len(np.unique(part.images.reshape(len(part.images), -1), axis=0)) == len(part.images)
    assert len(fashion_mnist.CLASSES) == len(mnist.CLASSES) == 10


def test_the_embedded_images_carry_their_own_labels():
    """Nearest class means reach 69 % on the clothes and 79 % on the digits; labels out of step would give 10 %."""
    training, test = fashion_mnist.load("embedded")
    assert nearest_mean_accuracy(training, test) > 0.62
    digits = mnist.load("embedded")
    halves = [ImageSet(digits.images[half], digits.labels[half]) for half in (slice(500), slice(500, None))]
    assert nearest_mean_accuracy(*halves) > 0.70


@pytest.mark.parametrize("name", embedded.SHA256)
def test_a_changed_embedded_file_is_refused(tmp_path, monkeypatch, name):
    content = bytearray((embedded.FOLDER / f"{name}.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / f"{name}.npz").write_bytes(content)
    monkeypatch.setattr(embedded, "FOLDER", tmp_path)
    load, source = {
        "fashion_mnist": (fashion_mnist.load, "embedded"),
        "mnist": (mnist.load, "embedded"),
        "photographs": (photographs.load, "colour"),
        "qm9": (qm9.read, "embedded"),
        "tissue": (tissue.load, "colour"),
    }[name]
    with pytest.raises(
        InputError, match=rf"{name}\.npz: wrong sha256: expected {embedded.SHA256[name]}, found \w{{64}}"
    ):
        load(source)


def test_the_readme_of_the_embedded_sets_names_their_checksums_and_sizes():
    text = (embedded.FOLDER / "README.md").read_text()
    for name, checksum in embedded.SHA256.items():
        assert checksum in text and f"{(embedded.FOLDER / f'{name}.npz').stat().st_size:,}" in text
