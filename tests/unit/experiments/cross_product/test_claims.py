"""Claims about the cross product on made-up tables: supported where they are true, contradicted where they are not."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, check
from ntklab.experiments.cross_product.claims import CLAIMS, ROTATION_GROUPS

TABLE = "ensembles/cross_product_equivariance"
BY_ID = {claim.id: claim for claim in CLAIMS}


def made_up(*, own=1e-15, own_floor=0.0, exponent=-0.5, order=-1.0, control=0.5) -> pd.DataFrame:
    """Spreads of members fall as the square root of their number; what is left falls with the order of the group."""
    rows = []

    def add(data, augmentation, group, width, members, step, quantity, value, stderr):
        rows.append(
            dict(data=data, augmentation=augmentation, group=group, width=width, members=members, step=step,
                 quantity=quantity, value=value, stderr=stderr)
        )  # fmt: skip

    sets = {"none": 1, **ROTATION_GROUPS}
    for data, (name, size), step in itertools.product(("on_manifold", "off_manifold"), sets.items(), (0, 10, 100)):
        left = control if name == "none" else 0.2 * size**order
        add(data, name, "haar", np.inf, np.inf, step, "spread", left, 0.0)
        add(data, name, "haar", 64.0, 20.0, step, "floor", left**2, 1e-6)
        add(data, name, name, np.inf, np.inf, step, "rsd_pooled", own, 0.0)
        add(data, name, name, 64.0, 20.0, step, "floor", own_floor, 1e-6)
        for members, group in itertools.product((1.0, 5.0, 10.0, 20.0), ("haar", name)):
            value = 0.3 * members**exponent
            add(data, name, group, 64.0, members, step, "spread", value, 0.01 * value)
            add(data, name, group, 64.0, members, step, "rsd_pooled", value, 0.01 * value)
    frame = pd.DataFrame(rows)
    frame.attrs["provenance"] = {"stand_in": False}
    return frame


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true(identifier):
    finding = check(BY_ID[identifier], {TABLE: made_up()})
    assert finding.verdict == SUPPORTED
    assert finding.ci_low <= finding.value <= finding.ci_high


@pytest.mark.parametrize("data", ["on-manifold", "off-manifold"])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ntk-equivariant", {"own": 1e-3}),
        ("floor", {"own_floor": 1e-3}),
        ("members-law", {"exponent": -0.1}),
        ("ensemble", {"exponent": -0.1}),
        ("order", {"order": 0.2}),
        ("order-ntk", {"order": 0.2}),
        ("not-augmented", {"control": 1e-4}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(name, data, change):
    assert check(BY_ID[f"E1-cross-product-{name}-{data}"], {TABLE: made_up(**change)}).verdict == CONTRADICTED
