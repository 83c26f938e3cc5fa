"""Finite ensembles on orbits: members trained, their outputs turned back."""

import functools
from collections.abc import Sequence

import numpy as np

from ntklab.ensembles.training import train
from ntklab.pipeline.orbit_ensembles.task import OrbitTask


def train_members(
    task: OrbitTask,
    *,
    experiment: str,
    depth: int,
    width: int,
    members: Sequence[int],
    learning_rate: float,
    recorded_steps: Sequence[int],
    seed: int,
    device: str,
    precision: str,
    members_per_chunk: int,
) -> dict[str, np.ndarray]:
    """`NAME/predictions` (member, time, entry, element) of every evaluation, `loss` and `kernel_change` (member, time)."""
    trained = train(
        task.augmenting.orbit(task.inputs),
        task.augmenting.turn_targets(task.targets),
        {name: acting.orbit(inputs) for name, (acting, inputs) in task.evaluation.items()},
        experiment=experiment,
        depth=depth,
        width=width,
        members=members,
        learning_rate=learning_rate,
        recorded_steps=recorded_steps,
        seed=seed,
        members_per_chunk=members_per_chunk,
        device=device,
        precision=precision,
        log=functools.partial(print, flush=True),
    )
    arrays = {
        f"{name}/predictions": task.evaluation[name][0].pull_back(values)
        for name, values in trained.predictions.items()
    }
    return {**arrays, "loss": trained.loss, "kernel_change": trained.kernel_change}
