"""Analytic kernels of an SO(3)-equivariant network between a few signals on the sphere."""

from pathlib import Path

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.so3_direct import so3_direct_kernel
from ntklab.kernels.spherical import so3_kernel
from ntklab.pipeline.arguments import SphericalNetworkArgument
from ntklab.pipeline.provenance import record


def compute_so3_kernels(*, data: Path, spherical: SphericalNetworkArgument, grid: int, output: Path) -> None:
    """Write `nngp` and `ntk` on the grid of rotations, and `nngp_continuum` and `ntk_continuum`: on all of SO(3)."""
    header = record({"spherical": str(spherical), "grid": grid}, [data])
    signals = Arrays(data)
    on_grid = so3_direct_kernel(spherical, signals["inputs"], bandlimit=grid)
    continuum = so3_kernel(spherical, signals["inputs"])
    arrays = {f"{name}_continuum": kernel for name, kernel in continuum._asdict().items()}
    network = f"{spherical}, grid of bandlimit {grid}"
    save_arrays(
        output,
        {**on_grid._asdict(), **arrays},
        {**header, "data": signals.header["data"], "network": network, "group": "so3"},
    )
