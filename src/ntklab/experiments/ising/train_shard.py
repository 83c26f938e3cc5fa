"""Train one shard of an ensemble: a range of members of one width."""

import json
from pathlib import Path

from ntklab.experiments.ising.task import ising_task
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.orbit_ensembles.train import train_members
from ntklab.pipeline.provenance import record


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
    precision: str,
    device: str,
    members_per_chunk: int,
    output: Path,
) -> None:
    """Train members first..last on the orbits of `augmentation`; predict on the orbits of `symmetry` while training."""
    settings = {
        "experiment": experiment, "symmetry": symmetry, "augmentation": augmentation, "depth": depth, "width": width,
        "first": first, "last": last, "recorded_steps": recorded_steps, "seed": seed, "precision": precision,
    }  # fmt: skip
    header = record(settings, [data, learning_rate])
    rate = json.loads(learning_rate.read_text())["learning_rate"]
    arrays = train_members(
        ising_task(Arrays(data), symmetry, augmentation),
        experiment=experiment,
        depth=depth,
        width=width,
        members=range(first, last + 1),
        learning_rate=rate,
        recorded_steps=recorded_steps,
        seed=seed,
        precision=precision,
        device=device,
        members_per_chunk=members_per_chunk,
    )
    save_arrays(output, arrays, {**header, "learning_rate": rate, "steps": recorded_steps})
