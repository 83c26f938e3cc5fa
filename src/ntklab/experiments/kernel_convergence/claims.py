"""Claims of `Equivariant Neural Tangent Kernels` (Misof, Kessel & Gerken 2025) about the kernels of finite networks."""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import UNDECIDED, Claim, Finding, inside
from ntklab.claims.slopes import slope_with_error

TABLE = "equivntk/kernel_convergence"
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
PUBLISHED_IMAGES = "2 normal images 16x16x3, key 0xdeadbeef"
PUBLISHED_NETWORK = "conv 3-3 SAME, pool, 0 hidden dense, relu, sw2=1 sb2=0"
PUBLISHED = {
    "nngp": (0.09886191, 0.09804619, 0.09776222),
    "ntk_from_input": (0.14003834, 0.137896, 0.13856379),
}
"""Entries (0, 0), (0, 1), (1, 1) printed with the public notebook on kernel convergence."""
PUBLISHED_ROUNDING = 1e-8


def _whole(table: pd.DataFrame, kernel: str, quantity: str) -> pd.DataFrame:
    return table[(table.kernel == kernel) & (table.quantity == quantity) & (table.width >= 4)].sort_values("width")


def deviation_slope(table: pd.DataFrame, kernel: str) -> Finding:
    """Slope of log statistic A against log width from width 4 on, weighted by the errors."""
    rows = _whole(table, kernel, "draw_deviation")
    slope, error = slope_with_error(rows.width, rows)
    return inside(slope, slope - error, slope + error, (-0.65, -0.35))


def mean_kernel_unbiased(table: pd.DataFrame, kernel: str) -> Finding:
    """Largest |z| of an entry's mean over draws, over entries and widths from 4 on."""
    worst = _whole(table, kernel, "z_score").value.abs().max()
    return inside(worst, worst, worst, (0.0, 4.0))


def published_kernel(table: pd.DataFrame, kernel: str) -> Finding:
    """Entry (0, 0), decided by the entry farthest from the printed one; undecided for other images or networks."""
    rows = table[(table.kernel == kernel) & np.isinf(table.width)].sort_values(["image", "image2"])
    value = rows.value.to_numpy()
    if (rows.data != PUBLISHED_IMAGES).any() or (rows.network != PUBLISHED_NETWORK).any():
        return Finding(value[0], value[0], value[0], UNDECIDED)
    worst = np.abs(value - PUBLISHED[kernel]).max()
    verdict = inside(worst, worst, worst, (0.0, PUBLISHED_ROUNDING)).verdict
    return Finding(value[0], value[0] - worst, value[0] + worst, verdict)


def _claim(name: str, source: str, statement: str, quantity: str, criterion: str, find, **published) -> Claim:
    return Claim(f"E2-{name}", "equivntk", source, statement, quantity, criterion, TABLE, find, **published)


CLAIMS: tuple[Claim, ...] = (
    *(
        _claim(
            f"kernel-convergence-slope-{kernel}",
            "appendix on kernel convergence; public notebook",
            f"The {name} of group-convolutional networks tends to the analytic one like width^(-1/2).",
            "slope of log deviation of a single network's kernel against log width, from width 4 on",
            "interval inside -0.5 +- 0.15",
            partial(deviation_slope, kernel=kernel),
        )
        for kernel, name in KERNELS.items()
    ),
    *(
        _claim(
            f"kernel-convergence-mean-{kernel}",
            "appendix on kernel convergence; public notebook",
            f"The mean of the {name} over networks is the analytic one.",
            "largest |z| of an entry over widths from 4 on",
            "at most 4",
            partial(mean_kernel_unbiased, kernel=kernel),
        )
        for kernel, name in KERNELS.items()
    ),
    *(
        _claim(
            f"kernel-convergence-published-{kernel.replace('_', '-')}",
            "public notebook on kernel convergence",
            statement,
            "entry (0, 0) of the analytic kernel; interval: the largest difference of an entry to the printed one",
            "all entries within 1e-8 of the printed ones",
            partial(published_kernel, kernel=kernel),
            published=PUBLISHED[kernel][0],
        )
        for kernel, statement in {
            "nngp": "The analytic NNGP kernel has the printed entries.",
            "ntk_from_input": "The printed NTK is the one started from the input kernel instead of zero.",
        }.items()
    ),
)
