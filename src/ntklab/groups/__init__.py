"""Finite groups acting on inputs: elements, action, orbit, representations."""

import re
from collections.abc import Callable

from ntklab.errors import InputError
from ntklab.groups.finite_group import FiniteGroup, Irreducible
from ntklab.groups.planar import cyclic, dihedral
from ntklab.groups.rotations import RotationGroup, RotationSet, icosahedral, octahedral, tetrahedral

REGISTRY: dict[str, Callable[[], FiniteGroup]] = {
    "c1": lambda: cyclic(1),
    "c2": lambda: cyclic(2),
    "c4": lambda: cyclic(4),
    "d1": lambda: dihedral(1),
    "d2": lambda: dihedral(2),
    "d4": lambda: dihedral(4),
}
"""Name in the config -> the group that permutes the pixels of a square grid. A new one is one file here and one line above;
property tests run over all. Rotations of space are in `rotations.ROTATION_SETS`."""


def group(name: str) -> FiniteGroup:
    """The group called `name` in the config: one of REGISTRY, or c<order>, rotations of the plane.

    `InputError` names the ones there are.
    """
    if name in REGISTRY:
        return REGISTRY[name]()
    if re.fullmatch(r"c[1-9]\d*", name):
        return cyclic(int(name[1:]))
    raise InputError(f"unknown group {name!r}; known groups: {', '.join(REGISTRY)}, c<order>")


def pixel_group(given: str | FiniteGroup) -> FiniteGroup:
    """The group of that name, or the one given, if it permutes the pixels of a square grid.

    `InputError` for any other, with the names there are: those of REGISTRY.
    """
    name = given.name if isinstance(given, FiniteGroup) else given
    if name not in REGISTRY:
        raise InputError(f"group={name!r}: groups that permute the pixels of a square are {', '.join(REGISTRY)}")
    return given if isinstance(given, FiniteGroup) else REGISTRY[name]()


__all__ = [
    "REGISTRY",
    "FiniteGroup",
    "Irreducible",
    "RotationGroup",
    "RotationSet",
    "cyclic",
    "dihedral",
    "group",
    "icosahedral",
    "octahedral",
    "pixel_group",
    "tetrahedral",
]
