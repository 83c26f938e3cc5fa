"""What claims about image classifiers share: sets of images, kinds of networks, and how a claim is put together."""

from collections.abc import Callable, Mapping

import pandas as pd

from ntklab.claims.claim import EVIDENCE, Claim
from ntklab.experiments.rotated_images.claim_numbers import CANONICALISED, CNN, ENSEMBLE, INF, STEERABLE
from ntklab.metrics.resampling import Interval, nothing

FMNIST, HISTOLOGY = "ensembles/rotated_fashion_mnist_", "ensembles/histology_"
ABOVE_ZERO = (0.0, INF)
NAMES = {
    ENSEMBLE: "ensembles", CNN: "single augmented networks", STEERABLE: "steerable networks",
    CANONICALISED: "canonicalised networks",
}  # fmt: skip
NATURAL = "natural"
SETS = {"mnist": "on MNIST digits", NATURAL: "on CIFAR10, or photographs in its place", "noise": "on noise"}
TOGETHER = "on MNIST digits and CIFAR10 or photographs in its place together"
NOT_AUGMENTED_IS = "networks trained without augmentation, on quarter turns"


QUANTITIES = {
    "osp": ("", "keep their prediction over the orbit", "OSP"),
    "kappa": ("-kappa", "agree with themselves over the orbit, beyond chance,", "kappa"),
}
"""Quantity -> what its claims' names have more, what it says of networks, its name."""


def if_there(find: Callable[..., Interval], data: str) -> Callable[[pd.DataFrame], Interval]:
    """The number on a set of images; nothing where the run has no such set."""

    def found(table: pd.DataFrame) -> Interval:
        chosen = data
        if data == NATURAL:
            chosen = "cifar10" if "cifar10" in set(table.data) else "photographs"
        return find(table, data=chosen) if chosen in set(table.data) else nothing("no such images in this run")

    return found


def claim(
    identifier: str, source: str, statement: str, quantity: str, bounds: tuple[float, float], table: str, find: Callable,
    control: Callable | None, control_is: str, kind: str = EVIDENCE, published: float | None = None,
) -> Claim:  # fmt: skip
    return Claim(
        id=identifier, paper="ensembles", source=source, statement=statement, quantity=quantity, table=table, find=find,
        bounds=bounds, kind=kind, control=control, control_is=control_is, published=published,
    )  # fmt: skip


def on_each_set(
    name: str, source: str, statement: str, quantity: str, bounds: tuple[float, float], table: str, find: Callable,
    control: Callable, control_is: str, sets: Mapping[str, str], kind: str = EVIDENCE,
) -> list[Claim]:  # fmt: skip
    """The same claim on each set of images, {where} in the statement filled in."""
    return [
        claim(
            f"{name}-{data}", source, statement.format(where=where), quantity, bounds, table, if_there(find, data),
            if_there(control, data), control_is, kind,
        )
        for data, where in sets.items()
    ]  # fmt: skip
