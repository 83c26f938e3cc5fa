"""Steps on a handful of inputs: what they write is what the library says, and orbits are what they should be."""

import numpy as np
import pandas as pd
import pytest

from ntklab.errors import InputError
from ntklab.experiments.training.correct_trained_mean import between, correct_trained_mean
from ntklab.experiments.training.draw_training_sets import draw_training_sets
from ntklab.experiments.training.measure_trained_means import measure_trained_means
from ntklab.experiments.training.setups import SETUPS
from ntklab.experiments.training.train_networks import train_networks
from ntklab.experiments.training.training_sets import GROUP, PLAIN, times_of, training_set
from ntklab.files import Arrays
from ntklab.finite_width.training import mean_correction

TIMES = [0.0, 1.0, 4.0]
NAMES = ("gelu_3", "ising")
NETWORKS, BATCHES = (("gelu_3", 8), ("gelu_3", 16), ("ising", 16)), 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("training") / "data.npz"
    draw_training_sets(
        points=2, test_points=1, lattice_size=3, image_size=6, training_inputs=2, test_inputs=1, experiment="training",
        seed=1, output=path,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def theory(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("theory")
    for name in NAMES:
        correct_trained_mean(data=data, setup=name, label_scale=0.5, times=TIMES, output=folder / f"{name}.npz")
    return [folder / f"{name}.npz" for name in NAMES]


@pytest.fixture(scope="module")
def networks(data, tmp_path_factory):
    folder, paths = tmp_path_factory.mktemp("networks"), []
    for name, width in NETWORKS:
        paths.append(folder / f"{name}-{width}.npz")
        train_networks(
            data=data, setup=name, label_scale=0.5, times=TIMES, width=width, networks_per_batch=8,
            kernels_per_batch=8, first=0, last=BATCHES - 1, seed=1, output=paths[-1],
        )  # fmt: skip
    return paths


@pytest.fixture(scope="module")
def tables(theory, networks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    names = ("output", "output_replicates", "output_spreads", "output_noise")
    paths = {name: folder / f"{name}.parquet" for name in names}
    measure_trained_means(theory=theory, networks=networks, times=TIMES, **paths)
    return {name: pd.read_parquet(path) for name, path in paths.items()}


def test_inputs_have_the_norm_of_the_formula_and_targets_are_standardised(data):
    arrays = Arrays(data)
    for setup in SETUPS.values():
        for part in ("training", "test"):
            x = arrays[f"{setup.inputs}/{part}"]
            np.testing.assert_allclose(np.mean(x.reshape(len(x), -1) ** 2, axis=1), 1, rtol=1e-12)
        y = arrays[f"{setup.inputs}/targets"]
        assert abs(y.mean()) < 1e-12 and np.mean(y**2) == pytest.approx(1)


def test_training_sets_are_full_orbits(data):
    arrays, setup = Arrays(data), SETUPS["ising"]
    full, plain = training_set(arrays, setup, 0.5), training_set(arrays, setup, 0.5, PLAIN)
    assert len(full.x_train) == len(full.y) == 4 * len(plain.x_train) and len(full.x_test) == GROUP.order
    np.testing.assert_array_equal(full.x_train[::4], plain.x_train)
    np.testing.assert_array_equal(full.y, np.repeat(plain.y, 4))
    lattices = full.x_train.reshape(-1, 4, 3, 3)
    np.testing.assert_array_equal(
        np.sort(lattices.reshape(-1, 4, 9)), np.sort(lattices[:, :1].reshape(-1, 1, 9).repeat(4, 1))
    )
    assert np.mean(full.y**2) == pytest.approx(0.25)


def test_targets_that_are_all_the_same_are_an_error(tmp_path):
    with pytest.raises(InputError, match="all training lattices have the same target"):
        draw_training_sets(
            points=2, test_points=1, lattice_size=3, image_size=6, training_inputs=1, test_inputs=1,
            experiment="training", seed=1, output=tmp_path / "data.npz",
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_theory_in_the_tables_is_that_of_the_library(data, tables):
    chosen, means = training_set(Arrays(data), SETUPS["gelu_3"], 0.5), tables["output"]
    curve = between(TIMES)
    assert set(curve) > set(TIMES) and curve == sorted(curve) and len(set(curve)) == len(curve)
    found = mean_correction(*chosen, times_of(chosen, SETUPS["gelu_3"], curve), **SETUPS["gelu_3"].network)
    for part, of in (("test", found.test), ("training", found.train)):
        rows = means[(means.setup == "gelu_3") & (means["data"] == part)]
        for quantity, values in (*of.sources.items(), ("correction", of.correction), ("infinite_width", of.leading)):
            table = rows[rows.quantity == quantity].pivot(index="time", columns="point", values="value").to_numpy()
            np.testing.assert_allclose(table, values, rtol=1e-9, atol=1e-12)


def test_replicates_leave_out_one_batch(tables, networks, theory):
    arrays, rows = Arrays(networks[1]), tables["output_replicates"]
    values = (arrays["beyond"] + arrays["linearised"])[:, 2, 0]
    chosen = rows[
        (rows.setup == "gelu_3") & (rows.width == 16) & (rows.quantity == "sampled") & (rows["data"] == "training")
        & (rows.point == 0) & (rows.time == 4)
    ].set_index("replicate")  # fmt: skip
    assert chosen.value[0] == pytest.approx(values.mean())
    assert chosen.value[2] == pytest.approx(values[[0, 2]].mean())
    expected = Arrays(theory[0])
    place = list(expected["times"]).index(4.0)
    assert chosen.PQ[0] == expected["plain/PQ"][place, 0]
    assert chosen.theory[0] == pytest.approx(sum(chosen[s][0] for s in ("Theta1", "AB", "PQ", "ddNTK")))


def test_with_augmentation_the_corrected_mean_is_invariant_and_without_it_is_not(tables):
    spreads = tables["output_spreads"]
    assert set(spreads.setup) == {"ising"}
    for quantity in ("limit", "correction"):
        rows = spreads[spreads.quantity == quantity]
        assert rows[rows.trained == "augmented"].value.max() < 1e-7
        assert rows[rows.trained == "plain"].value.min() > 0.01


def test_every_way_to_take_out_noise_takes_some_out(tables):
    noise = tables["output_noise"].pivot(index=["setup", "width"], columns="quantity", values="value")
    assert (noise[["pairs", "both"]] > 1).all().all()
    np.testing.assert_allclose(noise["both"], noise["pairs"] * noise["linearised"], rtol=1e-9)
