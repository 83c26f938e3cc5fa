"""What callers say about an ensemble, checked: which members, and when they are looked at."""

import itertools
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ntklab.arrays import as_array, as_whole
from ntklab.errors import InputError


def as_members(members: Any) -> Sequence[int]:
    """Indices of members; a number stands for the first ones. `InputError` for none, and for what is no index."""
    if np.ndim(members) == 0:
        return range(as_whole(members, "members", 1))
    if len(members) == 0:
        raise InputError("members: none; expected their indices, or how many there are")
    return members if isinstance(members, range) else [as_whole(member, "members", 0) for member in members]


def as_steps(recorded_steps: Any) -> list[int]:
    """Numbers of steps; `InputError` unless they are whole and increase."""
    steps = [as_whole(step, "recorded_steps", 0) for step in np.atleast_1d(recorded_steps)]
    if not steps or any(later <= earlier for earlier, later in itertools.pairwise(steps)):
        raise InputError(f"recorded_steps={steps}: expected numbers of steps that increase")
    return steps


def as_rate(learning_rate: Any) -> float:
    """A positive number."""
    if not isinstance(learning_rate, Real) or not 0 < float(learning_rate) < np.inf:
        raise InputError(f"learning_rate={learning_rate!r}: expected a positive number")
    return float(learning_rate)


def as_sets(evaluation: Any, axes: Sequence[str], features: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Sets of inputs by name, of any number of inputs along the named axes and with as many features as the training set.

    `InputError` names the set.
    """
    if not isinstance(evaluation, Mapping):
        raise InputError(f"evaluation: a {type(evaluation).__name__}; expected sets of inputs by name, {{'test': x}}")
    sets = {name: as_array(x, f"evaluation[{name!r}]", [*axes, "..."]) for name, x in evaluation.items()}
    for name, x in sets.items():
        if np.prod(x.shape[len(axes) :]) != np.prod(features):
            raise InputError(f"evaluation[{name!r}]: shape {x.shape}; expected {np.prod(features)} features, as in x")
    return sets
