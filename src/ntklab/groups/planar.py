"""Cyclic and dihedral groups, rotations and reflections of the plane, acting on square lattices and images."""

from functools import cached_property

import numpy as np
from jaxtyping import Float

from ntklab.errors import InputError
from ntklab.groups.finite_group import FiniteGroup, Irreducible


def _moved(name: str, x: np.ndarray, quarter_turns: int, mirrored: bool) -> np.ndarray:
    """Squares x (input, height, width, ...), mirrored left to right first if asked for, then turned counter-clockwise."""
    x = np.asarray(x)
    if x.ndim < 3 or x.shape[1] != x.shape[2]:
        raise InputError(f"{name} acts on arrays (input, height, width, ...) of squares, not {x.shape}")
    return np.rot90(x[:, :, ::-1] if mirrored else x, quarter_turns, axes=(1, 2))


def _circle(degrees: Float[np.ndarray, " angle"]) -> tuple[Float[np.ndarray, " angle"], Float[np.ndarray, " angle"]]:
    """Cosine and sine, exact at multiples of 90 degrees."""
    from scipy.special import cosdg, sindg  # takes a moment, which groups that only act need not wait for

    return cosdg(degrees), sindg(degrees)


class CyclicGroup(FiniteGroup):
    """C_n: rotations by multiples of 360/n degrees, which permute the pixels of a square grid for n in {1, 2, 4}.

    Inputs have shape (input, height, width, ...) with height = width. Element r is r counter-clockwise turns by
    360/n degrees, `numpy.rot90` on axes (1, 2): an exact permutation, without interpolation. Larger groups act on images
    by interpolation, `ntklab.data.rotation`, which is no group action.
    """

    def __init__(self, n: int):
        if n < 1:
            raise InputError(f"cyclic({n}): a group has at least one element")
        self.order = n
        self.name = f"c{n}"

    def multiply(self, g: int, h: int) -> int:
        return (g + h) % self.order

    def act(self, g: int, x: np.ndarray) -> np.ndarray:
        if self.order not in (1, 2, 4):
            raise InputError(f"cyclic({self.order}): only rotations by multiples of 90 degrees permute pixels")
        return _moved(f"cyclic({self.order})", x, g * 4 // self.order, mirrored=False)

    @cached_property
    def irreducibles(self) -> list[Irreducible]:
        """pi_k(r) = exp(2 pi i k r / n) for k = 0 .. n/2; those with 0 < k < n/2 stand for pi_{n-k} too."""
        return [self._irreducible(k) for k in range(self.order // 2 + 1)]

    def _irreducible(self, k: int) -> Irreducible:
        cosine, sine = _circle(360.0 * (k * np.arange(self.order) % self.order) / self.order)
        real = 2 * k in (0, self.order)
        values = cosine if real else cosine + 1j * sine
        return Irreducible(values[:, None, None], 1 if real else 2)


class DihedralGroup(FiniteGroup):
    """D_n, n in {1, 2, 4}: the n rotations of C_n and as many reflections, 2 n elements, all permutations of pixels.

    Inputs as for `CyclicGroup`. Element r < n is r counter-clockwise turns by 360/n degrees; element n + r mirrors left to
    right first (reverses axis 2) and then turns r times. D_1 is one reflection, D_2 both mirrors and the half turn, D_4 the
    whole symmetry group of the square, which is not abelian.
    """

    def __init__(self, n: int):
        if n not in (1, 2, 4):
            raise InputError(f"dihedral({n}): n is 1, 2 or 4, for which rotations and reflections permute pixels")
        self.turns = n
        self.order = 2 * n
        self.name = f"d{n}"

    def multiply(self, g: int, h: int) -> int:
        (mirror_g, turn_g), (mirror_h, turn_h) = divmod(g, self.turns), divmod(h, self.turns)
        turn = turn_g - turn_h if mirror_g else turn_g + turn_h  # a reflection turns the other way round
        return (mirror_g ^ mirror_h) * self.turns + turn % self.turns

    def act(self, g: int, x: np.ndarray) -> np.ndarray:
        mirror, turn = divmod(g, self.turns)
        return _moved(f"dihedral({self.turns})", x, turn * 4 // self.turns, mirrored=bool(mirror))

    @cached_property
    def irreducibles(self) -> list[Irreducible]:
        """One number each: signs of reflections and, if n is even, of the first turn; for n = 4 also the plane itself."""
        mirror, turn = np.divmod(np.arange(self.order), self.turns)
        signs = [a**mirror * b**turn for b in ((1, -1) if self.turns % 2 == 0 else (1,)) for a in (1, -1)]
        found = [Irreducible(sign[:, None, None].astype(float), 1) for sign in signs]
        if self.turns == 4:
            cosine, sine = _circle(90.0 * turn)
            rotations = np.array([[cosine, -sine], [sine, cosine]]).transpose(2, 0, 1)
            found.append(Irreducible(rotations * np.stack([np.ones(8), (-1.0) ** mirror], axis=1)[:, None, :], 1))
        return found


def cyclic(n: int) -> CyclicGroup:
    """C_n, rotations of the plane by multiples of 360/n degrees; for n = 1, 2, 4 it acts on square grids.

    `InputError` for n below 1.
    """
    return CyclicGroup(n)


def dihedral(n: int) -> DihedralGroup:
    """D_n of 2 n elements, n = 1, 2, 4: rotations of the square grid by multiples of 360/n degrees, and reflections.

    `InputError` for another n.
    """
    return DihedralGroup(n)
