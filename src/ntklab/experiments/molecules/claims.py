"""Claims of `Equivariant Neural Tangent Kernels` (Misof et al. 2025) about the energies of molecules.

The unit of errors are draws of training and test molecules, which share none; all networks have the same molecules, and what
is compared is the difference within a draw. Of predictions under rotations the unit are molecules.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim
from ntklab.experiments.molecules.published import PUBLISHED, PUBLISHED_TRAINING
from ntklab.experiments.molecules.spreads import relative_spread, replicated_spreads
from ntklab.metrics.resampling import (
    Interval,
    highest_of_all,
    jackknife_interval,
    leave_groups_out,
    nothing,
    numerical,
)

INF = float("inf")
ERRORS, TURNED, HAAR = (
    f"equivntk/molecules_{name}" for name in ("energy_errors", "turned_predictions", "haar_average")
)
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
NAMES = {
    "mlp": "MLP",
    "residual": "residual MLP",
    "rotated": "MLP trained on randomly turned copies",
    "so3": "SO(3)-GCNN",
}
ABSTRACT = "abstract; figure on QM9"
SHIFTED = "the same predictions compared with the energies of other molecules"
LEAST_RATIO, LARGEST_RATIO = 0.3, 0.9
INVARIANT = 0.05
"""Of the spread over molecules: what the grid of the largest bandlimit does not hold moves predictions by a few per cent."""
LARGEST_ERROR = 1e-5
"""Of kernels, relative: a fifth of the regressions' ridge."""
EPS = float(np.finfo(np.float64).eps)


def _errors(table: pd.DataFrame, model: str, kernel: str, quantity: str) -> np.ndarray:
    """Errors (draw, training size), in meV."""
    rows = table[(table.model == model) & (table.kernel == kernel) & (table.quantity == quantity)]
    return rows.pivot(index="repeat", columns="training_molecules", values="value").to_numpy()


def largest_difference(table: pd.DataFrame, model: str, than: str, kernel: str, quantity: str = "mae") -> Interval:
    """Error of one network minus that of another, at the training size whose simultaneous interval ends highest."""
    found = _errors(table, model, kernel, quantity) - _errors(table, than, kernel, quantity)
    return highest_of_all(found.mean(axis=0), leave_groups_out(partial(np.mean, axis=0), found), "repeats")


def largest_rise(table: pd.DataFrame, model: str, kernel: str, quantity: str = "mae") -> Interval:
    """Error minus that with the next smaller training set, where its simultaneous interval ends highest."""
    found = np.diff(_errors(table, model, kernel, quantity), axis=1)
    return highest_of_all(found.mean(axis=0), leave_groups_out(partial(np.mean, axis=0), found), "repeats")


def error_ratio(table: pd.DataFrame, kernel: str, quantity: str = "mae") -> Interval:
    """Mean error of the SO(3)-GCNN over that of the MLP, with as many training molecules as the published numbers."""
    rows = table[table.training_molecules == PUBLISHED_TRAINING]
    if rows.empty:
        return nothing(f"needs {PUBLISHED_TRAINING} training molecules")
    both = np.concatenate([_errors(rows, model, kernel, quantity) for model in ("so3", "mlp")], axis=1)
    return jackknife_interval(_ratio_of_means(both), leave_groups_out(_ratio_of_means, both), "repeats")


def _ratio_of_means(both: np.ndarray) -> float:
    of_first, of_second = both.mean(axis=0)
    return of_first / of_second


def _spreads(table: pd.DataFrame, model: str, kernel: str) -> dict[int, pd.DataFrame]:
    rows = table[(table.model == model) & (table.kernel == kernel)]
    return dict(list(rows.groupby("bandlimit")))


def spread_at_largest(table: pd.DataFrame, model: str, kernel: str) -> Interval:
    """Relative spread over rotations at the largest bandlimit."""
    rows = _spreads(table, model, kernel)
    found = rows[max(rows)]
    return jackknife_interval(relative_spread(found), replicated_spreads(found), "molecules")


def spread_falls(table: pd.DataFrame, model: str, kernel: str) -> Interval:
    """Relative spread over rotations at the largest bandlimit, over that at the smallest."""
    rows = _spreads(table, model, kernel)
    low, high = rows[min(rows)], rows[max(rows)]
    value = relative_spread(high) / relative_spread(low)
    return jackknife_interval(value, replicated_spreads(high) / replicated_spreads(low), "molecules")


def difference(table: pd.DataFrame, compared: str, kernel: str) -> Interval:
    """Relative difference of the kernel from another way to it; its error is that of the integral over rotations."""
    row = table[(table.compared == compared) & (table.kernel == kernel)].iloc[0]
    return numerical(float(row.value), float(row.stderr) + 8 * EPS)


def _negative(identifier: str, source: str, statement: str, quantity: str, find: Callable[..., Interval]) -> Claim:
    """A difference of errors that is below zero, and not with the energies of other molecules."""
    return Claim(
        identifier, "equivntk", source, f"Energies of QM9 molecules: {statement}", quantity, ERRORS, find, (-INF, 0.0),
        control=partial(find, quantity="mae_shifted"), control_is=SHIFTED,
    )  # fmt: skip


def _below(than: str, kernel: str) -> Claim:
    find = partial(largest_difference, model="so3", than=than, kernel=kernel)
    return _negative(
        f"E2-qm9-below-{than}-{kernel}", ABSTRACT,
        f"the {KERNELS[kernel]} of the SO(3)-GCNN errs less than that of the {NAMES[than]} at every"
        " training size.",
        "mean absolute error minus the other's in meV, the training size whose simultaneous interval ends highest",
        find,
    )  # fmt: skip


def _falls(model: str, kernel: str) -> Claim:
    find = partial(largest_rise, model=model, kernel=kernel)
    return _negative(
        f"E2-qm9-falls-{model}-{kernel}", ABSTRACT,
        f"the error of the {KERNELS[kernel]} of the {NAMES[model]} falls with every larger training"
        " set.",
        "mean absolute error minus that with the next smaller training set in meV, where its simultaneous interval ends highest",
        find,
    )  # fmt: skip


def _rotated(kernel: str) -> Claim:
    find = partial(largest_difference, model="rotated", than="mlp", kernel=kernel)
    return _negative(
        f"E2-qm9-rotated-{kernel}", "theorem on augmentation",
        f"the {KERNELS[kernel]} of the MLP errs less when it is trained on randomly turned copies, on"
        " the way to the SO(3)-GCNN, at every training size.",
        "mean absolute error minus that without copies in meV, the training size whose simultaneous interval ends highest",
        find,
    )  # fmt: skip


def _ratio(kernel: str) -> Claim:
    published = PUBLISHED["so3", "mae"] / PUBLISHED["mlp", "mae"]
    return Claim(
        f"E2-qm9-ratio-{kernel}", "equivntk", "public notebook on QM9",
        f"With {PUBLISHED_TRAINING} training molecules the {KERNELS[kernel]} of the SO(3)-GCNN errs clearly less than that of the"
        " MLP, by a factor near the notebook's.",
        "mean absolute error over the MLP's", ERRORS, partial(error_ratio, kernel=kernel), (LEAST_RATIO, LARGEST_RATIO),
        control=partial(error_ratio, kernel=kernel, quantity="mae_shifted"), control_is=SHIFTED,
        published=round(published, 3) if kernel == "ntk" else None,
    )  # fmt: skip


def _invariant(kernel: str) -> Claim:
    return Claim(
        f"E2-qm9-invariance-{kernel}", "equivntk", "theorem on equivariance; abstract",
        f"Predictions of the {KERNELS[kernel]} of the SO(3)-GCNN hardly move when molecules turn.",
        "spread over rotations / over molecules, largest bandlimit", TURNED,
        partial(spread_at_largest, model="so3", kernel=kernel), (-INF, INVARIANT),
        control=partial(spread_at_largest, model="mlp", kernel=kernel), control_is="the MLP",
    )  # fmt: skip


def _converges(kernel: str) -> Claim:
    return Claim(
        f"E2-qm9-invariance-falls-{kernel}", "equivntk", "appendix on SO(3): grids",
        f"What invariance predictions of the {KERNELS[kernel]} of the SO(3)-GCNN lack is due to the grid: it falls with the"
        " bandlimit.",
        "spread over rotations / over molecules, largest bandlimit over smallest", TURNED,
        partial(spread_falls, model="so3", kernel=kernel), (-INF, 0.5),
        control=partial(spread_falls, model="mlp", kernel=kernel), control_is="the MLP",
    )  # fmt: skip


def _haar(kernel: str) -> Claim:
    return Claim(
        f"E2-qm9-haar-{kernel}", "equivntk", "theorem on augmentation, for SO(3)",
        f"The {KERNELS[kernel]} of the SO(3)-GCNN is the average over all rotations of one molecule of that of the fully"
        " connected network with the same layers.",
        "largest relative difference between molecules", HAAR, partial(difference, compared="average", kernel=kernel),
        (-INF, 1e-6), CHECK, partial(difference, compared="unturned", kernel=kernel), "without the average",
    )  # fmt: skip


def _tolerance(kernel: str) -> Claim:
    return Claim(
        f"E2-qm9-tolerance-{kernel}", "equivntk", "numerical error",
        f"The integral over rotations in the {KERNELS[kernel]} of the SO(3)-GCNN is as exact as the regressions need.",
        "largest relative difference between molecules from a much smaller tolerance", HAAR,
        partial(difference, compared="tolerance", kernel=kernel), (-INF, LARGEST_ERROR), CHECK,
        partial(difference, compared="unturned", kernel=kernel), "one rotation only",
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *(_below(than, kernel) for than in ("mlp", "residual", "rotated") for kernel in KERNELS),
    *(_falls(model, kernel) for model in NAMES for kernel in KERNELS),
    *map(_rotated, KERNELS),
    *map(_ratio, KERNELS),
    *map(_invariant, KERNELS),
    *map(_converges, KERNELS),
    *map(_haar, KERNELS),
    *map(_tolerance, KERNELS),
)
