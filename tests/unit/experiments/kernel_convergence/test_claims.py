"""Claims about kernels of finite networks on made-up tables: supported where true, not where false."""

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.kernel_convergence.claims import (
    CLAIMS,
    GROUP,
    PUBLISHED,
    PUBLISHED_IMAGES,
    PUBLISHED_NETWORK,
    SO3,
    TABLE,
    TWICE,
)
from ntklab.experiments.kernel_convergence.measure_kernel_convergence import CONTROL
from ntklab.metrics.kernel_convergence import replicated_deviation, replicated_ratios

BY_ID = {claim.id: claim for claim in CLAIMS}
WIDTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
EXACT = np.array([[2.0, 1.9], [1.9, 2.1]])


def drawn(rng, width, draws, exponent, bias):
    """Positive kernels whose scale fluctuates (skewed) and whose entries do a little, relative size width^exponent / 2."""
    size = width**exponent / 2
    scale = np.exp(size * rng.normal(size=(draws, 1, 1)) - size**2 / 2)
    return (1 + bias) * EXACT * scale * (1 + 0.1 * size * rng.normal(size=(draws, 2, 2)))


def replicates(*, exponent=-0.5, bias=0.0, draws=300, seed=7, widths=WIDTHS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for kernel in ("ntk", "nngp"):
        for width in widths:
            some = drawn(rng, width, draws, exponent, bias)
            place = {"kernel": kernel, "width": width}
            for theory in (1.0, TWICE):
                for replicate, value in enumerate(replicated_deviation(some, theory * EXACT)):
                    rows.append({
                        **place, "quantity": "draw_deviation", "theory": theory, "replicate": replicate, "value": value,
                        "image": -1, "image2": -1,
                    })  # fmt: skip
            for replicate, ratios in enumerate(replicated_ratios(some, EXACT)):
                for image, image2 in ((0, 0), (0, 1), (1, 1)):
                    rows.append({
                        **place, "quantity": "ratio", "theory": 1.0, "replicate": replicate,
                        "value": ratios[image, image2], "image": image, "image2": image2,
                    })  # fmt: skip
    return pd.DataFrame(rows)


def printed(
    *, shift=0.0, from_zero=-2e-3, data=PUBLISHED_IMAGES, network=PUBLISHED_NETWORK, group="c4"
) -> pd.DataFrame:
    entries = {**PUBLISHED, "ntk": np.array(PUBLISHED["ntk_from_input"]) + from_zero}
    rows = [
        {"kernel": kernel, "image": image, "image2": image2, "value": value + shift * (kernel != "ntk")}
        for kernel, values in entries.items()
        for (image, image2), value in zip(((0, 0), (0, 1), (1, 1)), values, strict=True)
    ]
    return pd.DataFrame(rows).assign(width=np.inf, quantity="entry", data=data, network=network, group=group)


def made_up(**change) -> dict[str, pd.DataFrame]:
    of_printed = {
        name: change.pop(name) for name in ("shift", "from_zero", "data", "network", "group") if name in change
    }
    drawn_at_random = replicates(**change)
    found = {TABLE: printed(**of_printed), GROUP.replicates: drawn_at_random, SO3.replicates: drawn_at_random.copy()}
    for frame in found.values():
        frame.attrs["provenance"] = {"stand_in": False}
    return found


TRUE = made_up()


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(identifier):
    finding = check(BY_ID[identifier], TRUE)
    assert finding.verdict == SUPPORTED and finding.control_verdict in (CONTRADICTED, UNDECIDED)
    assert finding.ci_low < finding.value < finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change"),
    [
        ("kernel-convergence-slope-ntk", {"exponent": -0.1}),
        ("kernel-convergence-slope-nngp", {"exponent": -1.0}),
        ("kernel-convergence-mean-nngp", {"bias": 0.6}),
        ("kernel-convergence-mean-widest-ntk", {"bias": 0.25}),
        ("kernel-convergence-published-nngp", {"shift": 1e-6}),
        ("kernel-convergence-published-ntk-from-input", {"shift": -2e-3}),
        ("so3-convergence-slope-ntk", {"exponent": -0.1}),
        ("so3-convergence-mean-widest-nngp", {"bias": 0.25}),
    ],
)
def test_every_kind_of_claim_is_contradicted_where_it_is_false(identifier, change):
    assert check(BY_ID[f"E2-{identifier}"], made_up(**change)).verdict == CONTRADICTED


def test_the_claim_on_the_mean_says_which_change_of_the_kernel_it_notices():
    finding = check(BY_ID["E2-kernel-convergence-mean-widest-ntk"], TRUE)
    assert finding.resolves == max(abs(finding.ci_low - 1), abs(finding.ci_high - 1)) < 0.1


def test_a_convention_that_makes_no_difference_takes_the_power_from_the_printed_kernel():
    finding = check(BY_ID["E2-kernel-convergence-published-ntk-from-input"], made_up(from_zero=0.0))
    assert finding.verdict == UNDECIDED and finding.reason == "control passes too"


@pytest.mark.parametrize(
    "change", [{"data": "2 normal images 8x8x3, key 0x1"}, {"network": "conv 3 SAME, pool"}, {"group": "d4"}]
)
def test_printed_kernels_say_nothing_about_other_images_networks_or_groups(change):
    assert check(BY_ID["E2-kernel-convergence-published-nngp"], made_up(**change)).verdict == UNDECIDED


def test_a_claim_about_one_kind_of_networks_does_not_look_at_the_other():
    tables = {**made_up(exponent=-1.0), SO3.replicates: TRUE[SO3.replicates]}
    assert check(BY_ID["E2-so3-convergence-slope-ntk"], tables).verdict == SUPPORTED
    assert check(BY_ID["E2-kernel-convergence-slope-ntk"], tables).verdict == CONTRADICTED


def test_the_control_is_the_kernel_that_the_step_measures():
    assert TWICE == CONTROL
