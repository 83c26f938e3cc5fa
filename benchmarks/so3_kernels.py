"""The kernel of SO(3) networks between molecules, against plain NumPy and against layers on a grid of rotations.

Run:  ./run python benchmarks/so3_kernels.py
Network: lift from L = 6 to 3, erf, SO(3) convolution, erf, pooling; K and Theta. A pair is a pair of atoms. The peers take
their turns in one process, compiled before; the median over the rounds is printed.

- plain NumPy: complex Wigner matrices, a loop over pairs, the recursion on the 726 rotations of the quadrature n = 6.
- layers: the kernels of lifting, convolution and pooling as matrices over pairs of rotations, on the grid of L = 6.

Ours takes for each pair the rotations that it needs for the tolerance; "ns" is the time for one rotation of one pair.
The bound is the arcsine: two a rotation, at the rate at which a large array of them is compiled and evaluated.
Where polynomials take the place of the recursion, it may be beaten.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import enable_x64

from ntklab.activations._arcsine import arcsine
from ntklab.kernels import SphericalNetwork, haar_kernel, haar_quadrature, harmonic_analysis, so3_direct_kernel
from ntklab.kernels.spherical_harmonics import degrees, sphere_grid
from ntklab.kernels.wigner import wigner_table

NETWORK = SphericalNetwork(bandlimit=3, convolutions=1, nonlinearity="erf")
BANDLIMIT = 6
CHARGES = (1, 6, 7, 8, 9)
ATOMS, ROUNDS = 18, 3


def molecules(count: int, rng: np.random.Generator) -> np.ndarray:
    """Signals (molecule, atom, 2L, 2L - 1, 10) as in the experiment on QM9, of atoms at random places 1.1 apart or more.

    s(u) = sum over other atoms j of the element, Z_i Z_j / r^p exp(-(u . r / |r| - 1)^2 / width), p = 2 and 6.
    """
    theta, phi = np.meshgrid(*sphere_grid(BANDLIMIT)[:2], indexing="ij")
    u = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    width = -((np.cos(np.pi / 4) - 1) ** 2) / np.log(0.05)
    signals = np.zeros((count, ATOMS, *theta.shape, 2 * len(CHARGES)))
    for molecule in signals:
        places, elements = spread_out(rng), rng.choice(len(CHARGES), size=ATOMS, p=(0.5, 0.35, 0.06, 0.08, 0.01))
        for i in range(ATOMS):
            for j in set(range(ATOMS)) - {i}:
                distance = np.linalg.norm(places[j] - places[i])
                peak = np.exp(-((u @ (places[j] - places[i]) / distance - 1) ** 2) / width)
                for place, power in enumerate((2, 6)):
                    factor = CHARGES[elements[i]] * CHARGES[elements[j]] / distance**power
                    molecule[i, ..., 2 * elements[j] + place] += factor * peak
    return signals


def spread_out(rng: np.random.Generator) -> np.ndarray:
    """Places of atoms in a cube of side 5, none closer than 1.1 (in Angstrom)."""
    places: list[np.ndarray] = []
    while len(places) < ATOMS:
        place = rng.uniform(0, 5, size=3)
        if all(np.linalg.norm(place - other) > 1.1 for other in places):
            places.append(place)
    return np.array(places)


def erf_recursion(c: np.ndarray, v: float, w: float) -> tuple[np.ndarray, np.ndarray]:
    """K and Theta after two layers, as one writes it down."""
    k, theta = c, c
    for layer in range(2):
        if layer:
            theta = theta + k
        product = (1 + 2 * v) * (1 + 2 * w)
        theta = theta * 4 / np.pi / np.sqrt(product - 4 * k**2)
        k = 2 / np.pi * np.arcsin(2 * k / np.sqrt(product))
        v, w = (2 / np.pi * np.arcsin(2 * z / (1 + 2 * z)) for z in (v, w))
    return k, theta


def plain_numpy(x: np.ndarray, y: np.ndarray, nodes: int = 6) -> np.ndarray:
    """Kernels before the head (2, n, m): a loop over molecules and atoms."""
    alpha, beta, gamma, weights = haar_quadrature(nodes).nodes()
    table = wigner_table(NETWORK.bandlimit, alpha, beta, gamma)
    f, g = (harmonic_analysis(z, NETWORK.bandlimit) for z in (x, y))
    result, scale = np.zeros((2, len(x), len(y))), 1 / (4 * np.pi * x.shape[-1])
    for i, j, slot in np.ndindex(len(x), len(y), x.shape[1]):
        a, b = f[i, slot], g[j, slot]
        products = [np.einsum("mc,nc->mn", a[places].conj(), b[places]) for _, places in degrees(NETWORK.bandlimit)]
        c = scale * np.real(table @ np.concatenate([product.ravel() for product in products]))
        v, w = (scale * np.sum(np.abs(z) ** 2) for z in (a, b))
        for kernel, values in zip(result, erf_recursion(c, v, w), strict=True):
            kernel[i, j] += weights @ values
    return result


def layers(x: np.ndarray, y: np.ndarray) -> None:
    """Kernels on the grid of rotations, one atom after the other."""
    for slot in range(x.shape[1]):
        so3_direct_kernel(NETWORK, x[:, slot], y[:, slot], bandlimit=BANDLIMIT)


def seconds(run: Callable, *arguments) -> float:
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start


def arcsine_rate(numbers: int = 2**13, repeats: int = 200) -> float:
    """Arcsines per second, compiled, on an array that fits the cache."""
    with enable_x64(True):
        x = jnp.linspace(-0.9, 0.9, numbers)
        many = jax.jit(lambda x: jax.lax.fori_loop(0, repeats, lambda _, z: arcsine(0.9 * z), x))
        jax.block_until_ready(many(x))
        best = min(seconds(lambda: jax.block_until_ready(many(x))) for _ in range(20))
    return numbers * repeats / best


def compare() -> None:
    """Print a row for each way."""
    rng = np.random.default_rng(0)
    many, few, fewest = molecules(60, rng), molecules(6, rng), molecules(2, rng)
    rate = arcsine_rate()
    print(f"arcsine: {1e9 / rate:.2f} ns; pairs of atoms per second, medians of {ROUNDS} rounds")
    ways = {f"ours, {tolerance:g}": (ours(tolerance), many, many) for tolerance in (1e-5, 1e-6)}
    ways["plain NumPy, n = 6"] = (plain_numpy, few, few)
    for run, x, y in ways.values():
        run(x, y)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (run, x, y) in ways.items():
            times[name].append(seconds(run, x, y) / (len(x) * len(y) * ATOMS))
    # One round: minutes.
    times["layers, L = 6"] = [seconds(layers, fewest[:, :2], fewest[:, :2]) / 8]
    per_pair = {name: statistics.median(found) for name, found in times.items()}
    print(f"{'':20} {'pairs/s':>9} {'rotations':>9} {'ns':>6} {'of bound':>8} {'ours, 1e-05 is faster by':>25}")
    for name, each in per_pair.items():
        rotations = {"plain NumPy, n = 6": 726}.get(name)
        if name.startswith("ours"):
            haar = haar_kernel(NETWORK, many, many, tolerance=float(name.split()[1]))
            rotations = haar.rotations
        columns = [f"{1 / each:9.0f}", " " * 9, " " * 6, " " * 8, f"{each / per_pair['ours, 1e-05']:25.1f}"]
        if rotations:
            share = 2 * rotations / rate / each
            columns[1:4] = f"{rotations:9.0f}", f"{1e9 * each / rotations:6.1f}", f"{share:8.0%}"
        print(f"{name:20}", *columns)
    exact = haar_kernel(NETWORK, few, few, tolerance=1e-9)
    scale = np.sqrt(np.diag(exact.ntk)[:, None] * np.diag(exact.ntk))
    for name, ntk in {
        "plain NumPy, n = 6": plain_numpy(few, few)[1],
        "ours, 1e-05": haar_kernel(NETWORK, few, few, tolerance=1e-5).ntk,
        "ours, 1e-06": haar_kernel(NETWORK, few, few, tolerance=1e-6).ntk,
    }.items():
        print(f"{name}: largest error of the NTK between molecules {np.abs((ntk - exact.ntk) / scale).max():.0e}")


def ours(tolerance: float) -> Callable:
    """The library's function, without symmetry, as the peers."""
    return lambda x, y: haar_kernel(NETWORK, x, y, tolerance=tolerance)


if __name__ == "__main__":
    compare()
