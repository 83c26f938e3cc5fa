"""Statistics of tables of moments that several experiments share: an ensemble's deviation from what it should be.

Frames have a row for each set, group, augmentation, width and step, and a column for each replicate.
"""

import numpy as np
import pandas as pd

from ntklab.claims.replicates import REPLICATE, one_of
from ntklab.metrics.resampling import Interval, nothing

INFINITE, SINGLE = np.inf, 1.0
BLOCKS = 10
"""Ensembles of one size that show the law of sizes: fewer say too little at one time."""


def _by_replicate(rows: pd.DataFrame, *more: str) -> pd.DataFrame:
    """Values with all settings but the quantity as index; only the ensembles' size is not kept, unless it is asked for."""
    dropped = {"experiment", "quantity", "members", "value", REPLICATE} - set(more)
    keys = [column for column in rows.columns if column not in dropped]
    return rows.pivot(index=keys, columns=REPLICATE, values="value")


def mean_square(rows: pd.DataFrame, quantity: str, members: float | int) -> pd.DataFrame:
    """The mean square of ensembles of that size; any size follows from two.

    Independent members have (E d)^2 + (E d^2 - (E d)^2) / M, the first without bias.
    """
    of_quantity = rows[rows.quantity == quantity]
    infinite, single = (_by_replicate(of_quantity[of_quantity.members == m]) for m in (INFINITE, SINGLE))
    return infinite + (single - infinite) / members


def fraction_left(rows: pd.DataFrame, quantity: str = "squared_spread") -> pd.DataFrame:
    """What the infinite ensemble has of a single member's mean square."""
    return mean_square(rows, quantity, INFINITE) / mean_square(rows, quantity, SINGLE)


def relative_spread(rows: pd.DataFrame, members: float | int, of: str = "") -> pd.DataFrame:
    """Pooled relative standard deviation over the orbit of ensembles of that size, with the sign of its estimated square.

    `of` is "limit_" for infinitely wide networks.
    """
    return signed_root(
        mean_square(rows, f"{of}squared_spread", members) / mean_square(rows, f"{of}mean_square", members)
    )


def law_slope(rows: pd.DataFrame, quantity: str) -> Interval:
    """Slope of log root mean square against log members, mean over ensembles; from members and disjoint blocks of them.

    Sizes of which there are `BLOCKS` blocks or more: of fewer neither the logarithm's mean nor its error is right.
    """
    enough = np.isfinite(rows.members) & (rows.trained >= BLOCKS * rows.members)
    found = _by_replicate(rows[(rows.quantity == quantity) & enough], "members").reset_index("members")
    slopes = []
    for _, each in found.groupby(level=found.index.names, sort=False):
        size = np.log(each.pop("members").to_numpy())
        if len(size) > 1:
            slopes.append(((size - size.mean()) @ np.log(each.to_numpy())) / np.square(size - size.mean()).sum() / 2)
    if not slopes:
        return nothing(f"needs {BLOCKS} ensembles of a size above 1")
    return one_of(pd.Series(np.mean(slopes, axis=0), found.columns.drop("members")))


def law_ratios(rows: pd.DataFrame, quantity: str, smallest: int) -> pd.DataFrame:
    """Root mean square times sqrt(members), over that of single members, of at least `BLOCKS` blocks of at least `smallest`
    members."""
    found = rows[(rows.quantity == quantity) & np.isfinite(rows.members)]
    single = _by_replicate(found[found.members == SINGLE])
    many = found[(found.members >= smallest) & (found.trained >= BLOCKS * found.members)]
    parts = [_by_replicate(of_size) * size / single for size, of_size in many.groupby("members")]
    return np.sqrt(pd.concat([part.dropna() for part in parts])) if parts else pd.DataFrame()


def signed_root(square):
    """sign(x) sqrt|x|: monotone, so that the interval of an unbiased square, which may be negative, keeps its width."""
    return np.sign(square) * np.sqrt(np.abs(square))


def root(square: Interval) -> Interval:
    """The interval of a distance from that of its square."""
    pair = [tuple(float(signed_root(end)) for end in ends) for ends in (square.ci95, square.ci997)]
    return Interval(float(signed_root(square.value)), *pair, square.resampled, square.reason)
