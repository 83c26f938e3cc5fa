"""The SO(3)-equivariant kernel against the average of a fully connected network's kernel over rotations of one molecule.

The other way to the same number: signals are turned, put on the grid and flattened, and the kernel is that of a fully
connected network with as many layers (E2, theorem on augmentation for SO(3)). Quadrature weights enter as factors of the
inputs, so that the mean over the grid is an integral over the sphere.

Beside it stands what the experiment's tolerance is worth: its kernels against those of a much smaller tolerance.
"""

from pathlib import Path

import numpy as np

from ntklab.experiments.molecules.compute_molecule_kernels import drawn
from ntklab.experiments.molecules.measure_energies import COMMON
from ntklab.experiments.molecules.models import signals_of
from ntklab.experiments.molecules.predict_energies import KERNELS
from ntklab.experiments.molecules.tables import HAAR_AVERAGE
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.spherical import haar_kernel, so3_from_haar
from ntklab.kernels.spherical_harmonics import degrees, real_analysis, real_synthesis, sphere_grid
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.kernels.wigner import haar_quadrature, rotation_blocks
from ntklab.network import Network
from ntklab.pipeline.arguments import SphericalNetworkArgument
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table

MOLECULES = 2
TOLERANCE = 1e-10
NODES = (12, 16)
"""In the polar angle of the averages: the second one's change from the first is taken for its error."""


def compare_haar_average(
    *,
    data: Path,
    experiment: str,
    bandlimit: int,
    spherical: SphericalNetworkArgument,
    tolerance: float,
    output: Path,
) -> None:
    """Largest relative differences between the first training and test molecules: with the average and without, and of the
    kernels at the experiment's tolerance."""
    settings = {
        "experiment": experiment, "bandlimit": bandlimit, "spherical": str(spherical), "tolerance": tolerance,
    }  # fmt: skip
    provenance = record(settings, [data])
    x, y = (signals_of(molecules, bandlimit) for molecules in drawn(data, 0, MOLECULES, MOLECULES))
    own = so3_from_haar(spherical, haar_kernel(spherical, x, y, tolerance=TOLERANCE))
    chosen = haar_kernel(spherical, x, y, tolerance=tolerance)
    coarse, fine = (averaged(spherical, x, y, n) for n in NODES)
    unturned = _flattened(spherical, *(real_analysis(z, spherical.bandlimit) for z in (x, y)))
    faster = so3_from_haar(spherical, chosen)
    rows = []
    for kernel, exact, rough, average, plain, fast in zip(KERNELS, own, coarse, fine, unturned, faster, strict=True):
        scale = np.abs(exact).max()
        error = np.abs(average - rough).max() / scale + TOLERANCE
        for compared, other, rotations, bound in (
            ("average", average, NODES[1] * (2 * NODES[1] - 1) ** 2, error),
            ("unturned", plain, 1, error),
            ("tolerance", fast, round(chosen.rotations), TOLERANCE),
        ):
            place = {"kernel": kernel, "compared": compared, "rotations": rotations}
            rows.append({**place, "value": np.abs(exact - other).max() / scale, "stderr": bound})
    common = {**COMMON, "experiment": experiment, "quantity": "difference", "n": len(x) * len(y)}
    table = measurements(rows, HAAR_AVERAGE, **common)
    write_table(output, table, HAAR_AVERAGE, provenance)


def averaged(network: SphericalNetwork, x: np.ndarray, y: np.ndarray, n: int) -> np.ndarray:
    """Mean over the rotations of a quadrature of the fully connected network's kernels, the molecules y turned: (2, x, y)."""
    left, right = (real_analysis(z, network.bandlimit) for z in (x, y))
    *angles, weights = haar_quadrature(n).nodes()
    total, at_once = np.zeros((2, len(x), len(y))), len(weights) // n
    for part in (slice(start, start + at_once) for start in range(0, len(weights), at_once)):
        blocks = rotation_blocks(network.bandlimit, *(angle[part] for angle in angles))
        turned = [
            np.einsum("rab,msbc->rmsac", block, right[..., places, :])
            for block, (_, places) in zip(blocks, degrees(network.bandlimit), strict=True)
        ]
        kernels = _flattened(network, left, np.concatenate(turned, axis=-2).reshape(-1, *right.shape[1:]))
        total += np.einsum("kirj,r->kij", kernels.reshape(2, len(x), -1, len(y)), weights[part])
    return total


def _flattened(network: SphericalNetwork, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Kernels (2, n, m) of the fully connected network between molecules given by coefficients, summed over the slots."""
    dense = Network(
        dense=network.convolutions + 1, nonlinearity=network.nonlinearity, weight_variance=network.weight_variance,
        bias_variance=network.bias_variance,
    )  # fmt: skip
    grid = sphere_grid(network.bandlimit)
    points = 2 * network.bandlimit * len(grid.phi)
    factors = np.sqrt(points / (4 * np.pi) * grid.weights)[:, None, None]
    x, y = (factors * real_synthesis(z) for z in (left, right))
    there = [np.flatnonzero(z.any(axis=(0, 2, 3, 4))) for z in (x, y)]
    total = np.zeros((2, len(x), len(y)))
    for slot in np.intersect1d(*there):
        total += np.stack(mlp_kernel(dense, x[:, slot], y[:, slot]))
    return total
