"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about image classifiers."""

import itertools
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import UNDECIDED, Claim, Finding, inside
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.groups import group as group_named

INF = float("inf")
ALL_OOD = "out_of_distribution"
FMNIST, HISTOLOGY = "ensembles/rotated_fashion_mnist_", "ensembles/histology_"
PAPER_ENSEMBLE = 100
"""Members of the ensembles of the published numbers; smaller ones decide nothing about them."""
NOTHING = Finding(np.nan, np.nan, np.nan, UNDECIDED)

Number = tuple[float, float]
"""Value and standard error."""


def order(group: str) -> int:
    """Number of elements of c4, c8, ...; 1 for c1."""
    return group_named(group).order


def _number(rows: pd.DataFrame) -> Number:
    row = rows.iloc[0]
    return float(row.value), float(row.stderr)


def _less(first: Number, second: Number) -> Number:
    """First less second; errors of means over the same members are taken as independent, which is conservative."""
    return first[0] - second[0], float(np.hypot(first[1], second[1]))


def _above(differences: Iterable[Number]) -> Finding:
    """The difference whose interval reaches lowest: supported when all of it is above zero."""
    intervals = [(value - 1.96 * error, value, value + 1.96 * error) for value, error in differences]
    if not intervals:
        return NOTHING
    low, value, high = min(intervals)
    return inside(value, low, high, (0.0, INF))


def _trained_with(table: pd.DataFrame, model: str = "cnn") -> list[str]:
    """Groups of a model, by order, the control left out."""
    found = set(table[table.model == model].augmentation) - {"c1"}
    return sorted(found, key=order)


def _of(table: pd.DataFrame, quantity: str, data: str, group: str, model: str = "cnn") -> pd.DataFrame:
    """The rows of one model trained with one group on one set, by increasing size of ensemble."""
    rows = table[(table.quantity == quantity) & (table.data == data) & (table.augmentation == group)]
    return rows[rows.model == model].sort_values("members")


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.members == rows.members.max()]


def _repeated(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the largest ensembles of which there are two or more."""
    return _largest(rows[rows.n > 1])


def _gap(table: pd.DataFrame, data: str, group: str, quantity: str = "osp") -> Number:
    """Ensembles less single members."""
    rows = _of(table, quantity, data, group)
    return _less(_number(_repeated(rows)), _number(rows))


def ensemble_above_members(table: pd.DataFrame, data: str, quantity: str = "osp") -> Finding:
    """Largest repeated ensembles less single members, group with the lowest interval."""
    return _above(_gap(table, data, group, quantity) for group in _trained_with(table))


def grows_with_members(table: pd.DataFrame, data: str) -> Finding:
    """OSP of ensembles less that of the next smaller ones, over sizes and groups, lowest interval."""
    differences = []
    for group in _trained_with(table):
        rows = _of(table, "osp", data, group)
        sizes = [rows[rows.members == m] for m in rows[rows.n > 1].members]
        differences += [_less(_number(large), _number(small)) for small, large in itertools.pairwise(sizes)]
    return _above(differences)


def gap_larger_out_of_distribution(table: pd.DataFrame) -> Finding:
    """Gain of ensembles over members in OSP, all sets out of distribution less test images, lowest interval over groups."""
    return _above(_less(_gap(table, ALL_OOD, group), _gap(table, "test", group)) for group in _trained_with(table))


def nearly_invariant(table: pd.DataFrame, data: str, size: int, least: float) -> Finding:
    """OSP of ensembles of `size` or more trained with C4."""
    rows = _of(table, "osp", data, "c4")
    rows = rows[rows.members >= size]
    if rows.empty:
        return NOTHING
    value, error = _number(rows)
    return inside(value, value - 1.96 * error, value + 1.96 * error, (least, INF))


def members_law(table: pd.DataFrame, data: str) -> Finding:
    """A(ensemble) sqrt(M) / A(member) under C4, where its interval ends highest over sizes and steps."""
    rows = _of(table, "spread", data, "c4")
    if rows.empty:
        return NOTHING
    single = rows[rows.members == 1].set_index("step").value
    many = rows[(rows.members > 1) & (rows.n > 1)].set_index("step")
    scale = np.sqrt(many.members) / single.reindex(many.index)
    value, error = (many.value * scale).to_numpy(), (1.96 * many.stderr * scale).to_numpy()
    worst = np.argmax(value + error)
    return inside(value[worst], value[worst] - error[worst], value[worst] + error[worst], (0.0, 1.5))


def floor_is_zero(table: pd.DataFrame, data: str) -> Finding:
    """Largest |floor| of C4 in units of its standard error, over steps."""
    rows = _of(table, "floor", data, "c4")
    if rows.empty:
        return NOTHING
    worst = (rows.value.abs() / rows.stderr).max()
    return inside(worst, worst, worst, (0.0, 3.0))


def control_is_not(table: pd.DataFrame, data: str) -> Finding:
    """Floor without augmentation on quarter turns after training, as a fraction of a member's squared spread."""
    floor, spread = (_of(table, quantity, data, "c1") for quantity in ("floor", "spread"))
    last = floor.step.max()
    single = _number(spread[(spread.step == last) & (spread.members == 1)])[0] ** 2
    value, error = _number(floor[floor.step == last])
    return inside(value / single, (value - 1.96 * error) / single, (value + 1.96 * error) / single, (0.02, INF))


def rises_with_order(table: pd.DataFrame, data: str, model: str = "cnn") -> Finding:
    """Mean agreement over all angles, each group less the next smaller one, lowest interval."""
    groups = [_of(table, "agreement", data, group, model) for group in _trained_with(table, model)]
    chosen = [_number(_repeated(rows) if model == "cnn" else rows) for rows in groups if (rows.n > 1).any()]
    return _above(_less(large, small) for small, large in itertools.pairwise(chosen))


def minima_between(table: pd.DataFrame, data: str) -> Finding:
    """Mean agreement at the angles trained with, 0 left out, less that half-way between, lowest interval over groups."""
    differences = []
    for group in _trained_with(table):
        rows = _repeated(_of(table, "agreement", data, group))
        position = (rows.angle * order(group) / 360) % 1
        at, between = rows[(position == 0) & (rows.angle > 0)], rows[position == 0.5]
        if len(between):
            # Errors at different angles come from the same ensembles: added, not averaged out.
            differences.append(
                _less((at.value.mean(), at.stderr.mean()), (between.value.mean(), between.stderr.mean()))
            )
    return _above(differences)


def exact_at_quarter_turns(table: pd.DataFrame, model: str) -> Finding:
    """Fraction of images that keep their class at quarter turns, least over groups and sets; without error."""
    rows = table[(table.model == model) & (table.members == 1) & (table.angle % 90 == 0)]
    if rows.empty:
        return NOTHING
    least = rows.value.min()
    return inside(least, least, least, (1.0, 1.0))


def exactly_four(table: pd.DataFrame, model: str) -> Finding:
    """OSP under C4 on all sets out of distribution."""
    rows = _of(table, "osp", ALL_OOD, "c4", model)
    if rows.empty:
        return NOTHING
    value = _number(rows)[0]
    return inside(value, value, value, (4.0, 4.0))


def canonicalised_loses(table: pd.DataFrame, than: str) -> Finding:
    """OSP / order of canonicalised networks less that of another kind: largest group less the smallest; lowest is worst."""
    groups = _trained_with(table, "canonicalised")
    if len(groups) < 2:
        return NOTHING
    behind = []
    for group in (groups[-1], groups[0]):
        own, other = (_of(table, "osp", ALL_OOD, group, model) for model in ("canonicalised", _model(than)))
        chosen = _largest(other) if than == "ensemble" else other
        value, error = _less(_number(own), _number(chosen))
        behind.append((value / order(group), error / order(group)))
    value, error = _less(*behind)
    return inside(value, value - 1.96 * error, value + 1.96 * error, (-INF, 0.0))


def _model(kind: str) -> str:
    return "cnn" if kind == "ensemble" else kind


def as_published(table: pd.DataFrame, kind: str, group: str) -> Finding:
    """OSP on all sets out of distribution; within max(2 x the published +-, 5 % of the order) of the published number."""
    rows = _of(table, "osp", ALL_OOD, group, _model(kind))
    rows = _largest(rows) if kind == "ensemble" else rows[rows.members == 1]
    if rows.empty:
        return NOTHING
    value, error = _number(rows)
    published, deviation = TALK_COMPARISON[kind, group]
    margin = max(2 * deviation, 0.05 * order(group))
    finding = inside(value, value - 1.96 * error, value + 1.96 * error, (published - margin, published + margin))
    if table.members.max() >= PAPER_ENSEMBLE:
        return finding
    return Finding(finding.value, finding.ci_low, finding.ci_high, UNDECIDED)


def more_accurate(table: pd.DataFrame, than: str, single: bool) -> Finding:
    """Accuracy under C4 of the largest repeated CNN ensembles less that of another model, single or the largest ensemble."""
    own, other = (_of(table, "accuracy", "test", "c4", model) for model in ("cnn", than))
    if own.empty or other.empty:
        return NOTHING
    return _above([_less(_number(_repeated(own)), _number(other if single else _largest(other)))])


def example_as_chosen(table: pd.DataFrame) -> Finding:
    """OSP of the member on the image of the figure, which the ensemble keeps at all rotations."""
    kept = {}
    for members, rows in table[np.isfinite(table.members)].groupby("members"):
        kept[members] = int((rows.value == rows[rows.angle == 0].value.item()).sum())
    value = float(kept[1.0])
    finding = inside(value, value, value, (2.0, 3.0))
    return finding if kept[max(kept)] == table.angle.nunique() else Finding(value, value, value, UNDECIDED)


def _claim(
    identifier: str, source: str, statement: str, quantity: str, criterion: str, table: str, find: Callable,
    published: float | None = None,
) -> Claim:  # fmt: skip
    return Claim(identifier, "ensembles", source, statement, quantity, criterion, table, find, published)


NATURAL = "natural"
SETS = {"mnist": "on MNIST digits", NATURAL: "on CIFAR10, or photographs in its place", "noise": "on noise"}


def _if_there(find: Callable[..., Finding], data: str) -> Callable[[pd.DataFrame], Finding]:
    """The finding on a set of images; undecided where the run has no such set."""

    def found(table: pd.DataFrame) -> Finding:
        chosen = data
        if data == NATURAL:
            chosen = "cifar10" if "cifar10" in set(table.data) else "photographs"
        return find(table, data=chosen) if chosen in set(table.data) else NOTHING

    return found


def _on_each_set(name: str, source: str, statement: str, quantity: str, criterion: str, table: str, find, sets):
    """The same claim on each set of images, {where} in the statement filled in."""
    return [
        _claim(
            f"{name}-{data}", source, statement.format(where=where), quantity, criterion, table, _if_there(find, data)
        )
        for data, where in sets.items()
    ]


def _ensembles(name: str, prefix: str, source: str, test: str, ood: dict[str, str]) -> list[Claim]:
    """The claims that rotated FashionMNIST and histology share."""
    table = prefix + "orbit_predictions"
    above = (
        "OSP of the largest repeated ensembles less that of single members, lowest interval over groups",
        "above 0",
    )
    grows = ("OSP of ensembles less that of the next smaller ones, lowest interval over sizes and groups", "above 0")
    return [
        *_on_each_set(
            f"E1-{name}-osp-ensemble", source,
            "Ensembles keep their prediction over the orbit more often than their members {where}, for every group.",
            *above, table, ensemble_above_members, {"test": test},
        ),
        *_on_each_set(
            f"E1-{name}-osp-grows", source, "The more members, the more often {where}.",
            *grows, table, grows_with_members, {"test": test},
        ),
        *_on_each_set(
            f"E1-{name}-ood-ensemble", source,
            "Ensembles keep their prediction over the orbit more often than their members {where}, for every group.",
            *above, table, ensemble_above_members, ood,
        ),
        _claim(
            f"E1-{name}-ood-grows", source, "The more members, the more often, on all sets out of distribution together.",
            *grows, table, partial(grows_with_members, data=ALL_OOD),
        ),
        _claim(
            f"E1-{name}-ood-gap", source, "Ensembles gain more out of distribution than in distribution.",
            "gain in OSP, all sets out of distribution less test images, lowest interval over groups", "above 0",
            table, gap_larger_out_of_distribution,
        ),
    ]  # fmt: skip


_THEOREM = "E1, main theorem: for all training times, at finite width for pixel permutations"
_SO2 = "slide 'Partial augmentation for continuous symmetries'"
_TABLE = "slide 'Comparison to other methods'"
_TIME_SETS = {"test": "on test images", **SETS}
NAMES = {
    "ensemble": "Ensembles",
    "cnn": "Single augmented networks",
    "steerable": "Steerable networks",
    "canonicalised": "Canonicalised networks",
}

CLAIMS: tuple[Claim, ...] = (
    *_ensembles("fmnist", FMNIST, "slide 'Emergent invariance for rotated FashionMNIST'", "on test images", SETS),
    _claim(
        "E1-fmnist-osp-100", "E1, ensembles of 100",
        "Ensembles of 100 networks trained with C4 are nearly invariant on test images.",
        "OSP of ensembles of 100", "at least 3.95 of 4",
        FMNIST + "orbit_predictions", partial(nearly_invariant, data="test", size=PAPER_ENSEMBLE, least=3.95),
    ),
    *_on_each_set(
        "E1-fmnist-time-law", _THEOREM,
        "The spread of an ensemble's logits over quarter turns is its members' over the root of its size, always, {where}.",
        "A(ensemble) sqrt(M) / A(member), where its interval ends highest over steps and sizes", "interval below 1.5",
        FMNIST + "training", members_law, _TIME_SETS,
    ),
    *_on_each_set(
        "E1-fmnist-time-floor", _THEOREM,
        "The infinite ensemble trained with C4 is invariant at every step {where}.",
        "largest unbiased floor in units of its standard error, over steps", "at most 3",
        FMNIST + "training", floor_is_zero, _TIME_SETS,
    ),
    *_on_each_set(
        "E1-fmnist-time-control", "negative control",
        "Without augmentation it is not {where}.",
        "unbiased floor after training over a member's squared spread, quarter turns", "interval above 0.02",
        FMNIST + "training", control_is_not, _TIME_SETS,
    ),
    *_on_each_set(
        "E1-so2-rises", _SO2, "The larger the group trained with, the better ensembles keep their class at all angles {where}.",
        "mean agreement over angles, each group less the next smaller one, lowest interval", "above 0",
        FMNIST + "angle_means", rises_with_order, {"test": "on test images", ALL_OOD: "out of distribution"},
    ),
    *_on_each_set(
        "E1-so2-ensemble", _SO2, "At all angles together ensembles keep their class more often than their members {where}.",
        "mean agreement of ensembles less that of members, lowest interval over groups", "above 0",
        FMNIST + "angle_means", partial(ensemble_above_members, quantity="agreement"),
        {"test": "on test images", ALL_OOD: "out of distribution"},
    ),
    *_on_each_set(
        "E1-so2-minima", _SO2, "Ensembles keep their class least often half-way between the angles trained with {where}.",
        "agreement at the angles trained with less that half-way between, lowest interval over groups", "above 0",
        FMNIST + "angles", minima_between, {"test": "on test images", ALL_OOD: "out of distribution"},
    ),
    _claim(
        "E1-canon-so2-exact", "E1, comparison with canonicalisation; Kaba et al. 2022",
        "Canonicalised networks keep every class at quarter turns, exactly.",
        "least fraction of images that keep their class at quarter turns, over groups and sets", "exactly 1",
        FMNIST + "angles", partial(exact_at_quarter_turns, model="canonicalised"),
    ),
    *_on_each_set(
        "E1-canon-so2-rises", "E1, comparison with canonicalisation",
        "The larger their group, the better canonicalised networks keep their class at all angles {where}.",
        "mean agreement over angles, each group less the next smaller one, lowest interval", "above 0",
        FMNIST + "angle_means", partial(rises_with_order, model="canonicalised"),
        {"test": "on test images", ALL_OOD: "out of distribution"},
    ),
    _claim(
        "E1-table-ensemble", _TABLE, "Ensembles keep their predictions more often than single networks, in every column.",
        "OSP of ensembles less that of single networks, all sets out of distribution, lowest interval over groups", "above 0",
        FMNIST + "comparison", partial(ensemble_above_members, data=ALL_OOD),
    ),
    *(
        _claim(
            f"E1-table-exact-{model}", _TABLE, f"{NAMES[model]} keep all predictions under C4.",
            "OSP under C4, all sets out of distribution", "exactly 4", FMNIST + "comparison", partial(exactly_four, model=model),
        )
        for model in ("steerable", "canonicalised")
    ),
    *(
        _claim(
            f"E1-table-canonicalised-below-{kind}", _TABLE,
            f"For larger groups canonicalised networks lose ground against {NAMES[kind].lower()}.",
            "OSP / order of canonicalised networks less the others', largest group less smallest", "below 0",
            FMNIST + "comparison", partial(canonicalised_loses, than=kind),
        )
        for kind in ("ensemble", "steerable")
    ),
    *(
        _claim(
            f"E1-table-{kind}-{group}", _TABLE, f"{NAMES[kind]} trained with {group.upper()}: the talk's number.",
            "OSP, all sets out of distribution", "within max(2 x published +-, 5 % of the order); ensembles of 100 or more",
            FMNIST + "comparison", partial(as_published, kind=kind, group=group), published,
        )
        for (kind, group), (published, _) in TALK_COMPARISON.items()
    ),
    _claim(
        "E1-fmnist-acc-canonicalised", "E1, comparison with canonicalisation",
        "Ensembles of plain networks are more accurate than a canonicalised network.",
        "accuracy under C4, ensembles less single canonicalised networks", "above 0",
        FMNIST + "orbit_predictions", partial(more_accurate, than="canonicalised", single=True),
    ),
    _claim(
        "E1-fmnist-acc-steerable", "E1, comparison with invariant ensembles",
        "Ensembles of plain networks are more accurate than ensembles of invariant networks.",
        "accuracy under C4, ensembles less the largest ensemble of steerable networks", "above 0",
        FMNIST + "orbit_predictions", partial(more_accurate, than="steerable", single=False),
    ),
    *_ensembles(
        "hist", HISTOLOGY, "slides 'Histological slices', 'Out of distribution results'", "on validation images",
        {NATURAL: SETS[NATURAL], "noise": SETS["noise"]},
    ),
    _claim(
        "E1-hist-osp-20", "slide 'Orbit Same Predictions'", "Large ensembles are nearly invariant on validation images.",
        "OSP of ensembles of 20", "at least 3.8 of 4",
        HISTOLOGY + "orbit_predictions", partial(nearly_invariant, data="test", size=20, least=3.8),
    ),
    _claim(
        "E1-hist-example", "slide 'Histological slices': class 6, orbit same predictions 3",
        "There is an image that a member classifies alike at two or three of four rotations, the ensemble at all.",
        "OSP of the member on the image of the figure", "2 to 3, ensemble 4",
        HISTOLOGY + "picture_predictions", example_as_chosen, 3.0,
    ),
)  # fmt: skip
