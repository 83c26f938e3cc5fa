"""Train one shard of an ensemble of convolutional or group-convolutional networks."""

import functools
from pathlib import Path

import numpy as np

from ntklab.ensembles.modules import train_modules
from ntklab.errors import InputError
from ntklab.files import Arrays, save_arrays
from ntklab.groups import pixel_group
from ntklab.nets.convolutional import build_network
from ntklab.pipeline.arguments import NetworkArgument
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def train_network_shard(
    *,
    data: Path,
    limit: Path,
    experiment: str,
    ensemble: str,
    architecture: str,
    group: str,
    augmentation: str,
    network: NetworkArgument,
    width: int,
    first: int,
    last: int,
    recorded_steps: list[int],
    seed: int,
    precision: str,
    device: str,
    output: Path,
) -> None:
    """Train members first..last on the orbits of the group `augmentation`, with the limit's learning rate.

    `group` is that of group-convolutional networks. `width` is the number of features per hidden layer and position, so that
    networks of one width are equally wide: a group-convolutional network has `width` / |G| channels, each with a feature per
    element. `InputError` for a width that is no multiple of |G| then.
    Members 2 k and 2 k + 1 share their weights but for the sign of the last layer's, and so that of their outputs at
    initialisation: each is as random as before, and the mean of the two has much less noise.
    Writes `SET/predictions` (member, time, input, output) of every set, and `loss` (member, time).
    """
    settings = {
        "experiment": experiment, "ensemble": ensemble, "architecture": architecture, "group": group,
        "augmentation": augmentation,
        "network": str(network), "width": width, "first": first, "last": last, "recorded_steps": recorded_steps,
        "seed": seed, "precision": precision,
    }  # fmt: skip
    header = record(settings, [data, limit])
    sets, rate = Arrays(data), Arrays(limit).header["learning_rate"]
    features = pixel_group(group).order if architecture == "gcnn" else 1
    channels, rest = divmod(width, features)
    if rest:
        raise InputError(f"width {width}: the features of {architecture} are a multiple of {features}")
    x, y = sets["training/inputs"], sets["training/targets"]
    acting = pixel_group(augmentation)
    augmented = acting.orbit(x).reshape(-1, *x.shape[1:])

    def build(member: int):
        rng = generator(seed, experiment, ensemble, "pair", width, member // 2)
        shape = {"channels": x.shape[-1], "size": x.shape[1], "outputs": y.shape[1]}
        options = {"padding": network.padding, "weight_variance": network.weight_variance, "group": group, **shape}
        net = build_network(architecture, network.filters, channels, rng=rng, **options)
        if member % 2:
            net[-1].weight.data.neg_()
        return net

    trained = train_modules(
        build,
        np.moveaxis(augmented, -1, 1),
        y.repeat(acting.order, axis=0),
        {name: np.moveaxis(sets[f"{name}/inputs"], -1, 1) for name in sets.groups("inputs")},
        members=range(first, last + 1),
        learning_rate=rate,
        recorded_steps=recorded_steps,
        precision=precision,
        device=device,
        log=functools.partial(print, flush=True),
    )
    arrays = {f"{name}/predictions": values for name, values in trained.predictions.items()}
    save_arrays(output, {**arrays, "loss": trained.loss}, {**header, "learning_rate": rate, "steps": recorded_steps})
