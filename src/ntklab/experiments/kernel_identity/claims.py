"""Claims of `Equivariant Neural Tangent Kernels` (Misof, Kessel & Gerken 2025) about exact identities between kernels."""

from functools import partial

import pandas as pd

from ntklab.claims.claim import Claim, Finding, inside

INF = float("inf")
TABLE = "equivntk/kernel_identity_error"
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


def _claim(name: str, source: str, statement: str, quantity: str, criterion: str, find, **published) -> Claim:
    return Claim(f"E2-{name}", "equivntk", source, statement, quantity, criterion, TABLE, find, **published)


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
            claims.append(_claim(f"{name}-{precision}", source, statement, error, criterion, find))
        if identity in ("a", "b", "c", "d", "d ridge"):
            find = partial(identity_holds, identity=identity, precision="float64", snap=False)
            criterion = f"at most {WITHOUT_SNAP:.0e} (float64, correlations of coincident inputs not set to 1)"
            claims.append(_claim(f"{name}-without-snap", source, statement, error, criterion, find))
        least = "smallest relative error of the negative control over random architectures"
        find = partial(control_fails, identity=identity)
        claims.append(_claim(f"{name}-control", "negative control", CONTROLS[identity], least, "at least 1e-4", find))
    return claims


CLAIMS: tuple[Claim, ...] = tuple(_identities())
