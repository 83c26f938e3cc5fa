"""Learning rate, and mean prediction of infinitely wide group-convolutional networks, which is that of augmented ones."""

from pathlib import Path

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.cnn import gcnn_kernel
from ntklab.kernels.wide_ensemble import critical_learning_rate, mean_prediction, spectrum
from ntklab.pipeline.arguments import NetworkArgument
from ntklab.pipeline.provenance import record


def predict_group_mean(
    *,
    data: Path,
    network: NetworkArgument,
    group: str,
    factor: float,
    recorded_steps: list[int],
    output: Path,
) -> None:
    """Write `SET/mean` (time, input, output) of every set, and in the header the learning rate factor * 2 N / lambda_max."""
    settings = {"network": str(network), "group": group, "factor": factor, "recorded_steps": recorded_steps}
    header = record(settings, [data])
    sets = Arrays(data)
    train = spectrum(gcnn_kernel(network, sets["training/inputs"], group=group).ntk)
    rate = factor * critical_learning_rate(train.eigenvalues)
    arrays = {}
    for name in sets.groups("inputs"):
        cross = gcnn_kernel(network, sets[f"{name}/inputs"], sets["training/inputs"], group=group).ntk
        arrays[f"{name}/mean"] = mean_prediction(train, cross, sets["training/targets"], recorded_steps, rate)
    save_arrays(output, arrays, {**header, "group": group, "learning_rate": rate, "steps": recorded_steps})
