"""Claims about trained networks on made-up tables: supported where true, not where false."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, check
from ntklab.experiments.training.claims import CLAIMS, REPLICATES, SPREADS
from ntklab.experiments.training.estimates import SOURCES
from ntklab.experiments.training.setups import SETUPS

BY_ID = {claim.id: claim for claim in CLAIMS}
WIDTHS, BATCHES, POINTS, TIMES = (16.0, 32.0, 64.0, 128.0), 12, 3, (0.0, 1.0, 3.0, 10.0)
PARTS = {"Theta1": 0.6, "AB": -1.0, "PQ": 0.8, "ddNTK": 0.9}


def shapes(parts) -> dict[str, np.ndarray]:
    """Each source (point, time), with a form of its own."""
    rng = np.random.default_rng(5)
    times, signs = np.array(TIMES), (-1) ** np.arange(POINTS)[:, None]
    return {
        source: parts[source] * (0.5 + rng.random((POINTS, 1))) * np.sin((k + 1) * times / 10) * signs
        for k, source in enumerate(SOURCES)
    }


def made_up(parts=PARTS, factor=1.0, second=1.0, noise=0.1, spread=1e-14, widths=WIDTHS) -> dict[str, pd.DataFrame]:
    """Networks whose coefficient of 1/n has these parts; the theory is that of PARTS."""
    theory, truth = shapes(PARTS), sum(shapes(parts).values()) * factor
    rng = np.random.default_rng(3)
    rows = []
    for setup, width in itertools.product(SETUPS, widths):
        batches = (
            truth + second * truth / width + noise * rng.normal(size=(BATCHES, *truth.shape)) * (np.array(TIMES) > 0)
        )
        means = [batches.mean(axis=0), *(np.delete(batches, k, axis=0).mean(axis=0) for k in range(BATCHES))]
        stderr = batches.std(axis=0, ddof=1) / np.sqrt(BATCHES)
        for data, quantity in itertools.product(("training", "test"), ("sampled", "sampled_drift")):
            rows += [
                {
                    "setup": setup, "data": data, "point": point, "time": TIMES[k], "width": width, "replicate": replicate,
                    "quantity": quantity, "value": mean[point, k], "stderr": stderr[point, k],
                    "theory": sum(theory.values())[point, k], **{s: theory[s][point, k] for s in SOURCES},
                }
                for replicate, mean in enumerate(means) for point, k in np.ndindex(truth.shape)
            ]  # fmt: skip
    spreads = [
        {
            "setup": setup, "trained": trained, "quantity": quantity, "data": "test", "time": time, "value": value,
            "stderr": 1e-15,
        }
        for setup, (trained, value), quantity, time in itertools.product(
            SETUPS, (("augmented", spread), ("plain", 0.7)), ("limit", "correction"), TIMES
        )
    ]  # fmt: skip
    tables = {REPLICATES: pd.DataFrame(rows), SPREADS: pd.DataFrame(spreads)}
    for table in tables.values():
        table.attrs["provenance"] = {"stand_in": False}
    return tables


@pytest.fixture(scope="module")
def true():
    return made_up()


@pytest.mark.parametrize("identifier", sorted(BY_ID))
def test_every_claim_is_supported_where_it_is_true_and_not_by_its_control(identifier, true):
    finding = check(BY_ID[identifier], true)
    assert finding.verdict == SUPPORTED and finding.control_verdict != SUPPORTED
    assert finding.ci_low < finding.value < finding.ci_high


@pytest.mark.parametrize(
    ("identifier", "change", "verdict"),
    [
        ("X-training-mean-gelu_3", {"factor": 2.0}, CONTRADICTED),
        ("X-training-mean-gelu_3", {"factor": 1.25}, UNDECIDED),
        ("X-training-mean-tanh_4", {"noise": 20.0}, UNDECIDED),
        ("X-training-drift-tanh_3", {"factor": -1.0}, CONTRADICTED),
        ("X-training-mean-tanh_3", {"widths": WIDTHS[:2]}, UNDECIDED),
        ("X-training-PQ-tanh_3", {"parts": PARTS | {"PQ": 0.0}}, CONTRADICTED),
        ("X-training-ddNTK-gelu_4", {"parts": PARTS | {"ddNTK": 1.8}}, CONTRADICTED),
        ("X-training-Theta1-gelu_4", {"noise": 3.0}, UNDECIDED),
        ("X-training-explained-ising-test", {"factor": -1.0}, CONTRADICTED),
        ("X-training-explained-digits-training", {"factor": 2.0}, UNDECIDED),
        ("X-augmentation-finite-width-ising", {"spread": 0.1}, CONTRADICTED),
    ],
)  # fmt: skip
def test_claims_are_not_supported_where_they_are_false(identifier, change, verdict):
    assert check(BY_ID[identifier], made_up(**change)).verdict == verdict


def test_what_is_explained_does_not_grow_with_noise():
    finding = check(BY_ID["X-training-explained-ising-test"], made_up(second=0.0, noise=0.5))
    assert finding.ci_low < 1 < finding.ci_high
