"""Claims about molecules on made-up tables: supported where true, not where false."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.molecules.claims import CLAIMS, ERRORS, HAAR, TURNED

BY_ID = {claim.id: claim for claim in CLAIMS}
SIZES, REPEATS, MOLECULES = (10, 100, 300), 4, 40
LEVELS = {"mlp": 6000.0, "residual": 6400.0, "rotated": 4000.0, "so3": 3000.0}


def made_up(levels=LEVELS, rise=-900.0, noise=30.0, spreads=(0.2, 0.02), haar=1e-10) -> dict[str, pd.DataFrame]:
    """Errors that scatter over draws, spreads over molecules."""
    rng = np.random.default_rng(2)
    errors, turned = [], []
    for kernel, (model, level) in itertools.product(("ntk", "nngp"), levels.items()):
        for repeat, (place, size) in itertools.product(range(REPEATS), enumerate(SIZES)):
            place_of = {"model": model, "kernel": kernel, "training_molecules": size, "repeat": repeat}
            values = {
                "mae": level + rise * place + noise * rng.normal(),
                "mae_shifted": 9000 + noise * rng.normal(),
            }
            errors += [{**place_of, "quantity": q, "value": value} for q, value in values.items()]
        for bandlimit, molecule in itertools.product((4, 8), range(MOLECULES)):
            spread = (spreads[bandlimit == 8] if model == "so3" else 1.5) * rng.uniform(0.5, 1.5)
            of_both = {"rotation_spread": spread, "molecule_spread": rng.normal()}
            common = {"model": model, "kernel": kernel, "bandlimit": bandlimit, "molecule": molecule}
            turned += [{**common, "quantity": q, "value": value} for q, value in of_both.items()]
    average = [
        {"kernel": kernel, "compared": compared, "value": value, "stderr": 1e-10}
        for kernel, (compared, value) in itertools.product(
            ("ntk", "nngp"), (("average", haar), ("unturned", 0.5), ("tolerance", haar))
        )
    ]
    tables = {ERRORS: pd.DataFrame(errors), TURNED: pd.DataFrame(turned), HAAR: pd.DataFrame(average)}
    for table in tables.values():
        table.attrs["provenance"] = {"stand_in": False}
    return tables


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(identifier):
    finding = check(BY_ID[identifier], made_up())
    assert finding.verdict == SUPPORTED and finding.control_verdict != SUPPORTED
    assert finding.ci_low < finding.value < finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change", "verdict"),
    [
        ("E2-qm9-below-mlp-ntk", {"levels": LEVELS | {"so3": 7000.0}}, CONTRADICTED),
        ("E2-qm9-below-mlp-ntk", {"levels": LEVELS | {"so3": 6000.0}}, UNDECIDED),
        ("E2-qm9-below-rotated-nngp", {"levels": LEVELS | {"so3": 5000.0}}, CONTRADICTED),
        ("E2-qm9-falls-so3-ntk", {"rise": 900.0}, CONTRADICTED),
        ("E2-qm9-falls-mlp-ntk", {"noise": 3000.0}, UNDECIDED),
        ("E2-qm9-rotated-ntk", {"levels": LEVELS | {"rotated": 7000.0}}, CONTRADICTED),
        ("E2-qm9-ratio-ntk", {"levels": LEVELS | {"so3": 6000.0}}, CONTRADICTED),
        ("E2-qm9-invariance-ntk", {"spreads": (0.5, 0.3)}, CONTRADICTED),
        ("E2-qm9-invariance-falls-nngp", {"spreads": (0.02, 0.06)}, CONTRADICTED),
        ("E2-qm9-haar-ntk", {"haar": 1e-3}, CONTRADICTED),
    ],
)
def test_claims_that_are_false_are_not_supported(identifier, change, verdict):
    assert check(BY_ID[identifier], made_up(**change)).verdict == verdict
