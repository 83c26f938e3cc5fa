"""Claims about the talk's table "Comparison to other methods" (Gerken & Kessel 2024): the orders of its entries, and the entries.

Controls are single networks trained without augmentation, unless the claim says otherwise.
"""

import itertools
from functools import partial

from ntklab.claims.claim import CHECK, EVIDENCE, Claim
from ntklab.experiments.rotated_images.claim_numbers import (
    CANONICALISED,
    CNN,
    ENSEMBLE,
    EXACT_UNDER_C4,
    INF,
    NOT_AUGMENTED,
    STEERABLE,
    above,
    around_published,
    as_published,
    ensemble_above_members,
    exactly_four,
    loses_ground,
    more_accurate,
)
from ntklab.experiments.rotated_images.claim_words import (
    ABOVE_ZERO,
    FMNIST,
    NAMES,
    NOT_AUGMENTED_IS,
    QUANTITIES,
    TOGETHER,
    claim,
)
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.shards import ALL_OOD

EXACT = 1e-6
"""Of numbers that are exact by construction: one changed class in a million would be seen."""
_TABLE = "slide 'Comparison to other methods'"
_SIZES = "ensembles of 100 at the paper's scale, smaller ones at others"


def _ordering(first: str, second: str, group: str, quantity: str = "osp") -> Claim:
    """One order of two entries of a column of the talk's table."""
    suffix, they_keep, of_it = QUANTITIES[quantity]
    numbers = [TALK_COMPARISON[kind, group] for kind in (first, second)]
    shown = " against ".join(f"{value:g} +- {deviation:g}" for value, deviation in numbers)
    sizes = f" ({_SIZES})" if ENSEMBLE in (first, second) else ""
    # Nothing is above the order of the group, which these have by construction.
    kind = CHECK if group == "c4" and first in EXACT_UNDER_C4 else EVIDENCE
    identifier = f"E1-order-{group}-{first}-above-{second}{suffix}"
    return claim(
        identifier.replace(f"-{CNN}", "-single"), f"{_TABLE}, {group.upper()}: {shown} in OSP",
        f"Under {group.upper()}, {NAMES[first]} {they_keep} at least as often as {NAMES[second]}{sizes}, {TOGETHER}.",
        f"{of_it} of {NAMES[first]} minus that of {NAMES[second]}", ABOVE_ZERO, FMNIST + "orbit_replicates",
        partial(above, first=first, second=second, group=group, quantity=quantity),
        partial(above, first=NOT_AUGMENTED, second=second, group=group, quantity=quantity),
        f"single networks trained without augmentation in place of the {NAMES[first]}",
        kind, round(numbers[0][0] - numbers[1][0], 2) if quantity == "osp" else None,
    )  # fmt: skip


def _orderings() -> list[Claim]:
    """Every order that the columns of the talk's table show, ties left out; of ensembles beyond chance, too."""
    kinds, groups = (dict.fromkeys(names) for names in zip(*TALK_COMPARISON, strict=True))
    found = []
    for group, pair in itertools.product(groups, itertools.combinations(kinds, 2)):
        talk = {kind: TALK_COMPARISON[kind, group][0] for kind in pair}
        second, first = sorted(pair, key=talk.__getitem__)
        if talk[first] > talk[second]:
            ordering = _ordering(first, second, group)
            found.append(ordering)
            if ENSEMBLE in pair and ordering.kind == EVIDENCE:
                found.append(_ordering(first, second, group, "kappa"))
    return found


def _published(kind: str, group: str) -> Claim:
    """One number of the talk's table."""
    sizes = f" ({_SIZES})" if kind == ENSEMBLE else ""
    exact = kind in EXACT_UNDER_C4 and group == "c4"
    return claim(
        f"E1-table-{kind}-{group}", _TABLE,
        f"{NAMES[kind].capitalize()} trained with {group.upper()}{sizes} have the talk's number {TOGETHER}; the talk's sets are"
        " not stated.",
        "OSP, all sets out of distribution but noise", around_published(kind, group), FMNIST + "orbit_replicates",
        partial(as_published, kind=kind, group=group),
        partial(as_published, kind=kind, group=group, instead=NOT_AUGMENTED),
        "single networks trained without augmentation on the same orbits", CHECK if exact else EVIDENCE,
        TALK_COMPARISON[kind, group][0],
    )  # fmt: skip


TABLE_CLAIMS: tuple[Claim, ...] = (
    *_orderings(),
    claim(
        "E1-table-ensemble", _TABLE, "Ensembles keep their predictions more often than single networks, in every column.",
        "OSP of ensembles minus that of single networks, all sets out of distribution but noise, lowest interval over groups",
        ABOVE_ZERO, FMNIST + "orbit_replicates", partial(ensemble_above_members, data=ALL_OOD),
        partial(ensemble_above_members, data=ALL_OOD, augmented=False), NOT_AUGMENTED_IS,
    ),
    claim(
        "E1-table-ensemble-kappa", _TABLE,
        "Ensembles agree with themselves, beyond chance, more often than single networks, in every column.",
        "kappa of ensembles minus that of single networks, all sets out of distribution but noise, lowest interval over groups",
        ABOVE_ZERO, FMNIST + "orbit_replicates", partial(ensemble_above_members, data=ALL_OOD, quantity="kappa"),
        partial(ensemble_above_members, data=ALL_OOD, quantity="kappa", augmented=False), NOT_AUGMENTED_IS,
    ),
    *(
        claim(
            f"E1-table-exact-{model}", _TABLE, f"{NAMES[model].capitalize()} keep all predictions under C4.",
            "OSP under C4, all sets out of distribution but noise", (4 - EXACT, 4 + EXACT), FMNIST + "comparison",
            partial(exactly_four, model=model), partial(exactly_four, model=CNN), "single plain networks trained with C4", CHECK,
        )
        for model in EXACT_UNDER_C4
    ),
    *(
        claim(
            f"E1-table-canonicalised-below-{kind}", _TABLE,
            f"For larger groups canonicalised networks lose ground against {NAMES[kind]}.",
            "OSP / order of canonicalised networks minus the others', largest group minus smallest", (-INF, 0.0),
            FMNIST + "orbit_replicates", partial(loses_ground, than=kind), partial(loses_ground, than=kind, kind=NOT_AUGMENTED),
            "networks trained without augmentation in place of the canonicalised",
        )
        for kind in (ENSEMBLE, STEERABLE)
    ),
    *(_published(kind, group) for kind, group in TALK_COMPARISON),
    *(
        claim(
            f"E1-fmnist-acc-{model}", f"E1, comparison with {compared}",
            f"Ensembles of plain networks are more accurate than {others}.",
            f"accuracy under C4, ensembles minus {minus}", ABOVE_ZERO, FMNIST + "orbit_replicates",
            partial(more_accurate, than=model, single=single),
            partial(more_accurate, than=model, single=single, quantity="accuracy_shifted"),
            "the same predictions with the labels of other images",
        )
        for model, single, compared, others, minus in (
            (CANONICALISED, True, "canonicalisation", "a canonicalised network", "single canonicalised networks"),
            (
                STEERABLE, False, "invariant ensembles", "ensembles of invariant networks",
                "the largest ensemble of steerable networks",
            ),
        )
    ),
)  # fmt: skip
