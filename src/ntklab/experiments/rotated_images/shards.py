"""What shards of image classifiers hold, put together: the arrays between training and metrics."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.files import Arrays
from ntklab.groups import group
from ntklab.pipeline.shards import by, joined

ALL_OOD = "out_of_distribution"
"""Name of the union of all sets out of distribution, which have equally many images each."""


class Trained(NamedTuple):
    """All members of one kind of model trained with one group."""

    model: str
    augmentation: str
    shards: list[Arrays]

    @property
    def order(self) -> int:
        """Order of the group trained with; 1 for no augmentation."""
        return group(self.augmentation).order

    @property
    def header(self) -> dict:
        return self.shards[0].header

    def sets(self) -> list[str]:
        """Names of the sets of images, the union of those out of distribution last."""
        return [*self.shards[0].groups("logits"), ALL_OOD]

    def single_sets(self) -> list[str]:
        """Names of the sets of images, the test images first, without the union."""
        return self.shards[0].groups("logits")

    def number_of_images(self, name: str) -> int:
        """Images in a set."""
        return self.shards[0][f"{name}/logits"].shape[1]

    def source(self, name: str) -> str:
        """Where the images of a set come from."""
        sources = self.header["sources"]
        return sources.get(name) or ", ".join(sources[part] for part in self._parts(name))

    def members(self, name: str, kind: str = "logits") -> Float[np.ndarray, "member *time input angle class"]:
        """Logits of all members on a set, in the order of their indices."""
        parts = [joined(self.shards, f"{part}/{kind}") for part in self._parts(name)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-3)

    def _parts(self, name: str) -> list[str]:
        return [part for part in self.shards[0].groups("logits") if part != "test"] if name == ALL_OOD else [name]


def trained_models(paths: Iterable[Path]) -> Iterator[Trained]:
    """The shards by model and group, in the order of their first paths, each with its members in order."""
    for (model, augmentation), shards in by(paths, "model", "group").items():
        yield Trained(model, augmentation, shards)
