"""Claims about trained networks at order 1/width, which no paper makes: the theory, and what follows from it.

`Finite-Width Neural Tangent Kernels from Feynman Diagrams` (Guillen et al., arXiv 2508.11522v4) stops at initialisation, with the
tensors that training needs; the formula is spec finite-width.md, 9.1.
"""

from collections.abc import Iterator
from functools import partial
from itertools import product

from ntklab.claims.claim import CHECK, Claim, of_changed_theory
from ntklab.experiments.training.estimates import (
    SOURCES,
    explained,
    largest_spread,
    over_theory,
    source_over_theory,
)
from ntklab.experiments.training.setups import GENERAL, ON_ORBITS, SETUPS

INF = float("inf")
REPLICATES, SPREADS = "feynman/trained_replicates", "feynman/trained_orbit_spreads"
BEYOND = "beyond the papers; tensors of eqs. (27) to (30)"
ACTIVATIONS = {"tanh": "tanh", "gelu": "GeLU"}
SETS = {"training": "trained on", "test": "not trained on"}
INPUTS = {"ising": "Ising lattices", "digits": "digits"}
EQUIVALENT = (0.75, 1.25)
"""Of the theory: a quarter of it has to be noticed."""
THERE = (0.5, 1.5)
"""A source of the theory, of its own size, and not absent or doubled."""
MOST = 0.75
"""Share of the squared distance to infinite width that the correction takes away: half of the distance."""
INVARIANT = 1e-6
"""Spread over orbits relative to the size: rounding in sums over nodes, which small eigenvalues of the NTK make larger."""
NAMES = {
    "Theta1": "the mean of the NTK at initialisation",
    "AB": "fluctuations of the NTK at initialisation",
    "PQ": "the first change of the NTK in training",
    "ddNTK": "the second change of the NTK in training",
}


def _networks(name: str) -> str:
    setup = SETUPS[name]
    return f"{ACTIVATIONS[setup.activation]} networks of {setup.depth} layers"


def _over_theory() -> Iterator[Claim]:
    for name, (which, quantity, what) in product(
        GENERAL,
        (
            (
                "mean",
                "sampled",
                "mean prediction of trained networks differs from that of infinite width by the correction",
            ),
            ("drift", "sampled_drift", "mean NTK changes in training by the drift"),
        ),
    ):
        find = partial(over_theory, setup=name, quantity=quantity)
        yield Claim(
            f"X-training-{which}-{name}", "feynman", BEYOND,
            f"The {what} of order 1/width: {_networks(name)}.",
            "coefficient of 1/width from networks, over theory's; all points and times", REPLICATES, find, EQUIVALENT,
            of_theory=True, control=of_changed_theory(find, 2.0), control_is="the theory times two",
        )  # fmt: skip


def _sources() -> Iterator[Claim]:
    for name, source in product(GENERAL, SOURCES):
        find = partial(source_over_theory, setup=name, source=source)
        yield Claim(
            f"X-training-{source}-{name}", "feynman", BEYOND,
            f"The mean prediction of trained networks has a part due to {NAMES[source]}, as in theory: {_networks(name)}.",
            "coefficient of 1/width in the form of that part, the others as in theory, over theory's", REPLICATES, find,
            THERE, of_theory=True, control=partial(find, without=True), control_is="networks without that part",
        )  # fmt: skip


def _explained() -> Iterator[Claim]:
    for name, data in product(ON_ORBITS, SETS):
        find = partial(explained, setup=name, data=data)
        yield Claim(
            f"X-training-explained-{name}-{data}", "feynman", "talk, both halves together",
            f"Trained on full orbits of {INPUTS[name]}, networks of finite width differ from the NTK's mean on those"
            f" {SETS[data]} by what order 1/width says.",
            "share of the squared distance that the correction takes away, largest width", REPLICATES, find, (MOST, INF),
            control=partial(find, factor=2.0), control_is="the correction times two",
        )  # fmt: skip


def _invariant() -> Iterator[Claim]:
    for name in ON_ORBITS:
        find = partial(largest_spread, setup=name)
        yield Claim(
            f"X-augmentation-finite-width-{name}", "feynman", "talk, both halves together",
            f"Trained on full orbits of {INPUTS[name]}, the mean prediction at order 1/width is invariant at every time, off"
            " the training data too.",
            "spread of the coefficient of 1/width over orbits / its size, largest over times", SPREADS,
            partial(find, trained="augmented"), (-INF, INVARIANT), CHECK, partial(find, trained="plain"),
            "without augmentation",
        )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_over_theory(), *_sources(), *_explained(), *_invariant())
