"""Groups by name."""

import pytest

from ntklab.errors import InputError
from ntklab.groups import REGISTRY, group


def test_registered_groups_and_cyclic_groups_of_any_order_are_found():
    for name in REGISTRY:
        assert group(name).name == name
    assert group("c8").order == 8 and group("c16").name == "c16"


@pytest.mark.parametrize("name", ["d4", "c0", "c-4", "C4", "c4x", ""])
def test_unknown_names_are_refused_with_the_known_ones(name):
    with pytest.raises(InputError, match=rf"unknown group '{name}'; known groups: c1, c2, c4, c<order>"):
        group(name)
