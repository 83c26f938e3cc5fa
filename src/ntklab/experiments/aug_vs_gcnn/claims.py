"""Claims of `Equivariant Neural Tangent Kernels` (Misof et al. 2025) about augmented and group-convolutional ensembles."""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import UNDECIDED, Claim, Finding, inside
from ntklab.claims.slopes import slope_with_error

INF = float("inf")
SETS = {"training": "on training images", "test": "on test images", "noise": "on noise, far off the data"}


def _pair(table: pd.DataFrame, data: str, first: str, second: str, quantity: str) -> pd.DataFrame:
    chosen = (table.data == data) & (table["first"] == first) & (table.second == second) & (table.quantity == quantity)
    return table[chosen]


def _trained(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.step == rows.step.max()].sort_values("width")


def within_noise(table: pd.DataFrame, data: str) -> Finding:
    """Difference of finite ensembles' means over pure noise, widest networks, where its interval reaches highest.

    Over all times and the sizes of which there are at least two ensembles.
    """
    keys = ["members", "step"]
    found, noise = (_pair(table, data, "augmented", "gcnn", quantity) for quantity in ("difference", "noise"))
    found = found[(found.width == found.width.max()) & (found.n > 1)].set_index(keys)
    noise = noise[noise.width == noise.width.max()].set_index(keys).value.reindex(found.index)
    ratio, error = found.value / noise, 1.96 * found.stderr / noise
    worst = (ratio + error).idxmax()
    return inside(ratio[worst], ratio[worst] - error[worst], ratio[worst] + error[worst], (0.0, 2.0))


def size_law(table: pd.DataFrame, data: str) -> Finding:
    """Slope of log difference against log members after training, widest networks, sizes of at least two ensembles."""
    rows = _trained(_pair(table, data, "augmented", "gcnn", "difference"))
    rows = rows[(rows.width == rows.width.max()) & (rows.n > 1)]
    if len(rows) < 2:  # too few networks for two sizes of which there are several ensembles
        return Finding(np.nan, np.nan, np.nan, UNDECIDED)
    slope, error = slope_with_error(rows.members, rows)
    return inside(slope, slope - error, slope + error, (-0.65, -0.35))


def matched_close(table: pd.DataFrame, data: str) -> Finding:
    """Unbiased distance (not squared) of the infinite ensembles after training, widest networks."""
    row = _trained(_pair(table, data, "augmented", "gcnn", "difference_floor")).iloc[-1]
    value, low, high = np.sqrt(np.clip([row.value, row.ci_low, row.ci_high], 0, None))
    return inside(value, low, high, (0.0, 0.3))


def _less(more: pd.Series, less: pd.Series, bounds: tuple[float, float]) -> Finding:
    value, error = more.value - less.value, 1.96 * np.hypot(more.stderr, less.stderr)
    return inside(value, value - error, value + error, bounds)


def control_stays(table: pd.DataFrame, data: str, pair: tuple[str, str]) -> Finding:
    """Squared distance of the control's infinite ensembles less that of the matched ones, after training, widest networks."""
    control, matched = (
        _trained(_pair(table, data, *names, "difference_floor")).iloc[-1] for names in (pair, ("augmented", "gcnn"))
    )
    return _less(control, matched, (0.0, INF))


def distance_falls(table: pd.DataFrame, data: str, pair: tuple[str, str]) -> Finding:
    """Squared distance of infinite ensembles after training: widest networks less the narrowest ones."""
    rows = _trained(_pair(table, data, *pair, "difference_floor"))
    return _less(rows.iloc[-1], rows.iloc[0], (-INF, 0.0))


def _claim(
    name: str, source: str, statement: str, quantity: str, criterion: str, table: str, find, **published
) -> Claim:
    return Claim(f"E2-{name}", "equivntk", source, statement, quantity, criterion, table, find, **published)


def _claims_of_width() -> list[Claim]:
    """For fully connected networks the equality holds at infinite width: the difference falls with width."""
    return [
        _claim(
            f"aug-vs-gcnn-mlp-width-{data}",
            "slides 'Data augmentation of MLPs'",
            f"The infinite ensembles approach each other as the width grows {SETS[data]}.",
            "squared difference of the infinite ensembles after training: widest less narrowest networks",
            "interval below 0",
            "equivntk/aug_vs_gcnn_mlp_difference",
            partial(distance_falls, data=data, pair=("augmented", "gcnn")),
        )
        for data in ("training", "test")
    ]


def _comparison(experiment: str, networks: str, source: str) -> list[Claim]:
    """Claims of one of the two experiments that compare augmented with group-convolutional ensembles."""
    name, table = experiment.replace("_", "-"), f"equivntk/{experiment}_difference"

    def claims(kind, statement, quantity, criterion, find, sets=SETS, **options):
        return [
            _claim(
                f"{name}-{kind}-{data}", source, statement.format(networks=networks, where=SETS[data]), quantity,
                criterion, table, partial(find, data=data, **options),
            )
            for data in sets
        ]  # fmt: skip

    squared = "squared difference of the infinite ensembles after training, in units of the squared size of the outputs"
    return [
        *claims(
            "noise",
            "Ensembles of {networks} trained on all rotations differ from group-convolutional ones by sampling noise {where}.",
            "difference of the means over pure noise, widest networks, time and size where its interval ends highest",
            "interval below 2",
            within_noise,
        ),
        *claims(
            "members-law",
            "Their difference falls like the square root of the ensembles' size {where}.",
            "slope of log difference against log members after training, widest networks",
            "interval inside -0.5 +- 0.15",
            size_law,
        ),
        *claims(
            "matched",
            "The infinite ensembles are close to each other {where}.",
            "unbiased difference of the infinite ensembles after training, widest networks, over the size of the outputs",
            "interval below 0.3",
            matched_close,
        ),
        *claims(
            "not-augmented",
            "Without augmentation the difference is larger {where} (negative control).",
            f"{squared}: the control's less the matched one's, widest networks",
            "interval above 0",
            control_stays,
            pair=("plain", "gcnn"),
        ),
        *claims(
            "mismatched",
            "With a group-convolutional network of another architecture it is larger {where} (negative control).",
            f"{squared}: the control's less the matched one's, widest networks",
            "interval above 0",
            control_stays,
            pair=("augmented", "mismatched"),
        ),
        *(
            claim
            for ensemble in ("augmented", "gcnn")
            for claim in claims(
                f"{ensemble}-limit",
                "As the width grows " + ("augmented" if ensemble == "augmented" else "group-convolutional")
                + " ensembles tend to their common infinite-width mean {where}.",
                f"{squared}, between ensemble and infinite-width mean: widest less narrowest networks",
                "interval below 0",
                distance_falls,
                sets=("training", "test"),
                pair=(ensemble, "ntk"),
            )
        ),
    ]  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *_comparison("aug_vs_gcnn_mlp", "fully connected networks", "slides 'Data augmentation of MLPs'"),
    *_claims_of_width(),
    *_comparison("aug_vs_gcnn", "convolutional networks", "slides 'Convergence of augmented CNNs to GCNNs'"),
)
