"""Measure classifiers on orbits again after drawing networks and images with replacement."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ntklab.experiments.rotated_images.draws import (
    image_weights,
    measured_again,
    member_draws,
    on_labels,
    on_orbits,
)
from ntklab.experiments.rotated_images.measure_orbit_predictions import QUARTER_TURNS
from ntklab.experiments.rotated_images.shards import ALL_OOD, Trained, trained_models
from ntklab.experiments.rotated_images.tables import ORBIT_DRAW
from ntklab.files import Arrays
from ntklab.groups import cyclic
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table
from ntklab.seeds import generator


def resample_orbits(
    *, data: Path, predictions: list[Path], sizes: list[int], experiment: str, seed: int, output: Path
) -> None:
    """OSP and kappa of ensembles of which there are two or more, and accuracy of those trained with C4, after every draw.

    Steerable and canonicalised networks are drawn on all sets out of distribution together only, and for accuracy as one
    ensemble of all, too. The control without augmentation is measured on quarter turns; single ones on every orbit.
    """
    provenance = record({"experiment": experiment, "sizes": sizes, "seed": seed}, [data, *predictions])
    labels = Arrays(data)["test/labels"]
    models = list(trained_models(predictions))
    images = weights_of_images(models[0], experiment, seed)
    orders = sorted({trained.order for trained in models} - {1})
    rows = []
    for trained in models:
        drawn = _Drawn(trained, images, sizes, experiment, seed)
        if trained.order > 1:
            rows += drawn.on_orbit(trained.order)
        else:
            rows += drawn.on_orbit(QUARTER_TURNS)
            rows += [row for order in orders if order != QUARTER_TURNS for row in drawn.on_orbit(order, single=True)]
        if trained.order == QUARTER_TURNS:
            rows += drawn.accuracy(labels)
    frame = pd.concat(rows, ignore_index=True).assign(experiment=experiment)
    write_table(output, frame[[column.name for column in ORBIT_DRAW.columns]], ORBIT_DRAW, provenance)


def weights_of_images(trained: Trained, experiment: str, seed: int) -> dict[str, np.ndarray]:
    """How often each image of every set is drawn: the same for all models, which are compared on the same images."""
    return {
        name: image_weights(trained.number_of_images(name), generator(seed, experiment, "images drawn", name))
        for name in trained.single_sets()
    }


def draws_of_members(trained: Trained, members: int, drawn: int, experiment: str, seed: int) -> np.ndarray:
    """The networks of every draw: the same on all sets and for all sizes of ensembles."""
    rng = generator(seed, experiment, "members drawn", trained.model, trained.augmentation)
    return member_draws(members, drawn, rng)


def repeated(sizes: list[int], members: int) -> list[int]:
    """Single networks, and the sizes of which there are two disjoint ensembles or more."""
    return [size for size in sizes if size == 1 or 2 * size <= members]


def rows_of(numbers: dict, **settings: object) -> Iterator[pd.DataFrame]:
    """One row for each draw of each quantity."""
    for (name, quantity), values in numbers.items():
        draws = np.arange(len(values))
        yield pd.DataFrame({"replicate": draws, "value": values}).assign(data=name, quantity=quantity, **settings)


class _Drawn:
    """The networks of one kind, trained with one group, with their draws."""

    def __init__(self, trained: Trained, images, sizes: list[int], experiment: str, seed: int) -> None:
        self.sets = {name: trained.members(name) for name in trained.single_sets()}
        self.number = len(self.sets["test"])
        self.rival = trained.model != "cnn"
        self.sizes = [1] if self.rival else repeated(sizes, self.number)
        self.images = images
        self.common = {"model": trained.model, "augmentation": trained.augmentation}
        self.draws = partial(draws_of_members, trained, self.number, experiment=experiment, seed=seed)

    def _rows(self, sets, order: int, size: int, measure, keep) -> Iterator[pd.DataFrame]:
        # Of single networks that are only averaged over, one fewer is drawn; ensembles need all.
        drawn = self.number - 1 if self.rival and size == 1 else self.number
        images = {name: self.images[name] for name in sets}
        found = measured_again(sets, size, self.draws(drawn), images, measure)
        settings = {"group": cyclic(order).name, "members": float(size), "n": self.number // size, **self.common}
        yield from rows_of({key: values for key, values in found.items() if keep(*key)}, **settings)

    def on_orbit(self, order: int, single: bool = False) -> Iterator[pd.DataFrame]:
        """Of every size on test images and on all sets out of distribution together, of the extremes on each set."""
        sets = {name: f[:, :, :: f.shape[2] // order] for name, f in self.sets.items()}
        measure = partial(on_orbits, number=sets["test"].shape[-1])
        together = {ALL_OOD} if self.rival or single else {"test", ALL_OOD}
        for size in [1] if single else self.sizes:
            apart = not (self.rival or single) and size in (1, self.sizes[-1])
            yield from self._rows(sets, order, size, measure, lambda name, _, apart=apart: apart or name in together)

    def accuracy(self, labels: np.ndarray) -> Iterator[pd.DataFrame]:
        """Of untransformed test images: single networks, the largest ensembles, and of rivals the one of all."""
        upright = {"test": self.sets["test"][:, :, :1]}
        for size in (1, self.number if self.rival else self.sizes[-1]):
            yield from self._rows(
                upright, QUARTER_TURNS, size, partial(on_labels, labels=labels), lambda name, quantity: True
            )
