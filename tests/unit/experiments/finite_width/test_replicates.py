"""The table of replicates is that of batches left out, and claims' intervals cover what the batches scatter around."""

import numpy as np
import pytest

from ntklab.experiments.finite_width import estimates, exponents
from ntklab.experiments.finite_width.replicates import replicate_rows
from ntklab.experiments.finite_width.setups import SETUPS


def test_replicates_are_means_over_the_other_groups(rng):
    batches = rng.normal(size=(40, 4, 1))
    known = dict.fromkeys(("K", "K1", "Theta", "Theta1"), np.zeros((4, 1)))
    rows = list(replicate_rows(SETUPS["gelu"], {"K": ["00"]}, {6: {"K": batches}}, known))
    values = {row["replicate"]: row["value"] for row in rows}
    assert {row["layer"] for row in rows} == {4} and len(values) == 21
    assert values[0] == pytest.approx(batches[:, 3].mean())
    assert values[1] == pytest.approx(batches[2:, 3].mean()) and values[20] == pytest.approx(batches[:38, 3].mean())
    assert rows[0]["stderr"] == pytest.approx(batches[:, 3].std(ddof=1) / np.sqrt(40))


@pytest.mark.parametrize("factor", [1.0, 0.0])
def test_intervals_of_ratios_cover(replicates, factor):
    """The whole fit in 1/n, under agreement and without any correction."""
    covered = []
    for _ in range(150):
        table = replicates("gelu", "K", ["00"], lambda n, _: 1 + 2 * factor / n, (1.0, 2.0), noise=0.05)
        found = estimates.correction_over_theory(table, "gelu", "K", "00")
        assert found.ci95[0] < found.ci95[1]
        covered.append(found.ci95[0] <= factor <= found.ci95[1])
    assert 0.90 < np.mean(covered) < 0.98


def test_intervals_of_exponents_cover(replicates):
    covered = []
    for _ in range(150):
        table = replicates("relu_depth", "A", ["0101"], lambda _, n: n**3.0, (0.0, 1.0), (200,), 30, noise=0.3)
        found = exponents.networks_exponent(table, "A", "0101")
        covered.append(found.ci95[0] <= 3 <= found.ci95[1])
        assert not found.reason
    assert 0.90 < np.mean(covered) < 0.98
