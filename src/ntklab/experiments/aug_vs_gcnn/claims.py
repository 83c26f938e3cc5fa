"""Claims of `Equivariant Neural Tangent Kernels` (Misof et al. 2025) about augmented and group-convolutional ensembles.

The paper's statement is one about infinite width: infinite ensembles of augmented networks and of group-convolutional ones
have the same mean at every time, on every input. At finite width the two means differ by terms of order 1/n, and their
squared distance by terms of order 1/n^2. `E2-...-matched-...` is therefore about the limit: squared distances at four or
more widths n, unbiased by the finite number of networks, fitted as a + b/n^2, and a over the same a of the negative control.
`E2-...-matched-widest-...` is the same ratio at the widest networks, without a fit: what finite networks show as they are.
Both are supported below 1/25: the distance is under a fifth of the control's. `E2-...-ntk-...` asks the same of each ensemble's
distance to the infinite-width mean, which theory says vanishes in the limit: where it does not, the fit is not to be trusted.
Networks of one width n have the same number of features: a plain one n channels, a group-convolutional one n / 4.
"""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim
from ntklab.claims.ensembles import INFINITE, law_slope, mean_square
from ntklab.claims.replicates import highest_of, one_of
from ntklab.metrics.extrapolation import extrapolate
from ntklab.metrics.resampling import Interval, nothing, standard_error

INF = float("inf")
SETS = {"training": "on training images", "test": "on test images", "noise": "on noise, far off the data"}
MATCHED, PLAIN, MISMATCHED = ("augmented", "gcnn"), ("plain", "gcnn"), ("augmented", "mismatched")
WIDTHS, POWER = 4, 2
"""Widths that a limit needs, and the power of 1 / width with which squared distances of means approach it."""
SMALL = 1 / 25
"""Bound on the ratio of squared distances, matched over control."""
Pair = tuple[str, str]


def _widest(table: pd.DataFrame, data: str, pair: Pair) -> pd.DataFrame:
    """After initialisation, when the means of pairs of opposite sign vanish."""
    chosen = (table.data == data) & (table["first"] == pair[0]) & (table.second == pair[1]) & (table.step > 0)
    return table[chosen & (table.width == table.width.max())]


def _trained(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.step == rows.step.max()]


def _of_pair(table: pd.DataFrame, data: str, pair: Pair) -> pd.DataFrame:
    """Squared difference of the infinite ensembles after training: widths in the index, replicates in the columns."""
    chosen = table[(table.data == data) & (table["first"] == pair[0]) & (table.second == pair[1])]
    return mean_square(_trained(chosen), "squared_difference", INFINITE).sort_index(level="width")


def _limit(by_width: pd.DataFrame) -> pd.Series:
    """a of a + b / width^2 for every replicate.

    Each width counts by its jackknife error in the whole sample: the same weights in all replicates, which are smooth then.
    """
    errors = standard_error(by_width.drop(columns=0).to_numpy().T)
    widths = by_width.index.get_level_values("width").to_numpy()
    constant, _ = extrapolate(
        widths, by_width.to_numpy(), np.repeat(errors[:, None], by_width.shape[1], 1), power=POWER
    )
    return pd.Series(constant, by_width.columns)


def _floor(table: pd.DataFrame, data: str, pair: Pair) -> pd.Series:
    """Squared difference of the infinite ensembles after training, widest networks, for every replicate."""
    return mean_square(_trained(_widest(table, data, pair)), "squared_difference", INFINITE).squeeze()


def within_noise(table: pd.DataFrame, data: str, pair: Pair = MATCHED) -> Interval:
    """Difference of the means of all independent members over pure noise, widest networks, highest of all times.

    Noise is what it would be if the infinite ensembles agreed: the root of the variance of a difference, over M. M is the
    number of independent members of the matched ensembles, for the control as well.
    """
    rows = _widest(table, data, pair)
    members = float(_widest(table, data, MATCHED).trained.max())
    infinite, all_of_them = (mean_square(rows, "squared_difference", size) for size in (INFINITE, members))
    return highest_of(np.sqrt(all_of_them / (all_of_them - infinite)))


def size_law(table: pd.DataFrame, data: str, pair: Pair = MATCHED) -> Interval:
    """Slope of log difference against log members after training, widest networks, blocks of members."""
    return law_slope(_trained(_widest(table, data, pair)), "squared_difference")


def matched_over_control(table: pd.DataFrame, data: str, pair: Pair = MATCHED) -> Interval:
    """Squared difference of the infinite ensembles, over that without augmentation, after training, widest networks."""
    return one_of(_floor(table, data, pair) / _floor(table, data, PLAIN))


def limit_over_control(table: pd.DataFrame, data: str, pair: Pair = MATCHED) -> Interval:
    """The same in the limit of infinite width, both squared differences extrapolated."""
    matched, control = (_of_pair(table, data, each) for each in (pair, PLAIN))
    if min(len(matched), len(control)) < WIDTHS:
        return nothing(f"needs {WIDTHS} widths")
    return one_of(_limit(matched) / _limit(control))


def control_stays(table: pd.DataFrame, data: str, pair: Pair, backwards: bool = False) -> Interval:
    """Squared difference of the control's infinite ensembles less that of the matched ones, after training, widest networks."""
    more = _floor(table, data, pair) - _floor(table, data, MATCHED)
    return one_of(-more if backwards else more)


def distance_falls(table: pd.DataFrame, data: str, pair: Pair, backwards: bool = False) -> Interval:
    """Squared distance of infinite ensembles after training: widest networks less the narrowest ones."""
    by_width = _of_pair(table, data, pair)
    if len(by_width) < 2:
        return nothing("needs two widths")
    fall = by_width.iloc[-1] - by_width.iloc[0]
    return one_of(-fall if backwards else fall)


_BACKWARDS = {"control": {"backwards": True}, "control_is": "the two sides exchanged"}
_NOT_AUGMENTED = {"control": {"pair": PLAIN}, "control_is": "plain networks, without augmentation"}


def _comparison(experiment: str, networks: str, source: str) -> list[Claim]:
    """Claims of one of the two experiments that compare augmented with group-convolutional ensembles."""
    name, table = experiment.replace("_", "-"), f"equivntk/{experiment}_moments"

    def claims(kind, statement, quantity, find, bounds, control, control_is, sets=SETS, checked=False, **options):
        return [
            Claim(
                f"E2-{name}-{kind}-{data}", "equivntk", source, statement.format(networks=networks, where=SETS[data]),
                quantity, table, partial(find, data=data, **options), bounds,
                control=partial(find, data=data, **{**options, **control}), control_is=control_is,
                **({"kind": CHECK} if checked else {}),
            )
            for data in sets
        ]  # fmt: skip

    squared = "squared difference of the infinite ensembles after training"
    mismatched = {"control": {"pair": MISMATCHED}, "control_is": "group-convolutional networks of another architecture"}
    return [
        *claims(
            "matched",
            "Infinite ensembles of infinitely wide {networks} trained on full orbits are those of group-convolutional "
            "ones {where}.",
            f"{squared}, extrapolated in 1 / width^2, over that without augmentation, likewise",
            limit_over_control, (-INF, SMALL), **mismatched,
        ),
        *claims(
            "matched-widest",
            "Infinite ensembles of the widest {networks} trained on full orbits are nearly those of group-convolutional "
            "ones {where}.",
            f"{squared}, widest networks, over that without augmentation",
            matched_over_control, (-INF, SMALL), **mismatched,
        ),
        *claims(
            "noise",
            "Ensembles of {networks} trained on full orbits differ from group-convolutional ones by sampling noise {where}.",
            "difference of the means of all members over pure noise, widest networks, highest of all times",
            within_noise, (0.0, 2.0), **_NOT_AUGMENTED,
        ),
        *claims(
            "not-augmented", "Without augmentation the difference is larger {where} (negative control).",
            f"{squared}, widest networks: the control's minus the matched one's",
            control_stays, (0.0, INF), pair=PLAIN, **_BACKWARDS,
        ),
        *claims(
            "mismatched",
            "With a group-convolutional network of another architecture it is larger {where} (negative control).",
            f"{squared}, widest networks: the control's minus the matched one's",
            control_stays, (0.0, INF), pair=MISMATCHED, **_BACKWARDS,
        ),
        *(
            claim
            for ensemble, words in (("augmented", "augmented"), ("gcnn", "group-convolutional"))
            for claim in claims(
                f"{ensemble}-limit",
                f"As the width grows {words} ensembles tend to their common infinite-width mean {{where}}.",
                f"{squared}, between ensemble and infinite-width mean: widest minus narrowest networks",
                distance_falls, (-INF, 0.0), sets=("training", "test"), pair=(ensemble, "ntk"), **_BACKWARDS,
            )
        ),
        *(
            claim
            for ensemble, words in (("augmented", "augmented"), ("gcnn", "group-convolutional"))
            for claim in claims(
                f"{ensemble}-ntk", f"Infinite ensembles of infinitely wide {words} networks have the NTK's mean {{where}}.",
                f"{squared}, between ensemble and infinite-width mean, extrapolated in 1 / width^2, over that without "
                "augmentation",
                limit_over_control, (-INF, SMALL), pair=(ensemble, "ntk"), **mismatched,
            )
        ),
        *claims(
            "members-law",
            "Their difference falls like the square root of the ensembles' size {where}.",
            "slope of log difference against log members after training, widest networks, blocks of members",
            size_law, (-0.65, -0.35), checked=True, **_NOT_AUGMENTED,
        ),
    ]  # fmt: skip


def _claims_of_width() -> list[Claim]:
    """For fully connected networks the equality holds at infinite width: the difference falls with width."""
    return [
        Claim(
            f"E2-aug-vs-gcnn-mlp-width-{data}", "equivntk", "slides 'Data augmentation of MLPs'",
            f"The infinite ensembles approach each other as the width grows {SETS[data]}.",
            "squared difference of the infinite ensembles after training: widest minus narrowest networks",
            "equivntk/aug_vs_gcnn_mlp_moments",
            partial(distance_falls, data=data, pair=MATCHED), (-INF, 0.0),
            control=partial(distance_falls, data=data, pair=MATCHED, backwards=True), control_is="the two sides exchanged",
        )
        for data in ("training", "test")
    ]  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *_comparison("aug_vs_gcnn_mlp", "fully connected networks", "slides 'Data augmentation of MLPs'"),
    *_claims_of_width(),
    *_comparison("aug_vs_gcnn", "convolutional networks", "slides 'Convergence of augmented CNNs to GCNNs'"),
)
