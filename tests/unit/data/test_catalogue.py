"""Image sets by name, their published files, and where each source is read from."""

import subprocess
import sys
from dataclasses import replace

import pytest

from ntklab.data import catalogue
from ntklab.data.catalogue import CATALOGUE, data_set
from ntklab.errors import InputError

SHIPPED = ("fashion_mnist", "mnist")
"""Sets of which some images are part of ntklab."""


def test_an_unknown_image_set_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown image set 'fashion'; known image sets: fashion_mnist"):
        data_set("fashion")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_image_set_has_labels_for_its_classes(name):
    chosen = data_set(name)
    for part in chosen.load("embedded"):
        assert len(part.images) == len(part.labels) and part.images.ndim == 3 + (chosen.channels > 1)
        assert set(part.labels) == set(range(len(chosen.classes)))


def test_the_catalogue_is_light():
    code = "import sys, ntklab.data.catalogue; raise SystemExit(bool({'torch', 'jax', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_unknown_files_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown image set 'bits'; known image sets: fashion_mnist, "):
        catalogue.remote_file("bits", "x")
    with pytest.raises(InputError, match=r"'mnist' has no file 'x'; known: train-images-idx3-ubyte\.gz, "):
        catalogue.remote_file("mnist", "x")


@pytest.mark.parametrize("data", CATALOGUE)
def test_every_published_file_can_be_recognised(data):
    for name, remote in CATALOGUE[data].files.items():
        kind, value = remote.checksum.split(":")
        assert kind in ("md5", "unpacked-md5") and len(value) == 32 and int(value, 16) >= 0
        assert remote.urls and all(url.startswith(("https://", "http://")) for url in remote.urls)
        assert any(name in url for url in remote.urls)


@pytest.mark.parametrize("data", CATALOGUE)
def test_the_complete_set_is_some_of_the_published_files(data):
    chosen = CATALOGUE[data]
    assert chosen.complete and set(chosen.complete) <= set(chosen.files)
    assert chosen.channels in (1, 3) and len(set(chosen.classes)) == len(chosen.classes)


def test_full_data_are_of_the_package_where_it_is_else_downloaded(monkeypatch, tmp_path):
    def with_package(folder):
        monkeypatch.setitem(CATALOGUE, "fashion_mnist", replace(CATALOGUE["fashion_mnist"], package_folder=folder))

    with_package(tmp_path)
    assert catalogue.downloads("fashion_mnist", "full") == ()
    assert catalogue.location("fashion_mnist", "full", "downloads") == str(tmp_path)
    with_package(tmp_path / "absent")
    assert len(catalogue.downloads("fashion_mnist", "full")) == 4
    assert catalogue.location("fashion_mnist", "full", "downloads") == "downloads/fashion_mnist"
    assert catalogue.location("cifar10", "full", "downloads") == "downloads/cifar10/cifar-10-binary.tar.gz"
    assert catalogue.downloads("histology", "pathmnist_64.npz") == ("pathmnist_64.npz",)
    assert catalogue.location("histology", "pathmnist_64.npz", "d") == "d/histology/pathmnist_64.npz"
    for source in ("embedded", "stand_in", "/my/folder"):
        assert catalogue.downloads("histology", source) == () and catalogue.location("x", source, "d") == source
