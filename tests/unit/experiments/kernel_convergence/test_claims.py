"""Claims about kernels of finite networks on made-up tables: supported where true, contradicted where not."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.kernel_convergence.claims import CLAIMS, PUBLISHED, PUBLISHED_IMAGES, PUBLISHED_NETWORK, TABLE

BY_ID = {claim.id: claim for claim in CLAIMS}


def made_up(*, exponent=-0.5, z=1.0, shift=0.0, data=PUBLISHED_IMAGES, network=PUBLISHED_NETWORK):
    """Deviations that fall with the width, entries that are unbiased, and the printed analytic kernels."""
    rows = []
    for kernel in ("ntk", "nngp"):
        for width in (1.0, 2.0, 4.0, 8.0, 16.0):
            value = width**exponent
            for quantity, number in (("draw_deviation", value), ("z_score", z)):
                rows.append(
                    {"kernel": kernel, "width": width, "quantity": quantity, "value": number, "stderr": 0.03 * value}
                )
    for kernel, printed in PUBLISHED.items():
        for (image, image2), value in zip(((0, 0), (0, 1), (1, 1)), printed, strict=True):
            rows.append(
                {
                    "kernel": kernel, "width": np.inf, "quantity": "entry", "value": value + shift, "image": image,
                    "image2": image2,
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows).assign(data=data, network=network)
    frame.attrs["provenance"] = {"stand_in": False}
    return {TABLE: frame}


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true(identifier):
    finding = check(BY_ID[identifier], made_up())
    assert finding.verdict == SUPPORTED
    assert finding.ci_low <= finding.value <= finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("slope-ntk", {"exponent": -0.1}),
        ("mean-nngp", {"z": 6.0}),
        ("published-nngp", {"shift": 1e-6}),
        ("published-ntk-from-input", {"shift": -2e-3}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(identifier, change):
    assert check(BY_ID[f"E2-kernel-convergence-{identifier}"], made_up(**change)).verdict == CONTRADICTED


@pytest.mark.parametrize("change", [{"data": "2 normal images 8x8x3, key 0x1"}, {"network": "conv 3 SAME, pool"}])
def test_printed_kernels_say_nothing_about_other_images_or_networks(change):
    assert check(BY_ID["E2-kernel-convergence-published-nngp"], made_up(**change)).verdict == UNDECIDED
