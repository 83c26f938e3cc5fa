"""Claims of `Equivariant Neural Tangent Kernels` (Misof, Kessel & Gerken 2025)."""

from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from ntklab.claims.claim import UNDECIDED, Claim, Finding, inside

INF = float("inf")
IDENTITY = "equivntk/kernel_identity_error"
CONVERGENCE = "equivntk/kernel_convergence"
CLASSIFICATION = "equivntk/hist_kernel_classification"

BARS = {"float64": 1e-12, "float32": 1e-4}
PREDICTION_BAR_FLOAT32 = 1e-3
"""Predictions divide by the smallest eigenvalue of the Gram matrix, which enlarges the kernels' rounding errors."""
WITHOUT_SNAP = 1e-7
IDENTITIES = {
    "a": ("theorem on the kernels' transformation", "Kernels do not change when both inputs are rotated."),
    "b": ("lemma on the permutation shift", "Rotating the inputs permutes the Gram matrix of an augmented set."),
    "c": (
        "E1, main theorem; E2, data augmentation and NTKs",
        "After full augmentation the mean prediction is invariant at every time and every input.",
    ),
    "d": (
        "theorem on augmentation",
        "Training on all rotations is training without augmentation with the group-averaged kernel, at every time.",
    ),
    "d ridge": ("theorem on augmentation", "The same with a ridge, which is |G| times as large for the augmented set."),
    "e": (
        "slide 'Data augmentation of MLPs'",
        "The group-convolutional network that lifts with filters as large as the image has the averaged MLP kernel.",
    ),
    "f": (
        "slide 'Data augmentation of CNNs'",
        "The group-convolutional network has the CNN kernel averaged over rotations, at the pooling.",
    ),
    "lifting": (
        "lifting layer; public code",
        "The NTK of a lifting layer starts from zero: that of one network that is linear in its weights equals it.",
    ),
}
CONTROLS = {
    "a": "Even filters with zero padding break the kernels' invariance.",
    "b": "Even filters with zero padding break the permutation shift.",
    "c": "Without augmentation the mean prediction is not invariant.",
    "d": "Under the sum loss the two trainings are not equal at equal times.",
    "d ridge": "With the same relative ridge the two trainings are not equal.",
    "e": "Without the average the MLP kernel is not that of the group-convolutional network.",
    "f": "Averaging after a nonlinear head does not give the group-convolutional network.",
    "lifting": "An NTK started from the input kernel, as in the public code, is not that of the network.",
}
PUBLISHED_IMAGES = "2 normal images 16x16x3, key 0xdeadbeef"
PUBLISHED_NETWORK = "conv 3-3 SAME, pool, 0 hidden dense, relu, sw2=1 sb2=0"
PUBLISHED = {
    "nngp": (0.09886191, 0.09804619, 0.09776222),
    "ntk_from_input": (0.14003834, 0.137896, 0.13856379),
}
"""Entries (0, 0), (0, 1), (1, 1) printed with the public notebook on kernel convergence."""
PUBLISHED_ROUNDING = 1e-8


def identity_holds(table: pd.DataFrame, identity: str, precision: str, snap: bool = True) -> Finding:
    """Worst relative error over all architectures."""
    rows = table[(table.identity == identity) & ~table.control & (table.precision == precision) & (table.snap == snap)]
    worst = rows.value.max()
    bar = BARS[precision] if snap else WITHOUT_SNAP
    if precision == "float32" and identity in ("c", "d", "d ridge"):
        bar = PREDICTION_BAR_FLOAT32
    return inside(worst, worst, worst, (0.0, bar))


def control_fails(table: pd.DataFrame, identity: str) -> Finding:
    """Smallest relative error of the negative control over all architectures, float64."""
    rows = table[(table.identity == identity) & table.control & (table.precision == "float64")]
    least = rows.value.min()
    return inside(least, least, least, (1e-4, INF))


def _whole(table: pd.DataFrame, kernel: str, quantity: str) -> pd.DataFrame:
    return table[(table.kernel == kernel) & (table.quantity == quantity) & (table.width >= 4)].sort_values("width")


def _slope(x: pd.Series, rows: pd.DataFrame) -> tuple[float, float]:
    """Slope of log value against log x, weighted by the errors, and half its 95 % interval."""
    weights = rows.value / rows.stderr
    coefficients, covariance = np.polyfit(np.log(x), np.log(rows.value), 1, w=weights, cov="unscaled")
    return coefficients[0], 1.96 * np.sqrt(covariance[0, 0])


def deviation_slope(table: pd.DataFrame, kernel: str) -> Finding:
    """Slope of log statistic A against log width from width 4 on, weighted by the errors."""
    rows = _whole(table, kernel, "draw_deviation")
    slope, error = _slope(rows.width, rows)
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


def _outputs(table: pd.DataFrame, quantity: str, head: str, kernel: str) -> pd.DataFrame:
    return table[(table.quantity == quantity) & (table["head"] == head) & (table.kernel == kernel)]


def gain(table: pd.DataFrame, head: str, kernel: str, than: str) -> Finding:
    """Accuracy of the group-convolutional network less another's on randomly turned images, mean over sizes and repeats.

    Paired by repeat; Student's interval over repeats, whose training and test images are independent.
    """
    rows = _outputs(table, "accuracy", head, kernel)
    accuracies = rows[rows.orientation == "turned"].pivot_table("value", "repeat", "architecture")
    gains = accuracies["gcnn"] - accuracies[than]
    low, high = stats.t.interval(0.95, len(gains) - 1, loc=gains.mean(), scale=gains.sem())
    return inside(gains.mean(), low, high, (0.0, INF))


def augmented_equals_gcnn(table: pd.DataFrame, kernel: str) -> Finding:
    """Largest relative difference of outputs over sizes and repeats, linear head."""
    rows = _outputs(table, "difference_from_gcnn", "linear", kernel)
    worst = rows[rows.architecture == "cnn_augmented"].value.max()
    return inside(worst, worst, worst, (0.0, 1e-8))


def head_breaks_equality(table: pd.DataFrame, kernel: str) -> Finding:
    """Smallest relative difference of outputs over sizes and repeats, nonlinear head."""
    rows = _outputs(table, "difference_from_gcnn", "nonlinear", kernel)
    least = rows[rows.architecture == "cnn_augmented"].value.min()
    return inside(least, least, least, (1e-2, INF))


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
    slope, error = _slope(rows.members, rows)
    return inside(slope, slope - error, slope + error, (-0.65, -0.35))


def matched_close(table: pd.DataFrame, data: str) -> Finding:
    """Unbiased distance (not squared) of the infinite ensembles after training, widest networks."""
    row = _trained(_pair(table, data, "augmented", "gcnn", "difference_floor")).iloc[-1]
    value, low, high = np.sqrt(np.clip([row.value, row.ci_low, row.ci_high], 0, None))
    return inside(value, low, high, (0.0, 0.3))


def _less(more: pd.Series, less: pd.Series, bounds: tuple[float, float]) -> Finding:
    value, error = more.value - less.value, 1.96 * np.hypot(more.stderr, less.stderr)
    return inside(value, value - error, value + error, bounds)


def bridge_control_stays(table: pd.DataFrame, data: str, pair: tuple[str, str]) -> Finding:
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


def _identities() -> list[Claim]:
    claims = []
    for identity, (source, statement) in IDENTITIES.items():
        name = f"kernel-identity-{identity.replace(' ', '-')}"
        error = "worst relative error over random architectures"
        for precision, bar in BARS.items():
            if precision == "float32" and identity in ("c", "d", "d ridge"):
                bar = PREDICTION_BAR_FLOAT32
            find = partial(identity_holds, identity=identity, precision=precision)
            criterion = f"at most {bar:.0e} ({precision})"
            claims.append(_claim(f"{name}-{precision}", source, statement, error, criterion, IDENTITY, find))
        if identity in ("a", "b", "c", "d", "d ridge"):
            find = partial(identity_holds, identity=identity, precision="float64", snap=False)
            criterion = f"at most {WITHOUT_SNAP:.0e} (float64, correlations of coincident inputs not set to 1)"
            claims.append(_claim(f"{name}-without-snap", source, statement, error, criterion, IDENTITY, find))
        least = "smallest relative error of the negative control over random architectures"
        find = partial(control_fails, identity=identity)
        claims.append(
            _claim(f"{name}-control", "negative control", CONTROLS[identity], least, "at least 1e-4", IDENTITY, find)
        )
    return claims


_KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
_WITHOUT_ORIENTATION = "On FashionMNIST without a preferred orientation (each image in a random quarter turn)"


def _claims_of_width() -> list[Claim]:
    """For fully connected networks the equality holds at infinite width: the difference falls with width."""
    return [
        _claim(
            f"aug-vs-gcnn-mlp-width-{data}",
            "slides 'Data augmentation of MLPs'",
            f"The infinite ensembles approach each other as the width grows {_SETS[data]}.",
            "squared difference of the infinite ensembles after training: widest less narrowest networks",
            "interval below 0",
            "equivntk/aug_vs_gcnn_mlp_difference",
            partial(distance_falls, data=data, pair=("augmented", "gcnn")),
        )
        for data in ("training", "test")
    ]


_SETS = {"training": "on training images", "test": "on test images", "noise": "on noise, far off the data"}


def _bridge(experiment: str, networks: str, source: str) -> list[Claim]:
    """Claims of one of the two experiments that compare augmented with group-convolutional ensembles."""
    name, table = experiment.replace("_", "-"), f"equivntk/{experiment}_difference"

    def claims(kind, statement, quantity, criterion, find, sets=_SETS, **options):
        return [
            _claim(
                f"{name}-{kind}-{data}", source, statement.format(networks=networks, where=_SETS[data]), quantity,
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
            bridge_control_stays,
            pair=("plain", "gcnn"),
        ),
        *claims(
            "mismatched",
            "With a group-convolutional network of another architecture it is larger {where} (negative control).",
            f"{squared}: the control's less the matched one's, widest networks",
            "interval above 0",
            bridge_control_stays,
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
    *_identities(),
    *(
        _claim(
            f"kernel-convergence-slope-{kernel}",
            "appendix on kernel convergence; public notebook",
            f"The {name} of group-convolutional networks tends to the analytic one like width^(-1/2).",
            "slope of log deviation of a single network's kernel against log width, from width 4 on",
            "interval inside -0.5 +- 0.15",
            CONVERGENCE,
            partial(deviation_slope, kernel=kernel),
        )
        for kernel, name in _KERNELS.items()
    ),
    *(
        _claim(
            f"kernel-convergence-mean-{kernel}",
            "appendix on kernel convergence; public notebook",
            f"The mean of the {name} over networks is the analytic one.",
            "largest |z| of an entry over widths from 4 on",
            "at most 4",
            CONVERGENCE,
            partial(mean_kernel_unbiased, kernel=kernel),
        )
        for kernel, name in _KERNELS.items()
    ),
    *(
        _claim(
            f"kernel-convergence-published-{kernel.replace('_', '-')}",
            "public notebook on kernel convergence",
            statement,
            "entry (0, 0) of the analytic kernel; interval: the largest difference of an entry to the printed one",
            "all entries within 1e-8 of the printed ones",
            CONVERGENCE,
            partial(published_kernel, kernel=kernel),
            published=PUBLISHED[kernel][0],
        )
        for kernel, statement in {
            "nngp": "The analytic NNGP kernel has the printed entries.",
            "ntk_from_input": "The printed NTK is the one started from the input kernel instead of zero.",
        }.items()
    ),
    *(
        _claim(
            f"hist-kernel-gain-{head}-head-{kernel}",
            "abstract; figure on histological images",
            f"{_WITHOUT_ORIENTATION} the group-convolutional {name} classifies better than the convolutional one.",
            f"gain in accuracy, {head} head, mean over training sizes and repeats",
            "interval above 0",
            CLASSIFICATION,
            partial(gain, head=head, kernel=kernel, than="cnn"),
        )
        for head in ("linear", "nonlinear")
        for kernel, name in _KERNELS.items()
    ),
    *(
        _claim(
            f"hist-kernel-augmented-{kernel}",
            "theorem on augmentation",
            f"With a linear head the augmented network and the group-convolutional one predict the same ({name}).",
            "largest relative difference of mean outputs over training sizes and repeats",
            "at most 1e-8 (the ridge lets rounding errors grow by four orders)",
            CLASSIFICATION,
            partial(augmented_equals_gcnn, kernel=kernel),
        )
        for kernel, name in _KERNELS.items()
    ),
    *(
        _claim(
            f"hist-kernel-head-{kernel}",
            "negative control; condition of the theorem on augmentation",
            f"With a nonlinear head after the pooling they do not ({name}).",
            "smallest relative difference of mean outputs over training sizes and repeats",
            "at least 0.01",
            CLASSIFICATION,
            partial(head_breaks_equality, kernel=kernel),
        )
        for kernel, name in _KERNELS.items()
    ),
    *_bridge("aug_vs_gcnn_mlp", "fully connected networks", "slides 'Data augmentation of MLPs'"),
    *_claims_of_width(),
    *_bridge("aug_vs_gcnn", "convolutional networks", "slides 'Convergence of augmented CNNs to GCNNs'"),
)
