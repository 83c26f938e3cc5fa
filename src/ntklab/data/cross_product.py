"""Pairs of vectors in space and their cross product, which turns with them."""

import numpy as np
from jaxtyping import Float

Pairs = Float[np.ndarray, "pair 2 3"]


def unit_pairs(n: int, rng: np.random.Generator) -> Pairs:
    """Pairs of independent vectors, uniform on the unit sphere: the manifold that is trained on."""
    drawn = rng.standard_normal((n, 2, 3))
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def pairs_off_manifold(n: int, rng: np.random.Generator, deviation: float = 2.0) -> Pairs:
    """The same with independent lengths, the modulus of N(0, deviation^2).

    Pairs scaled as a whole would show nothing: a ReLU network without biases scales with its input.
    """
    return unit_pairs(n, rng) * np.abs(deviation * rng.standard_normal((n, 2, 1)))


def cross_product(pairs: Pairs) -> Float[np.ndarray, "pair 3"]:
    """a x b."""
    return np.cross(pairs[:, 0], pairs[:, 1])
