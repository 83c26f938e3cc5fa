"""Image subsets: disjoint, standardised, seeded, grey or in colour."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
import torch

from ntklab.data import cifar10
from ntklab.data.images import ImageSet
from ntklab.errors import InputError
from ntklab.experiments.aug_vs_gcnn.image_subsets import SOURCES, draw_subsets, load_images
from ntklab.groups import cyclic
from ntklab.kernels import Network, gcnn_kernel
from ntklab.nets.convolutional import build_network


def test_image_subsets_are_disjoint_standardised_and_seeded():
    images = np.random.default_rng(1).integers(0, 256, size=(50, 8, 8)).astype(np.uint8)
    data = ImageSet(images, np.arange(50) % 5)
    sets = draw_subsets(data, 10, 6, 4, np.random.default_rng(2))
    assert sets.classes == 5 and {k: len(v) for k, v in sets.images.items()} == {"training": 10, "test": 6, "noise": 6}
    np.testing.assert_allclose([sets.images["training"].mean(), sets.images["training"].std()], [0, 1], atol=1e-12)
    both = np.concatenate([sets.images["training"], sets.images["test"]]).reshape(16, -1)
    assert len(np.unique(both.round(9), axis=0)) == 16
    again = draw_subsets(data, 10, 6, 4, np.random.default_rng(2))
    np.testing.assert_array_equal(sets.images["noise"], again.images["noise"])
    with pytest.raises(InputError, match="60 images wanted, the set has 50"):
        draw_subsets(data, 50, 10, 4, np.random.default_rng(2))


@pytest.fixture
def cifar(tmp_path, rng, monkeypatch):
    """The path of a small archive in CIFAR10's format, whose checksum takes the place of the published one."""
    path, files = tmp_path / cifar10.ARCHIVE, cifar10.TRAINING + cifar10.TEST
    with tarfile.open(path, "w:gz") as archive:
        for name in files:
            records = np.column_stack([np.arange(5) % 10, rng.integers(0, 256, size=(5, cifar10.RECORD - 1))])
            info = tarfile.TarInfo(name)
            info.size = records.size
            archive.addfile(info, io.BytesIO(records.astype(np.uint8).tobytes()))
    content = path.read_bytes()
    checksum = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    remote = cifar10.FILES[cifar10.ARCHIVE]._replace(checksum=checksum, size=len(content))
    monkeypatch.setitem(cifar10.FILES, cifar10.ARCHIVE, remote)
    return str(path)


def test_cifar10_is_drawn_in_colour_and_networks_of_it_keep_the_symmetry(cifar):
    sets = draw_subsets(load_images("cifar10", cifar), 6, 4, 8, np.random.default_rng(2))
    assert {name: images.shape for name, images in sets.images.items()} == {
        "training": (6, 8, 8, 3), "test": (4, 8, 8, 3), "noise": (4, 8, 8, 3),
    }  # fmt: skip
    images = sets.images["training"]
    assert len(np.unique(images.mean(axis=(0, 1, 2)).round(6))) == 3, "the channels are not copies of each other"
    net = build_network("gcnn", (3, 3), 2, channels=3, size=8, outputs=2, rng=np.random.default_rng(1), padding="VALID")
    with torch.no_grad():
        orbit = [
            net(torch.from_numpy(np.moveaxis(turned, -1, 1).astype(np.float32)))
            for turned in cyclic(4).orbit(images).swapaxes(0, 1)
        ]
    for outputs in orbit[1:]:
        np.testing.assert_allclose(outputs, orbit[0], atol=1e-5)
    network = Network((3, 3), padding="VALID", weight_variance=2.0)
    turned = cyclic(4).act(1, images)
    np.testing.assert_allclose(gcnn_kernel(network, images, turned).ntk, gcnn_kernel(network, images).ntk, rtol=1e-5)


def test_the_sets_that_are_loaded_whole_may_be_named():
    assert set(SOURCES) == {"fashion_mnist", "mnist", "cifar10"}
    assert load_images("mnist", "embedded").images.shape == (800, 28, 28)
