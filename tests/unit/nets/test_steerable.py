"""Steerable CNNs: as many multiplications as ten members, or a refusal."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ntklab.errors import InputError
from ntklab.nets.image_classifiers import build_classifier
from ntklab.nets.image_cnn import image_cnn_multiplications
from ntklab.nets.steerable import matched_fields, steerable, steerable_multiplications

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
def test_steerable_cnns_take_as_many_multiplications_as_ten_members(options, group_order):
    net = build_classifier("steerable", group_order=group_order, **options, rng=seeded())
    first, second = (len(layer.weight) for layer in net if hasattr(layer, "filters"))
    ours = steerable_multiplications(first, second, group_order=group_order, **without_layers(options))
    assert abs(ours / (10 * image_cnn_multiplications(**options)) - 1) < 0.2
    assert 10 < second / first < 25, "about sixteen fields of the second block for each of the first"


def without_layers(options: dict) -> dict:
    """What a steerable CNN has of the architecture of the members."""
    return {name: value for name, value in options.items() if name not in ("channels", "hidden")}


@pytest.mark.parametrize("group_order", [4, 8, 16])
@pytest.mark.parametrize("options", [LAPTOP, HISTOLOGY, LAPTOP | {"pooled": 1}, LAPTOP | {"pooled": 0}])
def test_multiplications_are_those_that_are_executed(options, group_order):
    """Those of a second image: the first one's include the expansion of the filters, once for every batch."""
    net = build_classifier("steerable", group_order=group_order, **options, rng=seeded())
    first, second = (len(layer.weight) for layer in net if hasattr(layer, "filters"))
    expected = steerable_multiplications(first, second, group_order=group_order, **without_layers(options))
    one, two = (executed(net, options, batch) for batch in (1, 2))
    assert two - one == expected < one


def executed(net: torch.nn.Module, options: dict, batch: int) -> int:
    """Multiplications that PyTorch counts; on no device, as no number is needed."""
    size = options["size"]
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        net.to("meta").eval()(torch.zeros(batch, options["channels_in"], size, size, device="meta"))
    return counted.get_total_flops() // 2


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"multiplications": 100}, "no C16-steerable CNN of 2 blocks takes 100 multiplications within 20%"),
        ({"group_order": 1}, "a group of order 2 or more, not 1"),
        ({"size": 27}, "even side, not 27"),
    ],
)
def test_steerable_cnns_that_do_not_exist_are_refused(changed, message):
    with pytest.raises(InputError, match=message):
        steerable(**without_layers(LAPTOP) | {"group_order": 16, "multiplications": 1_332_800} | changed, rng=seeded())


def test_fields_are_matched_to_the_nearest_ratio():
    """Among the pairs whose second number comes nearest to the multiplications asked for, by trying all."""
    options = {"group_order": 4, **without_layers(LAPTOP)}
    wanted = 10 * image_cnn_multiplications(**LAPTOP)

    def off(first: int, second: int) -> int:
        return abs(steerable_multiplications(first, second, **options) - wanted)

    nearest = [(first, min(range(1, 300), key=lambda second: off(first, second))) for first in range(1, 30)]
    pairs = [pair for pair in nearest if off(*pair) <= 0.2 * wanted]
    assert len(pairs) > 10
    expected = min(pairs, key=lambda pair: abs(np.log(pair[1] / pair[0] / 16)))
    assert matched_fields(wanted, **options) == expected == (4, 65)
