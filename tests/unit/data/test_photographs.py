"""Patches of photographs, grey and in colour."""

import numpy as np
import pytest

from ntklab.data import photographs
from ntklab.data.embedded import patches as cutting
from ntklab.errors import InputError


@pytest.mark.parametrize(("kind", "shape"), [("grey", (500, 32, 32)), ("colour", (500, 32, 32, 3))])
def test_patches_are_of_all_photographs_and_differ(kind, shape):
    patches = photographs.load(kind)
    names = photographs.KINDS[kind]
    assert patches.images.shape == shape and patches.images.dtype == np.uint8
    np.testing.assert_array_equal(patches.labels, np.arange(500) % len(names))
    assert len(np.unique(patches.images.reshape(500, -1), axis=0)) == 500
    # A little below the threshold on colours, whose luminance is rounded before it is compared.
    assert patches.images.reshape(500, -1).std(axis=1).min() > 0.9 * cutting.CONTRAST


def test_an_unknown_kind_of_photographs_is_refused():
    with pytest.raises(InputError, match=r"photographs: unknown kind 'sepia'; there are grey, colour"):
        photographs.load("sepia")
