"""Steerable CNNs: as many parameters as the members, or a refusal."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.nets.image_classifiers import build_classifier, parameter_count
from ntklab.nets.image_cnn import image_cnn_parameters
from ntklab.nets.steerable import matched_fields, steerable

LAPTOP = {"size": 28, "channels_in": 1, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 10}
PAPER = {"size": 28, "channels_in": 1, "channels": (32, 64, 64), "pooled": 2, "hidden": (20,), "classes": 10}
HISTOLOGY = {"size": 32, "channels_in": 3, "channels": (8, 16), "pooled": 2, "hidden": (), "classes": 9}
HISTOLOGY_PAPER = {
    "size": 112,
    "channels_in": 3,
    "channels": (16, 32, 64, 64),
    "pooled": 4,
    "hidden": (64,),
    "classes": 9,
}


def seeded(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("group_order", [4, 8, 16])
@pytest.mark.parametrize("options", [LAPTOP, PAPER, HISTOLOGY, HISTOLOGY_PAPER])
def test_steerable_cnns_have_as_many_parameters_as_the_members(options, group_order):
    net = build_classifier("steerable", group_order=group_order, **options, rng=seeded())
    assert abs(parameter_count(net) / image_cnn_parameters(**options) - 1) < 0.2
    fields = [len(layer.weight) for layer in net if hasattr(layer, "filters")]
    assert 1.3 < fields[1] / fields[0] < 3, "about twice the fields in the second block, as in the members"


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"parameters": 100}, "no C16-steerable CNN of 2 blocks has 100 parameters within 20%"),
        ({"group_order": 1}, "a group of order 2 or more, not 1"),
        ({"channels": (8,)}, "has 2 blocks"),
        ({"size": 27}, "even side, not 27"),
    ],
)
def test_steerable_cnns_that_do_not_exist_are_refused(changed, message):
    options = {name: value for name, value in LAPTOP.items() if name != "hidden"}
    with pytest.raises(InputError, match=message):
        steerable(**options | {"group_order": 16, "parameters": 9098} | changed, rng=seeded())


def test_fields_are_matched_to_the_nearest_ratio():
    first, second = matched_fields(9098, 2, group_order=4, channels_in=1, classes=10)
    assert (first, second) == (13, 28)
