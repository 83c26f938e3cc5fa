"""Claims about Ising lattices on ensembles of known truth: supported where they are true, and not where they are false."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, EVIDENCE, SUPPORTED, UNDECIDED, check
from ntklab.experiments.ising.claims import ALL_SETS, CLAIMS, LIMITS, MOMENTS
from ntklab.metrics.ensemble_moments import ensemble_moments, limit_moments, mean_moments

BY_ID = {claim.id: claim for claim in CLAIMS}
STEPS = (0, 10, 100)
WIDTHS = {64.0: 0.4, 256.0: 0.04}
"""Distance of the infinite ensemble's mean from the NTK mean."""
MEMBERS, GROUPS = 800, 20


@pytest.fixture
def tables(rng, members, tabulated):
    """Tables of one run; `left` of the control's mean, `own` of the augmented ensembles', is not invariant."""

    def made_up(
        *, own=0.0, left=1.0, noise=0.5, theory=0.5, initial=0.0, widths=WIDTHS, limit=1e-15, rate=1.0
    ) -> dict[str, pd.DataFrame]:
        learned = np.array([initial, 0.7, 1.0])[:, None, None]
        made = []
        for data in ALL_SETS:
            target, turned = rng.normal(size=(1, 12, 1)), rng.normal(size=(1, 12, 4))
            for augmentation, fraction in (("c4", own), ("c1", left)):
                truth = learned * (target + fraction * turned)
                for width, distance in widths.items() if augmentation == "c4" else {64.0: 0.4}.items():
                    mean = truth + distance * (learned - initial) * np.ones_like(truth)
                    settings = {"data": data, "group": "c4", "augmentation": augmentation, "width": width}
                    settings |= {"depth": 3, "trained": MEMBERS // 2}
                    drawn = members(rng, mean, MEMBERS, noise)
                    made.append((settings, ensemble_moments(drawn, truth, (10, 20, 40, 100), GROUPS)))
                    covariance = np.broadcast_to(theory**2 * np.eye(4), (len(STEPS), 12, 4, 4))
                    made.append((settings, limit_moments(truth, covariance, GROUPS)))
                    if data == "training":
                        change = width**-rate * learned[:, 0, 0] * (1 + 0.1 * rng.normal(size=(MEMBERS, len(STEPS))))
                        made.append((settings, mean_moments("kernel_change", change, GROUPS)))
        invariance = pd.DataFrame(
            dict(augmentation=a, group="c4", width=np.inf, members=np.inf, step=10, quantity="rsd_pooled", value=value)
            for a, value in (("c4", limit), ("c1", 0.8))
        )
        invariance.attrs["provenance"] = {"stand_in": False}
        return {MOMENTS: tabulated(made, STEPS), LIMITS: invariance}

    return made_up


def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(tables):
    run = tables()
    for claim in CLAIMS:
        finding = check(claim, run)
        assert finding.verdict == SUPPORTED, (claim.id, finding)
        assert finding.ci_low <= finding.value <= finding.ci_high
        assert finding.control_verdict in (UNDECIDED, CONTRADICTED)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("floor-in_distribution", {"own": 0.5}),
        ("floor-bound-diluted_spins", {"own": 0.5}),
        ("ood-gaussian_spins", None),
        ("control-in_distribution", {"left": 0.0}),
        ("members-vary-in_distribution", {"noise": 0.05}),
        ("rsd-50-in_distribution", {"own": 0.5}),
        ("rsd-1000-in_distribution", {"own": 0.5}),
        ("rsd-50-theory-in_distribution", {"theory": 1.0}),
        ("rsd-1000-theory-gaussian_spins", {"theory": 0.2}),
        ("ntk-constant", {"rate": 0.2}),
        ("ensemble-below-members-gaussian_spins", {"own": 0.5}),
        ("initial-mean-gaussian_spins", {"initial": 0.5}),
        ("ntk-distance-falls-training", {"widths": {64.0: 0.04, 256.0: 0.4}}),
        ("ntk-distance-in_distribution", {"widths": {64.0: 0.4, 256.0: 0.4}}),
        ("ntk-invariant", {"limit": 1e-9}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(tables, kind, change):
    run = tables(**(change or {}))
    if change is None:  # far less invariant off than in distribution
        table = run[MOMENTS]
        off = (table.data == "gaussian_spins") & (table.quantity == "squared_spread")
        table.loc[off, "value"] *= 16
    assert check(BY_ID[f"E1-ising-{kind}"], run).verdict == CONTRADICTED


def test_members_that_share_their_errors_break_the_law(tables, rng):
    """The law is an identity of independent members: blocks that vary more than they may are noticed."""
    run = tables()
    table = run[MOMENTS]
    blocks = (table.quantity == "squared_spread") & np.isfinite(table.members) & (table.members > 1)
    table.loc[blocks, "value"] *= table.members[blocks] ** 0.5
    for kind in ("members-law", "members-law-all-times"):
        assert check(BY_ID[f"E1-ising-{kind}-in_distribution"], run).verdict == CONTRADICTED


def test_the_effect_of_the_control_is_not_supported_when_augmentation_does_nothing(tables):
    """Where augmented networks are as variant as others, no evidence of invariance passes."""
    run = tables(own=1.0)
    invariance = [claim for claim in CLAIMS if claim.kind == EVIDENCE and ("floor" in claim.id or "rsd" in claim.id)]
    invariance = [claim for claim in invariance if "theory" not in claim.id]
    assert len(invariance) == 16
    assert {check(claim, run).verdict for claim in invariance} == {CONTRADICTED}


def test_claims_on_stand_in_data_are_undecided(tables):
    run = tables()
    for table in run.values():
        table.attrs["provenance"] = {"stand_in": True}
    found = {check(claim, run) for claim in CLAIMS}
    assert {(finding.verdict, finding.reason) for finding in found} == {(UNDECIDED, "stand-in data")}
