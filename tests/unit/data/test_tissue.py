"""Patches of stained tissue, grey and in colour."""

import numpy as np
import pytest

from ntklab.data import tissue
from ntklab.data.embedded import patches
from ntklab.data.images import grey
from ntklab.errors import InputError


def test_patches_are_of_all_photographs_and_differ():
    colour = tissue.load("colour")
    assert colour.images.shape == (621, 32, 32, 3) and colour.images.dtype == np.uint8
    assert np.bincount(colour.labels).tolist() == [250, 135, 236] and len(tissue.CLASSES) == 3
    np.testing.assert_array_equal(colour.labels[: 3 * 135], np.arange(3 * 135) % 3)
    assert len(np.unique(colour.images.reshape(621, -1), axis=0)) == 621
    assert grey(colour.images).std(axis=(1, 2)).min() >= patches.CONTRAST


def test_stains_are_seen():
    """Haematoxylin and eosin let the least light through in green, DAB in blue; glass would let all through."""
    colour = tissue.load("colour")
    slide, cells, glands = (colour.images[colour.labels == label].mean(axis=(0, 1, 2)) for label in range(3))
    assert slide.argmin() == cells.argmin() == 1 and glands.argmin() == 2
    assert colour.images.mean() < 200


def test_grey_patches_are_the_luminance_of_the_coloured_ones():
    found, colour = tissue.load("grey"), tissue.load("colour")
    np.testing.assert_array_equal(found.images, grey(colour.images))
    np.testing.assert_array_equal(found.labels, colour.labels)


def test_an_unknown_kind_of_tissue_is_refused():
    with pytest.raises(InputError, match=r"tissue: unknown kind 'sepia'; there are grey, colour"):
        tissue.load("sepia")
