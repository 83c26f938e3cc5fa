"""Train one shard of an ensemble that learns an equivariant function."""

from pathlib import Path

from ntklab.experiments.cross_product.task import cross_product_task
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.orbit_ensembles.train import train_members
from ntklab.pipeline.provenance import record


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
    precision: str,
    device: str,
    members_per_chunk: int,
    output: Path,
) -> None:
    """Train members first..last on the orbits under `augmentation`, with turned targets.

    Writes `SET/ROTATIONS/predictions` (member, time, entry, element), outputs turned back; entries are inputs x components.
    """
    settings = {
        "experiment": experiment, "augmentation": augmentation, "depth": depth, "width": width,
        "first": first, "last": last, "recorded_steps": recorded_steps, "seed": seed, "precision": precision,
    }  # fmt: skip
    header = record(settings, [data, limit])
    rate = Arrays(limit).header["learning_rate"]
    arrays = train_members(
        cross_product_task(Arrays(data), augmentation),
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
