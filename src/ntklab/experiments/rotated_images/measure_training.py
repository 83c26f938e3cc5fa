"""Measure classifiers on orbits during training: agreement, spread of the logits, and the loss."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.experiments.rotated_images.shards import Trained, trained_models
from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION, SPREAD_REPLICATE
from ntklab.experiments.rotated_images.two_way import ensembles_of, possible, summary, tallies
from ntklab.groups import cyclic
from ntklab.metrics.ensemble_sizes import on_elements, orbit_same_predictions
from ntklab.metrics.orbit_classification import deviation, squared_spreads
from ntklab.metrics.resampling import jackknife_interval, leave_groups_out, standard_error
from ntklab.pipeline.provenance import record
from ntklab.pipeline.shards import joined
from ntklab.pipeline.table_files import write_table


def measure_training(
    *,
    predictions: list[Path],
    sizes: list[int],
    sizes_of_spread: list[int],
    experiment: str,
    seed: int,
    output: Path,
    output_replicates: Path,
) -> None:
    """The training loss of all models; OSP, kappa and chance of those evaluated at the recorded steps, with errors over
    networks and images; of plain networks the replicates of the squared spread, of single ones, ensembles of every size and the
    infinite one.

    On the orbits of the group trained with, quarter turns without augmentation.
    """
    settings = {"experiment": experiment, "sizes": sizes, "sizes_of_spread": sizes_of_spread, "seed": seed}
    provenance = record(settings, predictions)
    rows, replicates = [], []
    for trained in trained_models(predictions):
        common = {"model": trained.model, "augmentation": trained.augmentation, "group": cyclic(trained.orbit).name}
        common["n"] = len(trained.logits("test"))
        rows += [{**common, **row} for row in _loss(trained)]
        recorded = {name: trained.logits(name, "recorded") for name in trained.shards[0].groups("recorded")}
        if recorded:
            rows += [{**common, **row} for row in _predictions(trained, recorded, sizes, experiment, seed)]
        if trained.model == "cnn":
            for name, members in recorded.items():
                found = _spreads(members.astype(np.float64), sizes_of_spread, trained.header["recorded_steps"])
                replicates += [{**common, "data": name, **row} for row in found]
    table = pd.DataFrame(rows).assign(experiment=experiment)
    write_table(output, table[[column.name for column in ORBIT_PREDICTION.columns]], ORBIT_PREDICTION, provenance)
    table = pd.DataFrame(replicates).assign(experiment=experiment, quantity="squared_spread")
    write_table(
        output_replicates, table[[column.name for column in SPREAD_REPLICATE.columns]], SPREAD_REPLICATE, provenance
    )


def _predictions(trained: Trained, recorded: dict, sizes: list[int], experiment: str, seed: int) -> Iterator[dict]:
    members = len(recorded["test"])
    for size in possible(sizes, members):
        chosen = ensembles_of(trained, members, size, experiment, seed)
        for time, step in enumerate(trained.header["recorded_steps"]):
            found = tallies({name: f[:, time] for name, f in recorded.items()}, chosen)
            for name, each in found.items():
                numbers = on_elements(each, chosen, trained.kind)
                numbers["osp"] = orbit_same_predictions(numbers.pop("same"), trained.orbit)
                for quantity, number in numbers.items():
                    common = {"data": name, "source": trained.source(name), "quantity": quantity}
                    yield {**common, "members": float(size), "step": step, **summary(number)}


def _loss(trained: Trained) -> Iterator[dict]:
    """Cross-entropy at the recorded steps, mean over members and their mini-batches."""
    losses = joined(trained.shards, "loss").astype(np.float64)
    left_out = leave_groups_out(lambda part: part.mean(axis=0), losses)
    for time, step in enumerate(trained.header["recorded_steps"]):
        found = jackknife_interval(losses[:, time].mean(), left_out[:, time], "members")
        yield {
            "data": "training", "source": trained.source("test"), "quantity": "training_loss", "members": 1.0, "step": step,
            "value": found.value, "stderr": float(standard_error(left_out[:, time])),
            "ci_low": found.ci95[0], "ci_high": found.ci95[1],
        }  # fmt: skip


def _spreads(
    members: Float[np.ndarray, "member time input element class"], sizes: list[int], steps: list[int]
) -> Iterator[dict]:
    found = squared_spreads(deviation(members))
    # Over all ensembles of M that the members can form the mean is exactly this: floor + (a member's - floor) / M.
    by_size = {1.0: found.single, np.inf: found.infinite}
    by_size |= {
        float(size): found.infinite + (found.single - found.infinite) / size
        for size in possible(sizes, len(members))
        if size > 1
    }
    for size, values in by_size.items():
        for (replicate, time), value in np.ndenumerate(values):
            yield {"members": size, "replicate": replicate, "step": steps[time], "value": float(value)}
