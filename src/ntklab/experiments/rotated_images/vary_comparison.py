"""Canonicalised networks against ensembles of plain ones, with one choice of the comparison changed at a time.

The base is the comparison of the talk's table as far as it is stated: a trained canonicaliser, ensembles of a size that all
groups can form, the end of training, the angles of the group, all sets out of distribution but noise. What is compared is the
fraction of images and elements with the class of the unrotated image, OSP / order; differences are paired by image.
"""

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.shards import ALL_OOD, Trained, trained_models
from ntklab.experiments.rotated_images.tables import VARIED_COMPARISON
from ntklab.experiments.rotated_images.two_way import ensembles_of, summary, tallies
from ntklab.groups import group as group_named
from ntklab.metrics.ensemble_sizes import on_elements
from ntklab.metrics.two_way import TwoWay
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table

DATA_LEVELS = ("test", "noise")
"""Sets that are no part of the base, beside each one that is."""


class Choice(NamedTuple):
    """What is compared: a kind of canonicalised networks with ensembles of a size, on a set, at angles, after a recorded time."""

    rival: str = "canonicalised"
    size: int = 0
    data: str = ALL_OOD
    on: str = "orbits"
    time: int | None = None
    """Index of the recorded time; None for the end of training, on all images."""


def vary_comparison(*, predictions: list[Path], ensemble: int, experiment: str, seed: int, output: Path) -> None:
    """The base, with ensembles of `ensemble`, and each choice changed alone, for every group."""
    provenance = record({"experiment": experiment, "ensemble": ensemble, "seed": seed}, predictions)
    models = {(trained.model, trained.augmentation): trained for trained in trained_models(predictions)}
    agreement = cache(partial(_agreement, models, experiment=experiment, seed=seed))
    rows = []
    for group in (group for model, group in models if model == "canonicalised"):
        base = Choice(size=ensemble)
        for factor, level, choice in _choices(base, models["cnn", group], ("frozen", group) in models):
            of_rival = agreement(choice.rival, group, 1, choice.on, choice.time)[choice.data]
            of_plain = agreement("cnn", group, choice.size, choice.on, choice.time)[choice.data]
            rows.append({
                "factor": factor, "level": level, "data": choice.data, "group": "so2" if choice.on == "angles" else group,
                "augmentation": group, "n": len(models[choice.rival, group].logits("test")),
                "published": _published(group, factor), **summary(of_rival.minus(of_plain)),
            })  # fmt: skip
    table = pd.DataFrame(rows).assign(experiment=experiment, quantity="difference")
    write_table(output, table[[column.name for column in VARIED_COMPARISON.columns]], VARIED_COMPARISON, provenance)


def _choices(base: Choice, plain: Trained, frozen: bool) -> Iterator[tuple[str, str, Choice]]:
    """Factor, level and the choice, the base first."""
    yield "base", "", base
    if frozen:
        yield "canonicaliser", "untrained", base._replace(rival="frozen")
    yield "ensemble", "single networks", base._replace(size=1)
    if base.size >= 20:
        yield "ensemble", f"of {base.size // 10} networks", base._replace(size=base.size // 10)
    members = len(plain.logits("test"))
    if members > base.size:
        yield "ensemble", f"all {members} networks", base._replace(size=members)
    steps = plain.header["recorded_steps"]
    for time, step in enumerate(steps):
        if 0 < step < steps[-1] and (share := round(steps[-1] / step)) in (2, 4, 10):
            yield "training", f"1/{share} of the steps", base._replace(on="recorded", time=time)
    yield "angles", "all angles", base._replace(on="angles")
    sets = plain.sets()
    for name in [*[name for name in sets if name not in DATA_LEVELS], *[name for name in DATA_LEVELS if name in sets]]:
        yield "images", name, base._replace(data=name)


def _agreement(
    models: dict[tuple[str, str], Trained],
    model: str,
    group: str,
    size: int,
    on: str,
    time: int | None,
    *,
    experiment: str,
    seed: int,
) -> dict[str, TwoWay]:
    """Fraction of images and elements, the identity included, with the class of the unrotated image, of every set."""
    trained = models[model, group]
    sets = {name: trained.logits(name, on) for name in trained.shards[0].groups(on)}
    if time is not None:
        sets = {name: f[:, time] for name, f in sets.items()}
    members, elements = sets["test"].shape[0], sets["test"].shape[2]
    chosen = ensembles_of(trained, members, min(size, members), experiment, seed)
    found = {name: on_elements(each, chosen, trained.kind)["same"] for name, each in tallies(sets, chosen).items()}
    return {name: same.times((elements - 1) / elements).plus(1 / elements) for name, same in found.items()}


def _published(group: str, factor: str) -> float:
    """The talk's difference, which is of the base only."""
    pair = [TALK_COMPARISON.get((kind, group)) for kind in ("canonicalised", "ensemble")]
    if factor != "base" or None in pair:
        return np.nan
    return (pair[0][0] - pair[1][0]) / group_named(group).order
