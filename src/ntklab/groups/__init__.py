"""Finite groups acting on inputs: elements, action, orbit, regular representation."""

import re
from collections.abc import Callable

from ntklab.errors import InputError
from ntklab.groups.cyclic import cyclic
from ntklab.groups.group import FiniteGroup
from ntklab.groups.rotations import RotationGroup, RotationSet, icosahedral, octahedral, tetrahedral

REGISTRY: dict[str, Callable[[], FiniteGroup]] = {
    "c1": lambda: cyclic(1),
    "c2": lambda: cyclic(2),
    "c4": lambda: cyclic(4),
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


__all__ = [
    "REGISTRY",
    "FiniteGroup",
    "RotationGroup",
    "RotationSet",
    "cyclic",
    "group",
    "icosahedral",
    "octahedral",
    "tetrahedral",
]
