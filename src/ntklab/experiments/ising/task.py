"""The Ising experiment as a task on orbits."""

from ntklab.files import Arrays
from ntklab.groups import group
from ntklab.pipeline.orbit_ensembles.task import OrbitTask


def ising_task(sets: Arrays, symmetry: str, augmentation: str) -> OrbitTask:
    """Learn the energies on the orbits of the group `augmentation`; predict on the orbits of the group `symmetry`."""
    acting = group(symmetry)
    evaluation = {name: (acting, sets[f"{name}/inputs"]) for name in sets.groups("inputs")}
    return OrbitTask(sets["training/inputs"], sets["training/targets"], group(augmentation), evaluation)
