"""The cross product as a task on orbits."""

from ntklab.files import Arrays
from ntklab.groups.rotations import RotationSet
from ntklab.pipeline.orbit_ensembles.task import OrbitTask

EVALUATED = ("on_manifold", "off_manifold")


def cross_product_task(sets: Arrays, augmentation: str) -> OrbitTask:
    """Learn the products in all rotations of the set `augmentation`; predict in these and in Haar rotations."""
    rotations = {name: RotationSet(sets[f"rotations/{name}"]) for name in dict.fromkeys(("haar", augmentation))}
    evaluation = {
        f"{name}/{acting}": (rotations[acting], sets[f"{name}/inputs"]) for name in EVALUATED for acting in rotations
    }
    return OrbitTask(sets["training/inputs"], sets["training/targets"], rotations[augmentation], evaluation)
