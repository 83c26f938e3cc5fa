"""Rules that blocks of settings share name the key that breaks them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from ntklab.pipeline.settings import (
    ActivationName,
    Block,
    Convolutions,
    increasing,
    one_for_each_width,
    recorded_from_start,
)


def test_values_must_increase():
    increasing("width", [1, 2, 5])
    increasing("width", [])
    for wrong in ([2, 1], [1, 1]):
        with pytest.raises(ValueError, match="width: not increasing"):
            increasing("width", wrong)


def test_recorded_steps_start_at_the_initialisation():
    recorded_from_start([0, 5])
    with pytest.raises(ValueError, match="recorded_steps: starts at 0"):
        recorded_from_start([1, 5])


def test_there_is_a_value_for_each_width():
    one_for_each_width("members", [1, 2], [10, 20])
    with pytest.raises(ValueError, match="members: 1 values for 2 widths"):
        one_for_each_width("members", [1], [10, 20])


def test_filters_fit_the_feature_maps_before_them():
    Convolutions(filters=[3, 3], padding="VALID").check_fit("network.filters", 5)
    Convolutions(filters=[3, 5], padding="CIRCULAR").check_fit("network.filters", 5)
    with pytest.raises(ValueError, match=r"network.filters: a filter of side 3 does not fit feature maps of side 2"):
        Convolutions(filters=[3, 3], padding="VALID").check_fit("network.filters", 4)


def test_even_filters_with_zeros_around_break_the_symmetry():
    Convolutions(filters=[2], padding="VALID")
    with pytest.raises(ValidationError, match="even filters with SAME padding"):
        Convolutions(filters=[3, 2], padding="SAME")


def test_activations_are_named_as_in_the_registry():
    names = TypeAdapter(ActivationName)
    assert names.validate_python("tanh") == "tanh" and names.validate_python("leaky_relu(0.1)") == "leaky_relu(0.1)"
    with pytest.raises(ValidationError, match="unknown activation 'swish'"):
        names.validate_python("swish")


def test_a_block_refuses_unknown_keys_and_converts_nothing():
    class Sizes(Block):
        width: int

    assert Sizes(width=3).width == 3
    for wrong in ({"width": 3, "depth": 1}, {"width": "3"}, {"width": 3.0}):
        with pytest.raises(ValidationError):
            Sizes(**wrong)
    with pytest.raises(ValidationError, match="frozen"):
        Sizes(width=3).width = 4
