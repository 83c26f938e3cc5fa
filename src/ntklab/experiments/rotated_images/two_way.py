"""From the arrays of shards to numbers with errors over networks and images, and from these to rows of tables."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.experiments.rotated_images.shards import ALL_OOD, Trained, natural
from ntklab.metrics.ensemble_sizes import SubEnsembles, Tally, sub_ensembles_of, tally, together
from ntklab.metrics.two_way import TwoWay
from ntklab.seeds import generator

NOTHING, MEMBERS, IMAGES = "none", "members", "images"
"""What a group is left out of, in the column `left_out` of tables of replicates."""


def possible(sizes: Sequence[int], members: int) -> list[int]:
    """Sizes of the ensembles that so many members can form."""
    return [size for size in sizes if size <= members]


def several(sizes: Sequence[int], members: int) -> list[int]:
    """Those of which so many members can form several, single networks at least."""
    return [size for size in sizes if size < members]


def ensembles_of(trained: Trained, members: int, size: int, experiment: str, seed: int) -> SubEnsembles:
    """The sub-ensembles of one size of the first `members` networks: the same on all sets, orbits and times, of the same
    partitions for all sizes."""
    rng = generator(seed, experiment, "sub-ensembles", trained.model, trained.augmentation)
    return sub_ensembles_of(members, size, rng)


def tallies(
    sets: Mapping[str, Float[np.ndarray, "member input element class"]], chosen: SubEnsembles
) -> dict[str, Tally]:
    """Of every set, and of those out of distribution but noise together."""
    found = {name: tally(f, chosen) for name, f in sets.items()}
    if averaged := natural(found):
        found[ALL_OOD] = together([found[name] for name in averaged])
    return found


def summary(number: TwoWay) -> dict[str, float]:
    """Value, standard error and 95 % interval over networks and images, as in tables."""
    low, high = number.interval().ci95
    return {"value": float(number.value), "stderr": float(number.stderr()), "ci_low": low, "ci_high": high}


def replicates(number: TwoWay) -> pd.DataFrame:
    """The number and those with a group left out, one row each."""
    (members,) = number.members.values()
    parts = {NOTHING: np.array([number.value]), MEMBERS: members, IMAGES: number.inputs}
    return pd.concat(
        [
            pd.DataFrame({"left_out": name, "replicate": np.arange(len(values)) + (name != NOTHING), "value": values})
            for name, values in parts.items()
        ],
        ignore_index=True,
    )


def numbers_of(rows: pd.DataFrame, kind: str) -> TwoWay:
    """The number whose replicates these rows are, of the named kind of networks."""
    parts = {name: part.sort_values("replicate").value.to_numpy() for name, part in rows.groupby("left_out")}
    return TwoWay(parts[NOTHING].item(), {kind: parts[MEMBERS]}, parts[IMAGES])


def columns(
    numbers: Mapping[tuple[str, str], TwoWay], **settings: object
) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """A row for the summary and the rows of replicates, of numbers by set and quantity."""
    for (name, quantity), number in numbers.items():
        common = {**settings, "data": name, "quantity": quantity}
        yield {**common, **summary(number)}, replicates(number).assign(**common)
