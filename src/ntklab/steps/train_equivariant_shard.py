"""Train one shard of an ensemble that learns an equivariant function."""

import functools
from pathlib import Path

from ntklab.ensembles.training import train
from ntklab.files import Arrays, save_arrays
from ntklab.groups.rotations import RotationSet
from ntklab.steps.predict_equivariant_mean import EVALUATED
from ntklab.steps.record import record


def train_equivariant_shard(
    *,
    data: Path,
    limit: Path,
    experiment: str,
    augmentation: str,
    depth: int,
    width: int,
    first: int,
    last: int,
    recorded_steps: list[int],
    seed: int,
    device: str,
    members_per_chunk: int,
    output: Path,
) -> None:
    """Train members first..last on the orbits under `augmentation`, with turned targets.

    Writes `SET/ROTATIONS/predictions` (member, time, entry, element), outputs turned back; entries are inputs x components.
    """
    header = record(locals())
    sets, rate = Arrays(data), Arrays(limit).header["learning_rate"]
    augmenting = RotationSet(sets[f"rotations/{augmentation}"])
    acting = {
        f"{name}/{rotations}": (RotationSet(sets[f"rotations/{rotations}"]), sets[f"{name}/inputs"])
        for name in EVALUATED
        for rotations in dict.fromkeys(("haar", augmentation))
    }
    trained = train(
        augmenting.orbit(sets["training/inputs"]),
        augmenting.turn_targets(sets["training/targets"]),
        {name: rotations.orbit(inputs) for name, (rotations, inputs) in acting.items()},
        experiment=experiment,
        depth=depth,
        width=width,
        members=range(first, last + 1),
        learning_rate=rate,
        recorded_steps=recorded_steps,
        seed=seed,
        members_per_chunk=members_per_chunk,
        device=device,
        log=functools.partial(print, flush=True),
    )
    arrays = {f"{name}/predictions": acting[name][0].pull_back(values) for name, values in trained.predictions.items()}
    save_arrays(output, {**arrays, "loss": trained.loss}, {**header, "learning_rate": rate, "steps": recorded_steps})
