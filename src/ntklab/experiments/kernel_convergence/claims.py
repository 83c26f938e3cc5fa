"""Claims of `Equivariant Neural Tangent Kernels` (Misof, Kessel & Gerken 2025) about the kernels of finite networks."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim, of_changed_theory
from ntklab.claims.replicates import REPLICATE, farthest_of, one_of
from ntklab.metrics.resampling import Interval, nothing, numerical

INF = float("inf")
TABLE = "equivntk/kernel_convergence"
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
FROM_WIDTH = 4
TWICE = 2.0
"""Factor on the analytic kernel of the controls, `CONTROL` of the step that measures."""
EVERY_WIDTH_WITHIN, WIDEST_WITHIN = 0.25, 0.1
"""How far from 1 the ratio of mean and analytic entries may be, at every width and at the largest one."""
WIDEST_CONTROL = 1.25
PUBLISHED_IMAGES = "2 normal images 16x16x3, key 0xdeadbeef"
PUBLISHED_NETWORK = "conv 3-3 SAME, pool, 0 hidden dense, relu, sw2=1 sb2=0"
PUBLISHED_GROUP = "c4"
PUBLISHED = {
    "nngp": (0.09886191, 0.09804619, 0.09776222),
    "ntk_from_input": (0.14003834, 0.137896, 0.13856379),
}
"""Entries (0, 0), (0, 1), (1, 1) printed with the public notebook on kernel convergence."""
PUBLISHED_BAR, PRINTED_ROUNDING = 1e-8, 5e-9


class Networks(NamedTuple):
    """The networks that claims are about: beginning of the claims' ids, words, table, source."""

    id: str
    words: str
    replicates: str
    source: str


GROUP = Networks(
    "E2-kernel-convergence",
    "group-convolutional networks",
    "equivntk/kernel_convergence_replicates",
    "appendix on kernel convergence; public notebook",
)
SO3 = Networks(
    "E2-so3-convergence",
    "SO(3)-equivariant networks",
    "equivntk/so3_convergence_replicates",
    "appendix on kernel convergence",
)


def _from_width(table: pd.DataFrame, kernel: str, quantity: str) -> pd.DataFrame:
    return table[(table.kernel == kernel) & (table.quantity == quantity) & (table.width >= FROM_WIDTH)]


def deviation_slope(table: pd.DataFrame, kernel: str, theory: float = 1.0) -> Interval:
    """Slope of log statistic A against log width from width 4 on: least squares, jackknife over draws."""
    rows = _from_width(table, kernel, "draw_deviation")
    deviations = rows[rows.theory == theory].pivot(index="width", columns=REPLICATE, values="value")
    slopes = np.polyfit(np.log(deviations.index), np.log(deviations), 1)[0]
    return one_of(pd.Series(slopes, deviations.columns), "draws")


def mean_ratio(table: pd.DataFrame, kernel: str, widest: bool = False) -> Interval:
    """Mean over draws / analytic, of the entry whose simultaneous interval reaches farthest from 1.

    Simultaneous over entries and widths from 4 on, or over the entries at the largest width.
    """
    rows = _from_width(table, kernel, "ratio")
    rows = rows[rows.width == rows.width.max()] if widest else rows
    return farthest_of(rows.pivot(index=["width", "image", "image2"], columns=REPLICATE, values="value"), 1.0, "draws")


def published_kernel(table: pd.DataFrame, kernel: str, printed: str, factor: float = 1.0) -> Interval:
    """Largest difference of an entry of `factor` times a kernel to the printed one, known to half a printed digit."""
    rows = table[(table.kernel == kernel) & np.isinf(table.width)].sort_values(["image", "image2"])
    published = (rows.data == PUBLISHED_IMAGES) & (rows.network == PUBLISHED_NETWORK) & (rows.group == PUBLISHED_GROUP)
    if not published.all():
        return nothing("other images, another network or group than those of the printed kernels")
    return numerical(np.abs(factor * rows.value.to_numpy() - PUBLISHED[printed]).max(), PRINTED_ROUNDING)


def _slope_claim(networks: Networks, kernel: str) -> Claim:
    return Claim(
        f"{networks.id}-slope-{kernel}",
        "equivntk",
        networks.source,
        f"The {KERNELS[kernel]} of {networks.words} tends to the analytic one like width^(-1/2).",
        "slope of log deviation of a single network's kernel against log width, from width 4 on",
        networks.replicates,
        partial(deviation_slope, kernel=kernel),
        (-0.65, -0.35),
        control=partial(deviation_slope, kernel=kernel, theory=TWICE),
        control_is="deviation from twice the analytic kernel",
    )


def _mean_claim(networks: Networks, kernel: str) -> Claim:
    find = partial(mean_ratio, kernel=kernel)
    return Claim(
        f"{networks.id}-mean-{kernel}",
        "equivntk",
        networks.source,
        f"The mean of the {KERNELS[kernel]} over {networks.words} is the analytic one, at every width.",
        "mean over networks / analytic, the entry farthest from 1, simultaneous over entries and widths from 4 on",
        networks.replicates,
        find,
        (1 - EVERY_WIDTH_WITHIN, 1 + EVERY_WIDTH_WITHIN),
        control=of_changed_theory(find, TWICE),
        control_is="twice the analytic kernel",
        of_theory=True,
    )


def _widest_claim(networks: Networks, kernel: str) -> Claim:
    find = partial(mean_ratio, kernel=kernel, widest=True)
    return Claim(
        f"{networks.id}-mean-widest-{kernel}",
        "equivntk",
        networks.source,
        f"The mean of the {KERNELS[kernel]} over the widest {networks.words} is the analytic one.",
        "mean over networks / analytic, the entry farthest from 1, simultaneous over entries, largest width",
        networks.replicates,
        find,
        (1 - WIDEST_WITHIN, 1 + WIDEST_WITHIN),
        control=of_changed_theory(find, WIDEST_CONTROL),
        control_is="the analytic kernel 25 % larger",
        of_theory=True,
    )


def _published_claim(kernel: str, statement: str, control, control_is: str) -> Claim:
    return Claim(
        f"E2-kernel-convergence-published-{kernel.replace('_', '-')}",
        "equivntk",
        "public notebook on kernel convergence",
        statement,
        "largest difference of an entry to the printed one, which has eight digits",
        TABLE,
        partial(published_kernel, kernel=kernel, printed=kernel),
        (-INF, PUBLISHED_BAR),
        CHECK,
        control,
        control_is,
    )


CLAIMS: tuple[Claim, ...] = (
    *(
        claim(networks, kernel)
        for networks in (GROUP, SO3)
        for claim in (_slope_claim, _mean_claim, _widest_claim)
        for kernel in KERNELS
    ),
    _published_claim(
        "nngp",
        "The analytic NNGP kernel has the printed entries.",
        partial(published_kernel, kernel="nngp", printed="nngp", factor=1.1),
        "the analytic kernel 10 % larger",
    ),
    _published_claim(
        "ntk_from_input",
        "The printed NTK is the one started from the input kernel instead of zero.",
        partial(published_kernel, kernel="ntk", printed="ntk_from_input"),
        "the NTK started from zero",
    ),
)
