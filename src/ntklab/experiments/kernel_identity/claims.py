"""Claims of `Equivariant Neural Tangent Kernels` (Misof, Kessel & Gerken 2025) about exact identities between kernels.

Identities are checks of the arithmetic. That their conditions are needed is evidence: a control that held without its
condition would not have tested the identity.
"""

from functools import partial

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, Claim
from ntklab.metrics.resampling import Interval, numerical

INF = float("inf")
TABLE = "equivntk/kernel_identity_error"
EPS = {"float64": float(np.finfo(np.float64).eps), "float32": float(np.finfo(np.float32).eps)}
BARS = {"float64": 1e-12, "float32": 1e-4}
PREDICTION_BAR_FLOAT32 = 1e-3
"""Predictions divide by the smallest eigenvalue of the Gram matrix, which enlarges the kernels' rounding errors."""
PREDICTIONS = ("c", "d", "d ridge")
WITHOUT_SNAP = 1e-7
WITH_COINCIDENT_INPUTS = ("a", "b", "c", "d", "d ridge")
CONTROL_BAR = 1e-2
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
    "a": ("Even filters with zero padding break the kernels' invariance.", "even filters with zero padding"),
    "b": ("Even filters with zero padding break the permutation shift.", "even filters with zero padding"),
    "c": ("Without augmentation the mean prediction is not invariant.", "without augmentation"),
    "d": ("Under the sum loss the two trainings are not equal at equal times.", "equal times under the sum loss"),
    "d ridge": ("With the same ridge the two trainings are not equal.", "the same ridge for both"),
    "e": (
        "Without the average the MLP kernel is not that of the group-convolutional network.",
        "the MLP kernel without the average",
    ),
    "f": (
        "Averaging after a nonlinear head does not give the group-convolutional network.",
        "averaged after a nonlinear head",
    ),
    "lifting": (
        "An NTK started from the input kernel, as in the public code, is not that of the network.",
        "NTK started from the input kernel",
    ),
}
"""What is not true, and the broken condition in words."""


def _errors(table: pd.DataFrame, identity: str, precision: str, snap: bool, control: bool) -> pd.Series:
    rows = table[(table.identity == identity) & (table.control == control)]
    return rows[(rows.precision == precision) & (rows.snap == snap)].value


def _extreme(errors: dict[str, pd.Series], precision: str, largest: bool) -> Interval:
    """Largest or smallest error; its own error is what the other precision changes, times the ratio of the precisions."""
    found = {name: float(of.max() if largest else of.min()) for name, of in errors.items()}
    change = abs(found["float64"] - found["float32"]) * EPS[precision] / EPS["float32"]
    return numerical(found[precision], change + EPS[precision] * (1 + found[precision]))


def largest_error(table: pd.DataFrame, identity: str, precision: str, control: bool = False) -> Interval:
    """Worst relative error over all groups and architectures."""
    errors = {name: _errors(table, identity, name, snap=True, control=control) for name in EPS}
    return _extreme(errors, precision, largest=True)


def largest_error_without_snap(table: pd.DataFrame, identity: str, control: bool = False) -> Interval:
    """Worst relative error of rectifiers in float64 without the snap, whose change by the snap bounds its own error.

    The broken condition is measured with the snap only, which changes it in the ninth digit.
    """
    snapped = float(_errors(table, identity, "float64", snap=True, control=control).max())
    value = snapped if control else float(_errors(table, identity, "float64", snap=False, control=False).max())
    return numerical(value, abs(value - snapped) + EPS["float64"] * (1 + value))


def smallest_error(table: pd.DataFrame, identity: str, control: bool = True) -> Interval:
    """Smallest relative error with a broken condition over all groups and architectures, float64."""
    errors = {name: _errors(table, identity, name, snap=True, control=control) for name in EPS}
    return _extreme(errors, "float64", largest=False)


def _check(name: str, identity: str, find, bar: float, detail: str) -> Claim:
    source, statement = IDENTITIES[identity]
    quantity = f"largest relative error over groups and random architectures, {detail}"
    broken = partial(find, identity=identity, control=True)
    return Claim(
        name, "equivntk", source, statement, quantity, TABLE, partial(find, identity=identity), (-INF, bar), CHECK,
        broken, CONTROLS[identity][1],
    )  # fmt: skip


def _condition_needed(name: str, identity: str) -> Claim:
    return Claim(
        name, "equivntk", "negative control", CONTROLS[identity][0],
        "smallest relative error with the broken condition over groups and random architectures", TABLE,
        partial(smallest_error, identity=identity), (CONTROL_BAR, INF),
        control=partial(smallest_error, identity=identity, control=False), control_is="the condition met",
    )  # fmt: skip


def _identities() -> list[Claim]:
    claims = []
    for identity in IDENTITIES:
        name = f"E2-kernel-identity-{identity.replace(' ', '-')}"
        for precision, bar in BARS.items():
            if precision == "float32" and identity in PREDICTIONS:
                bar = PREDICTION_BAR_FLOAT32
            find = partial(largest_error, precision=precision)
            claims.append(_check(f"{name}-{precision}", identity, find, bar, precision))
        if identity in WITH_COINCIDENT_INPUTS:
            detail = "float64, correlations of coincident inputs not set to 1"
            claims.append(_check(f"{name}-without-snap", identity, largest_error_without_snap, WITHOUT_SNAP, detail))
        claims.append(_condition_needed(f"{name}-control", identity))
    return claims


CLAIMS: tuple[Claim, ...] = tuple(_identities())
