"""Claims about the cross product on ensembles of known truth: supported where they are true, and not where they are false."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CHECK, CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.cross_product.claims import CLAIMS, LIMITS, MOMENTS, ROTATION_GROUPS
from ntklab.experiments.cross_product.tables import HALVES
from ntklab.metrics.ensemble_moments import Moment, ensemble_moments, limit_moments, moments_of
from ntklab.metrics.spread import orbit_deviation

BY_ID = {claim.id: claim for claim in CLAIMS}
STEPS = (0, 10, 100)
ORDERS = {"none": 1, **ROTATION_GROUPS}
PAIRS, NOISE, ENTRIES, ELEMENTS = 100, 0.5, 12, 4
GROUPS = 20


@pytest.fixture
def tables(rng, members, tabulated):
    """Tables of one run: what is `left` on all rotations falls with the group's order, `own` on the group's own."""

    def made_up(*, left=None, own=0.0, bound=2.0, wide=NOISE, limit=1e-15, initial=0.0) -> dict[str, pd.DataFrame]:
        left = left or {name: 0.8 / order for name, order in ORDERS.items()}
        made, exact = [], []
        for data, (name, order) in itertools.product(("on_manifold", "off_manifold"), ORDERS.items()):
            learned = np.array([initial, 0.5, 1.0])[:, None, None]
            target = rng.normal(size=(1, ENTRIES, 1))
            variant = orbit_deviation(rng.normal(size=(1, ENTRIES, ELEMENTS)))
            variant /= np.sqrt(np.square(variant).mean())
            covariance = np.broadcast_to(wide**2 * np.eye(ELEMENTS), (len(STEPS), ENTRIES, ELEMENTS, ELEMENTS))
            for group, fraction in (("haar", left[name]), (name, own if order > 1 else 0.0)):
                truth = learned * (target + fraction * variant)
                drawn = members(rng, truth, 2 * PAIRS, NOISE, shared=0.02)
                settings = {"data": data, "group": group, "augmentation": name, "width": 64.0}
                settings |= {"depth": 2, "trained": PAIRS}
                moments = [*ensemble_moments(drawn, truth, (5, 10, 20), GROUPS)]
                moments += limit_moments(truth, covariance, GROUPS)
                largest = [wide**2 / ELEMENTS] * len(STEPS)
                moments += exactly("limit_largest_direction", 1.0, largest)
                if group == "haar":
                    flat = orbit_deviation(drawn).reshape(*drawn.shape[:2], -1)
                    for quantity, half in zip(HALVES, np.split(flat, 2), strict=True):
                        moments += moments_of(quantity, half)
                    for factor, quantity in ((1, "kernel_bound"), (2, "lipschitz_bound")):
                        moments += exactly(quantity, np.inf, np.square(factor * bound * learned * 0.8 / order).ravel())
                made.append((settings, moments))
                relative = limit if group == name and order > 1 else 0.5
                where = {"data": data, "augmentation": name, "group": group, "width": np.inf, "members": np.inf}
                for quantity, value in (("rsd_pooled", relative), ("spread", fraction)):
                    exact.append({**where, "step": 100, "quantity": quantity, "value": value})
        equivariance = pd.DataFrame(exact)
        equivariance.attrs["provenance"] = {"stand_in": False}
        return {MOMENTS: tabulated(made, STEPS), LIMITS: equivariance}

    return made_up


def exactly(quantity, members, values):
    """A number of the limit, the same for all replicates."""
    return [Moment(quantity, members, t, r, float(v)) for t, v in enumerate(values) for r in range(GROUPS + 1)]


def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(tables):
    run = tables()
    for claim in CLAIMS:
        finding = check(claim, run)
        assert finding.verdict == SUPPORTED, (claim.id, finding)
        assert finding.ci_low <= finding.value <= finding.ci_high
        assert finding.control_verdict in (UNDECIDED, CONTRADICTED) or claim.kind == CHECK


BACKWARDS = {"none": 0.01, "tetrahedral": 0.02, "octahedral": 0.1, "icosahedral": 0.4}


@pytest.mark.parametrize("data", ["on-manifold", "off-manifold"])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ntk-equivariant", {"limit": 1e-3}),
        ("floor", {"own": 0.4}),
        ("floor-initial", {"own": 0.4, "initial": 1.0}),
        ("ensemble", {"left": dict.fromkeys(ORDERS, 3.0)}),
        ("order", {"left": BACKWARDS}),
        ("order-ntk", {"left": BACKWARDS}),
        ("not-augmented", {"left": BACKWARDS}),
        ("members-bound", {"wide": 0.1}),
        ("subgroup-bound", {"bound": 0.2}),
        ("subgroup-bound-lipschitz", {"bound": 0.1}),
        ("subgroup-bound-ntk", {"bound": 0.25}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(tables, name, change, data):
    assert check(BY_ID[f"E1-cross-product-{name}-{data}"], tables(**change)).verdict == CONTRADICTED


@pytest.mark.parametrize("name", ["order", "order-ntk", "not-augmented"])
def test_no_order_is_seen_where_all_groups_leave_the_same(tables, name):
    found = check(BY_ID[f"E1-cross-product-{name}-on-manifold"], tables(left=dict.fromkeys(ORDERS, 0.1)))
    assert found.verdict == UNDECIDED


def test_ensembles_that_stay_as_far_from_equivariance_as_their_members_break_their_bound(tables):
    """Members vary as infinitely wide ones do, but what they share is not equivariant."""
    assert check(BY_ID["E1-cross-product-members-bound-on-manifold"], tables(own=0.5)).verdict == CONTRADICTED


def test_a_bound_too_wide_to_tell_augmentation_from_none_decides_nothing(tables):
    found = check(BY_ID["E1-cross-product-subgroup-bound-on-manifold"], tables(bound=200.0))
    assert (found.verdict, found.reason) == (UNDECIDED, "control passes too")


def test_members_that_share_their_errors_break_the_law(tables):
    run = tables()
    table = run[MOMENTS]
    blocks = (table.quantity == "squared_spread") & np.isfinite(table.members) & (table.members > 1)
    table.loc[blocks, "value"] *= table.members[blocks] ** 0.8
    assert check(BY_ID["E1-cross-product-members-law-on-manifold"], run).verdict == CONTRADICTED


def test_without_an_ensemble_that_is_not_augmented_what_compares_with_it_says_so(tables):
    run = tables()
    table = run[MOMENTS][run[MOMENTS].augmentation != "none"].copy()
    table.attrs = run[MOMENTS].attrs
    found = check(BY_ID["E1-cross-product-not-augmented-on-manifold"], {MOMENTS: table})
    assert (found.verdict, found.reason) == (UNDECIDED, "no ensemble without augmentation in this run")
