"""Array aliases with shapes, shared by the whole library (checked in the tests only, by jaxtyping)."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

Lattices = Float[np.ndarray, "sample row column"]
"""Spin configurations on a square periodic lattice."""

Orbits = Float[np.ndarray, "input element *shape"]
"""Every input with its transforms under a finite group, the element axis right after the input axis."""

OrbitSets = Mapping[str, Float[np.ndarray, "_input _element ..."]]
"""Sets of inputs by name, each with its own numbers of inputs and elements."""

Numbers = np.ndarray | np.float64
"""What a reduction returns: an array, or a NumPy number where no axis is left."""

OrbitPredictions = Float[np.ndarray, "*leading input element"]
"""Scalar predictions on orbits; leading axes (member, time, block ...) are free."""

MemberPredictions = Float[np.ndarray, "member time input element"]
"""Predictions of the members of an ensemble at the recorded times on the orbits of the inputs."""

Permutation = Int[np.ndarray, " n"]
"""A permutation in one-line notation: position i is filled from entry p[i]."""
