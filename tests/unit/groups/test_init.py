"""Groups by name."""

import pytest

from ntklab.errors import InputError
from ntklab.groups import REGISTRY, cyclic, dihedral, group, octahedral, pixel_group


def test_registered_groups_and_cyclic_groups_of_any_order_are_found():
    for name in REGISTRY:
        assert group(name).name == name
    assert group("c8").order == 8 and group("c16").name == "c16"


@pytest.mark.parametrize("name", ["d3", "d8", "c0", "c-4", "C4", "c4x", ""])
def test_unknown_names_are_refused_with_the_known_ones(name):
    with pytest.raises(InputError, match=rf"unknown group '{name}'; known groups: c1, c2, c4, d1, d2, d4, c<order>"):
        group(name)


def test_groups_that_permute_pixels_are_taken_by_name_or_as_they_are():
    for name in REGISTRY:
        assert pixel_group(name).name == name
    for given in (cyclic(4), dihedral(2)):
        assert pixel_group(given) is given
    for other in ("c8", cyclic(8), octahedral(), "D4"):
        with pytest.raises(InputError, match="groups that permute the pixels of a square are c1, c2, c4, d1, d2, d4"):
            pixel_group(other)
