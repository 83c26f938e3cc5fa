"""Draw SO(3)-equivariant networks of finite width and compute their kernels between a few signals on the sphere."""

from pathlib import Path

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.so3_finite import so3_empirical_kernels
from ntklab.pipeline.arguments import SphericalNetworkArgument
from ntklab.pipeline.provenance import record


def sample_so3_kernels(
    *,
    data: Path,
    spherical: SphericalNetworkArgument,
    grid: int,
    outputs: int,
    width: int,
    first: int,
    last: int,
    seed: int,
    output: Path,
) -> None:
    """Write `nngp` and `ntk` (draw, signal, signal) of the draws first..last."""
    settings = {
        "spherical": str(spherical), "grid": grid, "outputs": outputs, "width": width, "first": first, "last": last,
        "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    drawn = so3_empirical_kernels(
        spherical, Arrays(data)["inputs"], bandlimit=grid, width=width, outputs=outputs,
        first=first, draws=last + 1 - first, seed=seed,
    )  # fmt: skip
    save_arrays(output, drawn._asdict(), header)
