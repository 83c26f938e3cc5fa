"""Measure how invariant image classifiers are over the orbits of the group they were trained with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from ntklab.experiments.rotated_images.shards import QUARTER_TURNS, Trained, trained_models
from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION, TWO_WAY_REPLICATE
from ntklab.experiments.rotated_images.two_way import columns, ensembles_of, possible, several, tallies
from ntklab.files import Arrays
from ntklab.groups import cyclic
from ntklab.metrics.ensemble_sizes import SubEnsembles, disagreement, labelled, on_elements, orbit_same_predictions
from ntklab.metrics.orbit_classification import deviation, squared_spreads
from ntklab.metrics.resampling import standard_error, student
from ntklab.metrics.two_way import TwoWay
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table

Numbers = dict[tuple[str, str], TwoWay]
"""(set, quantity) -> the number."""


def measure_orbit_predictions(
    *,
    data: Path,
    predictions: list[Path],
    sizes: list[int],
    experiment: str,
    seed: int,
    output: Path,
    output_replicates: Path,
) -> None:
    """All models, groups, sets and sizes of ensembles after training, with errors over networks and images, and the replicates
    behind them.

    Numbers of an ensemble of m are expectations over all sub-ensembles of m of the networks. Networks trained without
    augmentation are measured on quarter turns, single ones and the largest ensembles on all groups' orbits.
    """
    provenance = record({"experiment": experiment, "sizes": sizes, "seed": seed}, [data, *predictions])
    labels = Arrays(data)["test/labels"]
    models = list(trained_models(predictions))
    orders = sorted({trained.orbit for trained in models})
    rows, replicates = [], []
    for trained in models:
        members = len(trained.logits("test"))
        common = {
            "model": trained.model,
            "augmentation": trained.augmentation,
            "step": trained.header["steps"],
            "n": members,
        }
        for order in orders if trained.order == 1 else [trained.order]:
            here = {**common, "group": cyclic(order).name}
            chosen = possible(sizes, members) if order == trained.orbit else sorted({1, several(sizes, members)[-1]})
            for size in chosen:
                ensembles = ensembles_of(trained, members, size, experiment, seed)
                found = _of_size(trained, order, ensembles, labels)
                if trained.model == "cnn" and order == trained.orbit and size == chosen[-1]:
                    found |= _of_probabilities(trained, ensembles)
                for row, of_row in columns(found, **here, members=float(size)):
                    rows.append(row | {"source": trained.source(row["data"])})
                    replicates.append(of_row)
            if order == trained.orbit:
                found = {
                    (name, "disagreement"): disagreement(trained.logits(name)[:, :, 0], trained.kind)
                    for name in trained.sets()
                }
                rows += [
                    row | {"source": trained.source(row["data"])} for row, _ in columns(found, **here, members=2.0)
                ]
                rows += [{**here, **row} for row in (*_spreads(trained, order, chosen), *_sizes(trained))]
    table = pd.DataFrame(rows).assign(experiment=experiment)
    write_table(output, table[[column.name for column in ORBIT_PREDICTION.columns]], ORBIT_PREDICTION, provenance)
    table = pd.concat(replicates, ignore_index=True).assign(experiment=experiment)
    write_table(
        output_replicates, table[[column.name for column in TWO_WAY_REPLICATE.columns]], TWO_WAY_REPLICATE, provenance
    )


def _of_size(trained: Trained, order: int, chosen: SubEnsembles, labels: np.ndarray) -> Numbers:
    """Everything about ensembles of one size on the orbits of one order."""
    sets, kind, found = {name: trained.on_orbits(name, order) for name in trained.sets()}, trained.kind, {}
    for name, each in tallies(sets, chosen).items():
        numbers = on_elements(each, chosen, kind)
        found[name, "osp"] = orbit_same_predictions(numbers["same"], order)
        found |= {(name, quantity): numbers[quantity] for quantity in ("kappa", "concentration")}
    if order == trained.order and trained.shards[0].groups("returned"):
        returned = {
            name: np.concatenate([f[:, :, :1], trained.logits(name, "returned")], axis=2) for name, f in sets.items()
        }
        for name, each in tallies(returned, chosen).items():
            found[name, "osp_returned"] = _with_quarter_turns(on_elements(each, chosen, kind)["same"], order)
    if order == trained.orbit:
        upright = labelled(sets["test"][:, :, 0], labels, chosen, kind)
        found |= {("test", quantity): number for quantity, number in upright.items()}
    return found


def _of_probabilities(trained: Trained, chosen: SubEnsembles) -> Numbers:
    """OSP of averaged probabilities, beside that of averaged logits."""
    sets = {name: softmax(trained.on_orbits(name, trained.orbit), axis=-1) for name in trained.sets()}
    return {
        (name, "osp_probabilities"): orbit_same_predictions(
            on_elements(each, chosen, trained.kind)["same"], trained.orbit
        )
        for name, each in tallies(sets, chosen).items()
    }


def _with_quarter_turns(same: TwoWay, order: int) -> TwoWay:
    """OSP over the group from the agreement of images returned from the angles below a quarter turn: those returned from quarter
    turns are the images themselves, and a rotation by an angle beyond one is a quarter turn of one below."""
    return same.times(order - QUARTER_TURNS).plus(QUARTER_TURNS)


def _spreads(trained: Trained, order: int, sizes: list[int]) -> Iterator[dict]:
    """Spread of the logits of ensembles of every size, and the floor, with errors over networks."""
    for name in trained.sets():
        members = trained.on_orbits(name, order).astype(np.float64)
        found = squared_spreads(deviation(members)[:, None])
        of_size = {size: found.infinite + (found.single - found.infinite) / size for size in sizes}
        values = {("spread", float(size)): np.sqrt(np.maximum(each, 0)) for size, each in of_size.items()}
        values["floor", float(len(members))] = found.infinite
        for (quantity, size), each in values.items():
            stderr = standard_error(each[1:])[0]
            low, high = student(each[0, 0], float(stderr), len(each) - 2, "members").ci95
            yield {
                "data": name, "source": trained.source(name), "quantity": quantity, "members": size, "value": each[0, 0],
                "stderr": stderr, "ci_low": low, "ci_high": high,
            }  # fmt: skip


def _sizes(trained: Trained) -> Iterator[dict]:
    """Parameters and multiplications of one network."""
    common = {"data": "test", "source": trained.source("test"), "members": 1.0, "stderr": 0.0}
    for quantity, number in trained.header["size"].items():
        yield {
            **common,
            "quantity": quantity,
            "value": float(number),
            "ci_low": float(number),
            "ci_high": float(number),
        }
