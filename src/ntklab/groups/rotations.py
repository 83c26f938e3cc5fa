"""Finite rotation groups of space, and other finite sets of rotations, acting on tuples of vectors.

Inputs have shape (input, vector, 3); a rotation turns every vector. Targets are vectors that turn with the inputs. For
predictions on an orbit, `pull_back` turns every output back: an equivariant function then gives the same at each element,
so that what measures invariance measures equivariance (spec 2.5 of the experiments: its square is the orbit MSE).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ntklab.groups.finite_group import FiniteGroup

Matrices = Float[np.ndarray, "element 3 3"]


class RotationSet:
    """Rotation matrices, identity first, and how they act."""

    def __init__(self, matrices: Matrices):
        self.matrices = matrices
        self.order = len(matrices)

    def orbit(self, x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "input element vector 3"]:
        """Every vector of every input (input, vector, 3) turned by every rotation; `ValueError` for other shapes."""
        if x.ndim != 3 or x.shape[-1] != 3:
            raise ValueError(f"rotations of space act on arrays (input, vector, 3), not {x.shape}")
        return np.einsum("gab,nvb->ngva", self.matrices, x)

    def turn_targets(self, y: Float[np.ndarray, "input 3"]) -> Float[np.ndarray, "input {self.order} 3"]:
        """Targets of the orbit: every target turned by every rotation."""
        return np.einsum("gab,nb->nga", self.matrices, y)

    def pull_back(
        self, f: Float[np.ndarray, "*leading input {self.order} 3"]
    ) -> Float[np.ndarray, "*leading entry {self.order}"]:
        """R^T f(R x), entries = inputs x components: constant along the last axis for an equivariant f."""
        turned = np.einsum("gab,...nga->...nbg", self.matrices, f, optimize=True)
        return turned.reshape(*f.shape[:-3], -1, self.order)

    def pull_back_covariance(
        self, covariance: Float[np.ndarray, "*leading input element element"]
    ) -> Float[np.ndarray, "*leading entry element element"]:
        """Covariance of the pulled-back outputs, from that of one component between elements: times (R^T R')_cc."""
        overlap = np.einsum("gac,hac->cgh", self.matrices, self.matrices)
        turned = covariance[..., None, :, :] * overlap
        return turned.reshape(*covariance.shape[:-3], -1, self.order, self.order)


class RotationGroup(RotationSet, FiniteGroup):
    """A finite group of rotations: closed under products, which `multiply` finds by the nearest matrix."""

    def __init__(self, name: str, letter: str):
        from scipy.spatial.transform import Rotation  # 0.3 s, which groups of the plane need not pay

        matrices = Rotation.create_group(letter).as_matrix()
        identity = np.argmax(np.trace(matrices, axis1=1, axis2=2))
        super().__init__(np.concatenate([matrices[[identity]], np.delete(matrices, identity, axis=0)]))
        self.name = name

    def multiply(self, g: int, h: int) -> int:
        product = self.matrices[g] @ self.matrices[h]
        return int(np.argmax(np.einsum("gab,ab->g", self.matrices, product)))

    def act(self, g: int, x: np.ndarray) -> np.ndarray:
        if x.shape[-1] != 3:
            raise ValueError(f"rotations of space act on vectors with three entries, not on shape {x.shape}")
        return x @ self.matrices[g].T


def tetrahedral() -> RotationGroup:
    """The 12 rotations of the tetrahedron."""
    return RotationGroup("tetrahedral", "T")


def octahedral() -> RotationGroup:
    """The 24 rotations of the octahedron and of the cube."""
    return RotationGroup("octahedral", "O")


def icosahedral() -> RotationGroup:
    """The 60 rotations of the icosahedron."""
    return RotationGroup("icosahedral", "I")


def haar_rotations(n: int, rng: np.random.Generator) -> RotationSet:
    """The identity and n - 1 independent uniformly distributed rotations."""
    from scipy.spatial.transform import Rotation

    drawn = Rotation.random(n - 1, random_state=rng).as_matrix() if n > 1 else np.empty((0, 3, 3))
    return RotationSet(np.concatenate([np.eye(3)[None], drawn]))


GROUPS: dict[str, Callable[[], RotationGroup]] = {
    "tetrahedral": tetrahedral,
    "octahedral": octahedral,
    "icosahedral": icosahedral,
}
"""Name in the config -> the finite group, by increasing order."""
ROTATION_SETS: dict[str, Callable[[np.random.Generator], RotationSet]] = {
    "none": lambda rng: haar_rotations(1, rng),
    "random8": lambda rng: haar_rotations(8, rng),
    "random24": lambda rng: haar_rotations(24, rng),
    **{name: (lambda rng, make=make: make()) for name, make in GROUPS.items()},
}
"""Name in the config -> the set; the random ones are drawn once and kept with the data."""


def to_nearest(rotations: RotationSet, probes: RotationSet) -> RotationSet:
    """What takes every probe g to the nearest rotation h of the set: r = h g^T, with the angle between the two."""
    traces = np.einsum("gab,pab->pg", rotations.matrices, probes.matrices)
    return RotationSet(np.einsum("pab,pcb->pac", rotations.matrices[traces.argmax(axis=1)], probes.matrices))


def nearest_angles(rotations: RotationSet, probes: RotationSet) -> Float[np.ndarray, " probe"]:
    """Angle in radians from every probe to the nearest of the rotations: at most the covering radius of the set."""
    traces = np.einsum("gab,pab->pg", rotations.matrices, probes.matrices)
    return np.arccos(np.clip((traces.max(axis=1) - 1) / 2, -1, 1))
