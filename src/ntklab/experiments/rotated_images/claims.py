"""Claims of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024) about image classifiers.

Controls are networks trained without augmentation, unless the claim says otherwise. Those about the talk's table are in
`claims_of_table`.
"""

from functools import partial

from ntklab.claims.claim import CHECK, Claim
from ntklab.experiments.rotated_images.claim_numbers import (
    CANONICALISED,
    INF,
    NOT_AUGMENTED,
    PAPER_ENSEMBLE,
    ensemble_above_members,
    exact_at_quarter_turns,
    example_as_chosen,
    gap_larger_out_of_distribution,
    grows_with_members,
    highest_floor,
    last_floor,
    members_law,
    minima_between,
    nearly_invariant,
    rises_with_order,
)
from ntklab.experiments.rotated_images.claim_words import (
    ABOVE_ZERO,
    FMNIST,
    HISTOLOGY,
    NATURAL,
    NOT_AUGMENTED_IS,
    QUANTITIES,
    SETS,
    claim,
    on_each_set,
)
from ntklab.experiments.rotated_images.claims_of_table import EXACT, TABLE_CLAIMS
from ntklab.experiments.rotated_images.shards import ALL_OOD


def _ensembles(name: str, prefix: str, source: str, test: str, ood: dict[str, str]) -> list[Claim]:
    """The claims that rotated FashionMNIST and histology share."""
    table = prefix + "orbit_replicates"
    found = []
    for quantity, (suffix, they_keep, of_it) in QUANTITIES.items():
        of_control = {"quantity": quantity, "augmented": False}
        above_members = (
            f"Ensembles {they_keep} more often than their members {{where}}, for every group.",
            f"{of_it} of the largest ensembles minus that of single members, lowest interval over groups",
            ABOVE_ZERO, table, partial(ensemble_above_members, quantity=quantity),
            partial(ensemble_above_members, **of_control), NOT_AUGMENTED_IS,
        )  # fmt: skip
        grows = (
            f"{of_it} of ensembles minus that of the next smaller ones, lowest interval over sizes and groups",
            ABOVE_ZERO, table, partial(grows_with_members, quantity=quantity),
            partial(grows_with_members, **of_control), NOT_AUGMENTED_IS,
        )  # fmt: skip
        if quantity == "osp":
            found += [
                *on_each_set(f"E1-{name}-osp-ensemble", source, *above_members, {"test": test}),
                *on_each_set(
                    f"E1-{name}-osp-grows", source, "The more members, the more often {where}.", *grows, {"test": test}
                ),
            ]
        found += [
            *on_each_set(f"E1-{name}-ood-ensemble{suffix}", source, *above_members, ood),
            claim(
                f"E1-{name}-ood-grows{suffix}", source,
                "The more members, the more often{}, on all sets out of distribution but noise together.".format(
                    ", beyond chance" if suffix else ""
                ),
                *grows[:3], partial(grows[3], data=ALL_OOD), partial(grows[4], data=ALL_OOD), NOT_AUGMENTED_IS,
            ),
            claim(
                f"E1-{name}-ood-gap{suffix}", source,
                f"Ensembles gain more out of distribution than in distribution{', beyond chance' if suffix else ''}.",
                f"gain in {of_it}, all sets out of distribution but noise minus test images, lowest interval over groups",
                ABOVE_ZERO, table, partial(gap_larger_out_of_distribution, quantity=quantity),
                partial(gap_larger_out_of_distribution, **of_control), NOT_AUGMENTED_IS,
            ),
        ]  # fmt: skip
    return found


_THEOREM = "E1, main theorem: for all training times, at finite width for pixel permutations"
_SO2 = "slide 'Partial augmentation for continuous symmetries'"
_TIME_SETS = {"test": "on test images", **SETS}
_EVERYWHERE = {"test": "on test images", ALL_OOD: "out of distribution"}


CLAIMS: tuple[Claim, ...] = (
    *TABLE_CLAIMS,
    *_ensembles("fmnist", FMNIST, "slide 'Emergent invariance for rotated FashionMNIST'", "on test images", SETS),
    claim(
        "E1-fmnist-osp-100", "E1, ensembles of 100",
        "Ensembles of 100 networks trained with C4 are nearly invariant on test images.",
        "OSP of ensembles of 100", (3.95, INF), FMNIST + "orbit_replicates",
        partial(nearly_invariant, data="test", size=PAPER_ENSEMBLE),
        partial(nearly_invariant, data="test", size=1, augmentation=NOT_AUGMENTED),
        "networks trained without augmentation, as large ensembles as there are",
    ),
    *on_each_set(
        "E1-fmnist-time-law", _THEOREM,
        "The spread of an ensemble's logits over quarter turns is its members' over the root of its size, always, {where}.",
        "A(ensemble) sqrt(M) / A(member), over all ensembles of M of the members; simultaneous over steps and sizes",
        (-INF, 1.5), FMNIST + "training_replicates", members_law, partial(members_law, augmentation=NOT_AUGMENTED),
        NOT_AUGMENTED_IS, _TIME_SETS, CHECK,
    ),
    *on_each_set(
        "E1-fmnist-time-floor", _THEOREM,
        "The infinite ensemble trained with C4 is invariant at every step {where}.",
        "unbiased floor over a member's squared spread; simultaneous over steps", (-INF, 0.02),
        FMNIST + "training_replicates", highest_floor, partial(highest_floor, augmentation=NOT_AUGMENTED),
        NOT_AUGMENTED_IS, _TIME_SETS,
    ),
    *on_each_set(
        "E1-fmnist-time-control", "negative control",
        "Without augmentation the infinite ensemble is not invariant {where}.",
        "unbiased floor after training over a member's squared spread, quarter turns", (0.02, INF),
        FMNIST + "training_replicates", last_floor, partial(last_floor, augmentation="c4"),
        "networks trained with C4", _TIME_SETS,
    ),
    *on_each_set(
        "E1-so2-rises", _SO2, "The larger the group trained with, the better ensembles keep their class at all angles {where}.",
        "mean agreement over angles, each group minus the next smaller one, lowest interval", ABOVE_ZERO,
        FMNIST + "angle_replicates", rises_with_order, partial(rises_with_order, quantity="quarter"),
        "quarter turns alone, with which all were trained", _EVERYWHERE,
    ),
    *on_each_set(
        "E1-so2-ensemble", _SO2, "At all angles together ensembles keep their class more often than their members {where}.",
        "mean agreement of ensembles minus that of members, lowest interval over groups", ABOVE_ZERO,
        FMNIST + "angle_replicates", partial(ensemble_above_members, quantity="agreement"),
        partial(ensemble_above_members, quantity="agreement", augmented=False),
        "networks trained without augmentation", _EVERYWHERE,
    ),
    *on_each_set(
        "E1-so2-ensemble-kappa", _SO2,
        "At all angles together ensembles agree with themselves, beyond chance, more often than their members {where}.",
        "kappa over all angles of ensembles minus that of members, lowest interval over groups", ABOVE_ZERO,
        FMNIST + "angle_replicates", partial(ensemble_above_members, quantity="kappa_angles"),
        partial(ensemble_above_members, quantity="kappa_angles", augmented=False),
        "networks trained without augmentation", {ALL_OOD: _EVERYWHERE[ALL_OOD]},
    ),
    *on_each_set(
        "E1-so2-minima", _SO2, "Ensembles keep their class least often half-way between the angles trained with {where}.",
        "agreement at the angles trained with minus that half-way between, lowest interval over groups", ABOVE_ZERO,
        FMNIST + "angle_replicates", minima_between, partial(minima_between, augmented=False),
        "networks trained without augmentation, at quarter turns and half-way between", _EVERYWHERE,
    ),
    claim(
        "E1-canon-so2-exact", "E1, comparison with canonicalisation; Kaba et al. 2022",
        "Canonicalised networks keep every class at quarter turns, exactly.",
        "least fraction of images that keep their class at quarter turns, over groups and sets", (1 - EXACT, 1 + EXACT),
        FMNIST + "angles", partial(exact_at_quarter_turns, model=CANONICALISED),
        partial(exact_at_quarter_turns, model=CANONICALISED, at=False), "all angles but quarter turns", CHECK,
    ),
    *on_each_set(
        "E1-canon-so2-rises", "E1, comparison with canonicalisation",
        "The larger their group, the better canonicalised networks keep their class at all angles {where}.",
        "mean agreement over angles, each group minus the next smaller one, lowest interval", ABOVE_ZERO,
        FMNIST + "angle_replicates", partial(rises_with_order, model=CANONICALISED),
        partial(rises_with_order, quantity="quarter"),
        "ensembles of plain networks at quarter turns, with which all were trained", _EVERYWHERE,
    ),
    *_ensembles(
        "hist", HISTOLOGY, "slides 'Histological slices', 'Out of distribution results'", "on validation images",
        {NATURAL: SETS[NATURAL], "noise": SETS["noise"]},
    ),
    claim(
        "E1-hist-osp-20", "slide 'Orbit Same Predictions'", "Large ensembles are nearly invariant on validation images.",
        "OSP of ensembles of 20", (3.8, INF), HISTOLOGY + "orbit_replicates", partial(nearly_invariant, data="test", size=20),
        partial(nearly_invariant, data="test", size=1, augmentation=NOT_AUGMENTED),
        "networks trained without augmentation, as large ensembles as there are",
    ),
    claim(
        "E1-hist-example", "slide 'Histological slices': class 6, orbit same predictions 3",
        "There is an image that a member classifies alike at two or three of four rotations, the ensemble at all.",
        "OSP of the member on the image of the figure, which is chosen by this rule", (1.5, 3.5),
        HISTOLOGY + "picture_predictions", example_as_chosen, None, "", CHECK, 3.0,
    ),
)  # fmt: skip
