"""Draw group-convolutional networks of finite width and compute their kernels between a few images."""

from pathlib import Path

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.empirical import empirical_kernels
from ntklab.pipeline.arguments import NetworkArgument
from ntklab.pipeline.provenance import record


def sample_empirical_kernels(
    *,
    data: Path,
    network: NetworkArgument,
    group: str,
    outputs: int,
    width: int,
    first: int,
    last: int,
    seed: int,
    output: Path,
) -> None:
    """Write `nngp` and `ntk` (draw, image, image) of the draws first..last."""
    settings = {
        "network": str(network), "group": group, "outputs": outputs, "width": width, "first": first, "last": last,
        "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    drawn = empirical_kernels(
        network, Arrays(data)["inputs"], architecture="gcnn", group=group, width=width, outputs=outputs,
        first=first, draws=last + 1 - first, seed=seed,
    )  # fmt: skip
    save_arrays(output, drawn._asdict(), header)
