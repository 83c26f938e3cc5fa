"""Train one shard of an ensemble: a range of members of one width."""

import functools
import json
from pathlib import Path

from ntklab.ensembles.training import train
from ntklab.files import Arrays, save_arrays
from ntklab.groups import group
from ntklab.steps.record import record


def train_shard(
    *,
    data: Path,
    learning_rate: Path,
    experiment: str,
    symmetry: str,
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
    """Train members first..last on the orbits of `augmentation`; predict on the orbits of `symmetry` while training."""
    header = record(locals())
    rate = json.loads(learning_rate.read_text())["learning_rate"]
    sets = Arrays(data)
    trained = train(
        group(augmentation).orbit(sets["training/inputs"]),
        sets["training/targets"],
        {name: group(symmetry).orbit(sets[f"{name}/inputs"]) for name in sets.groups("inputs")},
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
    arrays = {f"{name}/predictions": values for name, values in trained.predictions.items()}
    save_arrays(output, {**arrays, "loss": trained.loss}, {**header, "learning_rate": rate, "steps": recorded_steps})
