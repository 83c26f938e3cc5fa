"""All identities hold for every group of the square, and their controls do not."""

import numpy as np
import pytest

from ntklab.experiments.kernel_identity.identities import STATEMENTS, identity_errors
from ntklab.experiments.kernel_identity.measure_identities import measure_identities
from ntklab.experiments.kernel_identity.tables import IDENTITY_ERROR
from ntklab.groups import REGISTRY, group
from ntklab.network import Network
from ntklab.pipeline.table_files import read_table

pytestmark = pytest.mark.usefixtures("unoptimised")


@pytest.mark.parametrize("name", [name for name in REGISTRY if name != "c1"])
def test_every_identity_holds_and_needs_its_condition(name, rng):
    networks = Network((3,), padding="CIRCULAR", bias_variance=0.1), Network(dense=1, weight_variance=2.0)
    x_train, x_test, targets = rng.normal(size=(3, 5, 5, 2)), rng.normal(size=(2, 5, 5, 2)), rng.normal(size=(3, 2))
    rows = [row for of in networks for row in identity_errors(group(name), of, x_train, x_test, targets)]
    assert {row.identity for row in rows} == set(STATEMENTS) and {row.group for row in rows} == {name}
    for row in rows:
        assert (row.error > 1e-2) if row.control else (row.error < 1e-12), row


def test_the_table_has_rows_of_every_group_and_network(tmp_path):
    path = tmp_path / "table.parquet"
    measure_identities(
        experiment="kernel_identity", architectures=1, groups=["d1", "c2"], image_size=5, seed=2, output=path
    )
    table = read_table(path, IDENTITY_ERROR)
    sizes = table.groupby("group").size()
    assert set(sizes.index) == {"d1", "c2"} and sizes["d1"] == sizes["c2"]
    assert np.all(table[~table.control & (table.precision == "float64") & table.snap].value < 1e-12)
