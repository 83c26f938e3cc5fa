"""The bounds and halves of a tiny run: bounds lie above what they bound, rows are those of the arrays."""

import numpy as np
import pytest

from ntklab.experiments.cross_product.measure_equivariance import measure_equivariance
from ntklab.experiments.cross_product.predict_equivariant_mean import predict_equivariant_mean
from ntklab.experiments.cross_product.sample_cross_product import sample_cross_product
from ntklab.experiments.cross_product.tables import EQUIVARIANCE_MOMENTS, HALVES
from ntklab.experiments.cross_product.train_equivariant_shard import train_equivariant_shard
from ntklab.files import Arrays
from ntklab.metrics.ensemble_moments import second_moments
from ntklab.metrics.spread import orbit_deviation
from ntklab.pipeline.table_files import read_table

STEPS = [0, 1, 20]
SETS = ["none", "random8", "tetrahedral"]
BOUNDS = ("kernel_bound", "lipschitz_bound")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Limits by set of rotations, shards of 14 members each, and the table of moments."""
    folder = tmp_path_factory.mktemp("run")
    data, table = folder / "data.npz", folder / "moments.parquet"
    limits, shards = ({name: folder / f"{kind}-{name}.npz" for name in SETS} for kind in ("limit", "shard"))
    sample_cross_product(training_pairs=4, test_pairs=3, haar=6, augmentations=SETS, seed=3, output=data)
    for name in SETS:
        network = {"data": data, "augmentation": name, "depth": 2, "recorded_steps": STEPS}
        predict_equivariant_mean(**network, factor=0.1, output=limits[name])
        train_equivariant_shard(
            **network, limit=limits[name], experiment="cross_product", width=32, first=0, last=13, seed=3,
            precision="float32", device="cpu", members_per_chunk=1, output=shards[name],
        )  # fmt: skip
    measure_equivariance(
        data=data, limits=list(limits.values()), predictions=list(shards.values()), sizes=[1, 2],
        experiment="cross_product", output=folder / "a.parquet", output_moments=table,
        output_rotations=folder / "b.parquet",
    )  # fmt: skip
    return {name: Arrays(path) for name, path in limits.items()}, {n: Arrays(p) for n, p in shards.items()}, table


@pytest.mark.parametrize("data", ["on_manifold", "off_manifold"])
@pytest.mark.parametrize("name", ["none", "tetrahedral"])
def test_the_mean_is_nearer_to_equivariance_than_its_bounds(run, name, data):
    limits, _, _ = run
    mean = limits[name][f"{data}/haar/mean"]
    change = (mean - mean[..., :1]).reshape(len(STEPS), -1, 3, mean.shape[-1])  # the identity is the first rotation
    violation = np.linalg.norm(change, axis=2)
    assert violation.max() > 1e-3
    for bound in BOUNDS:
        assert (violation <= limits[name][f"{data}/haar/{bound}"] + 1e-12).all()


def test_random_rotations_are_no_group_and_have_no_subgroup_bound(run):
    limits, _, table = run
    rows = read_table(table, EQUIVARIANCE_MOMENTS)
    assert not any(name.endswith(BOUNDS) for name in limits["random8"])
    assert set(rows[rows.quantity.isin(BOUNDS)].augmentation) == {"none", "tetrahedral"}
    assert set(rows[rows.quantity == "limit_largest_direction"].augmentation) == set(SETS)


def test_bounds_in_the_table_are_above_the_exact_spread_at_every_replicate(run):
    rows = (
        read_table(run[2], EQUIVARIANCE_MOMENTS)
        .set_index(["data", "group", "augmentation", "step", "replicate"])
        .sort_index()
    )
    exact = rows[(rows.quantity == "limit_squared_spread") & np.isinf(rows.members)].value
    for bound in BOUNDS:
        above = rows[rows.quantity == bound].value
        assert (exact.loc[above.index] <= above + 1e-15).all()


def test_halves_are_those_of_the_members_in_whole_pairs(run):
    _, shards, table = run
    rows = read_table(table, EQUIVARIANCE_MOMENTS)
    members = shards["tetrahedral"]["on_manifold/haar/predictions"].astype(float)
    deviations = orbit_deviation(members).reshape(*members.shape[:2], -1)
    where = (rows.augmentation == "tetrahedral") & (rows.data == "on_manifold") & (rows.replicate == 0)
    for quantity, half in zip(HALVES, (deviations[:6], deviations[6:]), strict=True):
        found = rows[where & (rows.quantity == quantity) & np.isinf(rows.members)].sort_values("step").value
        np.testing.assert_allclose(found, second_moments(half)[np.inf][0])
        assert set(rows[rows.quantity == quantity].group) == {"haar"}
