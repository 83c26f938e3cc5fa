"""Where a filter of a convolution on a group stands at each element: the tables that all such layers share.

Output g belongs to the filter moved by the inverse, rho(g)^-1 w, and acts on input h with the part p of w with p g = h (E2
sec. 3). Of C4 these are clockwise quarter turns, and differences of rotations.
"""

import numpy as np
from jaxtyping import Int

from ntklab.groups.finite_group import FiniteGroup


def moved_taps(group: FiniteGroup, q: int) -> Int[np.ndarray, "{group.order} tap"]:
    """Entry [g, k]: which tap of a q x q filter w, counted row by row, stands at place k of rho(g)^-1 w."""
    taps = np.arange(q * q).reshape(1, q, q)
    return np.stack([group.act(group.inverse(g), taps).ravel() for g in group.elements])


def tap_positions(group: FiniteGroup, q: int, g: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column R_g y at which each tap y of a q x q filter w, counted row by row, stands in rho(g)^-1 w."""
    return np.divmod(np.argsort(moved_taps(group, q)[g]), q)


def relative_elements(group: FiniteGroup) -> Int[np.ndarray, "{group.order} {group.order}"]:
    """Entry [g, h]: the element p with p g = h, which is where the filter for output g acts on input h."""
    return np.stack([group.multiplication_table[:, group.inverse(g)] for g in group.elements])
