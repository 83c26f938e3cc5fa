"""Molecules, and the molecules as signals on spheres that SO(3)-equivariant networks see (Misof et al. 2025)."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int, UInt8
from numpy.polynomial.legendre import leggauss, legvander

from ntklab.errors import InputError
from ntklab.groups.rotations import haar_rotations

ELEMENTS = {"H": 1, "C": 6, "N": 7, "O": 8, "F": 9}
"""Symbol -> charge of the nucleus, of the elements of QM9."""

SLOTS = 29
"""Atoms of the largest molecules of QM9; a molecule with fewer leaves its last slots empty."""

CLOSEST = 0.4
"""Angstrom; nuclei of a molecule are further apart: 0.74 in H2, the shortest bond there is. Closer ones coincide, or their
positions are in nanometres, and the signals, which grow with the inverse sixth power of the distance, mean nothing."""

POWERS = (2, 6)
"""Powers of the distance with which the two channels of an element fall off (Misof et al. 2025)."""

WIDTH = -((np.cos(np.pi / 4) - 1) ** 2) / np.log(0.05)
"""beta of the angular profile exp(-(cos(angle) - 1)^2 / beta), which is 0.05 at 45 degrees (Misof et al. 2025)."""

LEAST_POWER = 0.75
"""Share of the power of the angular profile that a grid has to hold: what it does not hold is in part added to lower
degrees, where it does not turn with the molecule, and kernels are not invariant. Measured on 30 molecules: the squared norm
of what an atom sees, all degrees below the bandlimit, varies by 75, 28, 5, 4 and 3 % (standard deviation over rotations,
median over atoms and channels) at bandlimits 2 to 6, which hold 37, 65, 86, 96 and 98.5 %."""

MEV_PER_HARTREE = 27_211.386245981
"""CODATA 2022."""

BATCH = 64
"""Molecules at once: with 29 atoms and 12 x 11 directions the cosines of all pairs take 57 MB."""

Charges = UInt8[np.ndarray, "molecule slot"]
"""Charges of the nuclei, 0 in an empty slot."""

Positions = Float64[np.ndarray, "molecule slot 3"]
"""Positions of the nuclei in Angstrom, 0 in an empty slot."""


class Molecules(NamedTuple):
    """Molecules, each with its atoms in the order of its file, in the first of SLOTS slots."""

    index: Int[np.ndarray, " molecule"]
    """Number of the molecule in its source."""
    charges: Charges
    positions: Positions
    energy: Float64[np.ndarray, " molecule"] | None
    """Energy in Hartree, where the source gives it: in QM9 the internal energy at 0 K."""

    def take(self, places: Int[np.ndarray, " chosen"]) -> "Molecules":
        """The molecules at these places, in their order."""
        return Molecules(*(None if array is None else array[places] for array in self))


def pad(
    index: Int[np.ndarray, " molecule"],
    atoms: Int[np.ndarray, " molecule"],
    symbols: Sequence[str],
    positions: Float64[np.ndarray, "atom 3"],
    energy: Float64[np.ndarray, " molecule"] | None,
    name: Callable[[int], str],
) -> Molecules:
    """Molecules from their numbers of atoms, and the symbols and positions (Angstrom) of all their atoms in a row.

    `InputError`, which calls the molecule at place i `name(i)`, for one without atoms or with more than SLOTS, for elements
    other than ELEMENTS, for numbers that are not finite, and for atoms closer than CLOSEST.
    """
    flat = np.fromiter((ELEMENTS.get(symbol, 0) for symbol in symbols), dtype=np.uint8, count=len(symbols))
    owner = np.repeat(np.arange(len(atoms)), atoms)
    if (place := _first((atoms < 1) | (atoms > SLOTS))) is not None:
        raise InputError(f"{name(place)}: {atoms[place]} atoms, expected 1 to {SLOTS}")
    if (atom := _first(flat == 0)) is not None:
        place = int(owner[atom])
        number = atom - atoms[:place].sum() + 1
        raise InputError(f"{name(place)}: atom {number} is {symbols[atom]!r}, expected {', '.join(ELEMENTS)}")
    if (atom := _first(~np.isfinite(positions).all(axis=1))) is not None:
        raise InputError(f"{name(int(owner[atom]))}: a position is not finite, expected numbers in Angstrom")
    if energy is not None and (place := _first(~np.isfinite(energy))) is not None:
        raise InputError(f"{name(place)}: its energy is {energy[place]}, expected a finite number")
    slot = np.arange(SLOTS) < atoms[:, None]
    molecules = Molecules(
        index, np.zeros(slot.shape, dtype=np.uint8), np.zeros((*slot.shape, 3), dtype=np.float64), energy
    )
    molecules.charges[slot], molecules.positions[slot] = flat, positions
    for places, charges, cut in _batches(molecules.charges, molecules.positions):
        _apart(_vectors(charges, cut)[1], lambda i, places=places: name(int(places[i])))
    return molecules


def _first(wrong: Bool[np.ndarray, " n"]) -> int | None:
    return int(np.argmax(wrong)) if wrong.any() else None


def turn_randomly(positions: Positions, rng: np.random.Generator) -> Positions:
    """The molecules, each turned about the origin by a rotation of its own, uniformly distributed (Haar measure)."""
    rotations = haar_rotations(len(positions) + 1, rng).matrices[1:]
    return np.einsum("mab,msb->msa", rotations, positions)


def power_below(bandlimit: int) -> float:
    """Share of the squared norm of the angular profile exp(-(cos(angle) - 1)^2 / beta) at degrees l < bandlimit.

    The profile is sum_l (2l + 1)/2 a_l P_l(cos(angle)), with a_l its integral with P_l over the cosine; degree l has the
    power (2l + 1)/2 a_l^2. Bandlimit 6 holds 0.985.
    """
    cosine, weight = leggauss(100)
    profile = _profile(cosine)
    coefficients = (weight * profile) @ legvander(cosine, bandlimit - 1)
    return float((coefficients**2 @ (np.arange(bandlimit) + 0.5)) / (weight @ profile**2))


def require_bandlimit(bandlimit: int) -> None:
    """`InputError` unless a grid of that bandlimit holds LEAST_POWER of the signals of an atom's neighbours."""
    held = power_below(bandlimit) if bandlimit > 0 else 0.0
    if held < LEAST_POWER:
        least = next(other for other in range(1, 100) if power_below(other) >= LEAST_POWER)
        raise InputError(
            f"bandlimit {bandlimit}: a grid that holds {100 * held:.0f} % of the power of what an atom sees of a neighbour, "
            f"which falls to 5 % at 45 degrees; expected {least} or more, for at least {100 * LEAST_POWER:.0f} %"
        )


def spherical_signals(
    charges: Charges,
    positions: Positions,
    directions: Float64[np.ndarray, "row column 3"],
    elements: Sequence[int] = tuple(ELEMENTS.values()),
    powers: Sequence[int] = POWERS,
) -> Float64[np.ndarray, "molecule slot row column channel"]:
    """What every atom sees of the others, as signals on its sphere of directions (Misof et al. 2025, arXiv:2406.06504).

    Atom i sees in direction u, in the channel of element e and power p (number e * len(powers) + p, both counted from 0),

        sum over the atoms j of that element, j != i, of Z_i Z_j / r_ij^p exp(-(u . r_ij / |r_ij| - 1)^2 / beta)

    with r_ij = r_j - r_i in Angstrom and beta = WIDTH. Empty slots, and atoms that are alone, have signals 0. The unit
    vectors `directions` are a Driscoll-Healy grid of bandlimit L, 2L x (2L - 1). Molecules that are turned have the signals
    of turned directions: s(R x)(R u) = s(x)(u). A molecule takes 306 kB at L = 6, 0.3 GB for a thousand; all else that is
    kept in memory does not grow with their number.

    `InputError` for a bandlimit too small (`require_bandlimit`), for a charge that is no element's, for coincident atoms.
    """
    rows, columns = directions.shape[:2]
    if columns != rows - 1 or rows % 2:
        raise ValueError(f"directions are a grid (2 L, 2 L - 1) of unit vectors, not {directions.shape}")
    require_bandlimit(rows // 2)
    if foreign := set(np.unique(charges).tolist()) - {0, *elements}:
        raise InputError(f"a nucleus has the charge {min(foreign)}; expected {', '.join(map(str, elements))}")
    of_element = charges[:, :, None] == np.array(elements)
    signals = np.zeros((*charges.shape, rows, columns, len(elements) * len(powers)))
    flat = signals.reshape(*charges.shape, rows * columns, -1)
    for places, charge, position in _batches(charges, positions):
        atoms = charge.shape[1]
        vectors, distances = _vectors(charge, position)
        _apart(distances, lambda i, places=places: f"molecule {places[i]}, counted from 0")
        seen = _profile(vectors / distances[..., None] @ directions.reshape(-1, 3).T)
        product = charge[:, :, None] * charge[:, None].astype(np.float64)
        strength = product[..., None] / distances[..., None] ** np.array(powers)
        # Axes molecule, atom i, atom j, element, power: what is summed over j with what is seen of j.
        strength = of_element[places, None, :atoms, :, None] * strength[..., None, :]
        flat[places, :atoms] = seen.swapaxes(2, 3) @ strength.reshape(*distances.shape, -1)
    return signals


def _profile(cosine: np.ndarray) -> np.ndarray:
    return np.exp(-((cosine - 1) ** 2) / WIDTH)


def _batches(charges: Charges, positions: Positions) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Places of up to BATCH molecules of similar size, their charges and positions, without the slots empty in all."""
    used = ((charges > 0) * np.arange(1, charges.shape[1] + 1)).max(axis=1)
    order = np.argsort(used, kind="stable")
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        atoms = used[places[-1]]
        yield places, charges[places, :atoms], positions[places, :atoms]


def _vectors(
    charges: Charges, positions: Positions
) -> tuple[Float64[np.ndarray, "molecule i j 3"], Float64[np.ndarray, "molecule i j"]]:
    """From atom i to atom j, and how far; infinitely far where there is no pair: in empty slots, and to the atom itself."""
    vectors = positions[:, None, :] - positions[:, :, None]
    return vectors, np.where(_pairs(charges), np.linalg.norm(vectors, axis=-1), np.inf)


def _pairs(charges: Charges) -> Bool[np.ndarray, "molecule i j"]:
    atom = charges > 0
    return atom[:, :, None] & atom[:, None, :] & ~np.eye(charges.shape[1], dtype=bool)


def _apart(distances: Float64[np.ndarray, "molecule i j"], name: Callable[[int], str]) -> None:
    """`InputError` for the first molecule with atoms closer than CLOSEST."""
    if len(close := np.argwhere(distances < CLOSEST)):
        place, i, j = close[0].tolist()
        raise InputError(
            f"{name(place)}: atoms {i + 1} and {j + 1} are {distances[place, i, j]:.2g} Angstrom apart, expected {CLOSEST} "
            f"or more; are the positions in Angstrom?"
        )
