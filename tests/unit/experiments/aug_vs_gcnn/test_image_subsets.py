"""Image subsets: disjoint, standardised, seeded."""

import numpy as np
import pytest

from ntklab.data.images import ImageSet
from ntklab.errors import InputError
from ntklab.experiments.aug_vs_gcnn.image_subsets import draw_subsets


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
