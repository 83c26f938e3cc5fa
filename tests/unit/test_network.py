"""What describes an architecture, and what it refuses."""

import numpy as np
import pytest

from ntklab.activations import leaky_relu
from ntklab.network import Network


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"filters": (3, 0)}, "side lengths are integers, at least 1"),
        ({"dense": -1}, "number of hidden dense layers"),
        ({"dense": 2.0}, "number of hidden dense layers"),
        ({"dense": True}, "number of hidden dense layers"),
        ({"filters": (3, True)}, "side lengths are integers, at least 1"),
        ({"weight_variance": np.inf}, "must be positive"),
        ({"padding": "REFLECT"}, "one of VALID, SAME, CIRCULAR"),
        ({"nonlinearity": "sine"}, "unknown activation"),
        ({"weight_variance": 0.0}, "must be positive"),
        ({"bias_variance": -1.0}, "must not be negative"),
    ],
)
def test_invalid_architectures_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Network(**arguments)


def test_integers_of_numpy_are_integers():
    network = Network(filters=np.array([3, 3]), dense=np.int64(1), weight_variance=np.float32(2))
    assert network == Network(filters=(3, 3), dense=1, weight_variance=2.0) and hash(network)
    assert str(network) == str(Network(filters=(3, 3), dense=1, weight_variance=2.0))
    assert [type(q) for q in (*network.filters, network.dense)] == [int, int, int]


def test_sizes_follow_the_padding():
    assert Network((3, 5), padding="VALID").sizes(10) == (10, 8, 4)
    assert Network((3, 5), padding="SAME").sizes(10) == (10, 10, 10)
    with pytest.raises(ValueError, match="filter of side 5 does not fit feature maps of side 4"):
        Network((3, 5), padding="valid").sizes(6)


def test_only_even_filters_with_zero_padding_break_equivariance():
    assert not Network((3, 2), padding="SAME").equivariant
    assert Network((3, 2), padding="VALID").equivariant
    assert Network((3, 2), padding="CIRCULAR").equivariant
    assert Network((3, 5), padding="SAME").equivariant


def test_networks_hash_by_content_and_read_well():
    assert Network([3, 3], nonlinearity=leaky_relu(0.2)) == Network((3, 3), nonlinearity=leaky_relu(0.2))
    assert len({Network((3,)), Network((3,)), Network((3,), dense=1)}) == 2
    assert str(Network((3, 3), dense=1)) == "conv 3-3 SAME, pool, 1 hidden dense, relu, sw2=1 sb2=0"
