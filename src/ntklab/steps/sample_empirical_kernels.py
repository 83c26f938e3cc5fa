"""Draw group-convolutional networks of finite width and compute their kernels between a few images."""

from pathlib import Path

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.empirical import empirical_kernels
from ntklab.kernels.network import Network
from ntklab.steps.record import record


def sample_empirical_kernels(
    *,
    data: Path,
    filters: list[int],
    padding: str,
    nonlinearity: str,
    weight_variance: float,
    bias_variance: float,
    outputs: int,
    width: int,
    first: int,
    last: int,
    seed: int,
    output: Path,
) -> None:
    """Write `nngp` and `ntk` (draw, image, image) of the draws first..last."""
    header = record(locals())
    network = Network(filters, 0, nonlinearity, padding, weight_variance, bias_variance)
    drawn = empirical_kernels(
        network, Arrays(data)["inputs"], architecture="gcnn", width=width, outputs=outputs,
        first=first, draws=last + 1 - first, seed=seed,
    )  # fmt: skip
    save_arrays(output, drawn._asdict(), header)
