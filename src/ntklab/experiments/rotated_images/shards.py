"""What shards of image classifiers hold, put together: the arrays between training and metrics."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.data.out_of_distribution import NOISE
from ntklab.files import Arrays
from ntklab.groups import group
from ntklab.pipeline.shards import by, joined

ALL_OOD = "out_of_distribution"
"""Name of the union of all sets out of distribution but noise, which have equally many images each."""
QUARTER_TURNS = 4


class Trained(NamedTuple):
    """All members of one kind of model trained with one group."""

    model: str
    augmentation: str
    shards: list[Arrays]

    @property
    def kind(self) -> str:
        """A name that no other such networks have."""
        return f"{self.model} {self.augmentation}"

    @property
    def order(self) -> int:
        """Order of the group trained with; 1 for no augmentation."""
        return group(self.augmentation).order

    @property
    def orbit(self) -> int:
        """Elements of the orbits on which these networks are compared: quarter turns for no augmentation."""
        return max(self.order, QUARTER_TURNS)

    @property
    def header(self) -> dict:
        return self.shards[0].header

    def sets(self) -> list[str]:
        """Names of the sets of images, the test images first."""
        return self.shards[0].groups("orbits")

    def source(self, name: str) -> str:
        """Where the images of a set come from."""
        sources = self.header["sources"]
        return sources[name] if name != ALL_OOD else ", ".join(sources[part] for part in natural(self.sets()))

    def logits(self, name: str, on: str = "orbits") -> Float[np.ndarray, "member *time input element class"]:
        """Logits of all members on a set, in the order of their indices; on "angles" of those that have them."""
        return joined([shard for shard in self.shards if name in shard.groups(on)], f"{name}/{on}")

    def on_orbits(self, name: str, order: int) -> Float[np.ndarray, "member input element class"]:
        """The same on the orbits of the cyclic group of `order`, which divides that of the orbits there are."""
        f = self.logits(name)
        return f[:, :, :: f.shape[2] // order]


def natural(sets: Iterable[str]) -> list[str]:
    """The sets out of distribution that are averaged over: rotations change noise, which interpolation blurs, too much."""
    return [name for name in sets if name not in ("test", NOISE)]


def trained_models(paths: Iterable[Path]) -> Iterator[Trained]:
    """The shards by model and group, in the order of their first paths, each with its members in order."""
    for (model, augmentation), shards in by(paths, "model", "group").items():
        yield Trained(model, augmentation, shards)
