"""Steps on a handful of real molecules: what they write is what the library says, and rotations move what they should."""

import numpy as np
import pandas as pd
import pytest

from ntklab.data.molecules import MEV_PER_HARTREE
from ntklab.errors import InputError
from ntklab.experiments.molecules.compare_haar_average import compare_haar_average
from ntklab.experiments.molecules.compute_molecule_kernels import compute_molecule_kernels, drawn
from ntklab.experiments.molecules.measure_energies import measure_energies
from ntklab.experiments.molecules.measure_turned_predictions import measure_turned_predictions
from ntklab.experiments.molecules.models import MODELS, kernel_of, predicted, signals_of
from ntklab.experiments.molecules.predict_energies import predict_energies
from ntklab.experiments.molecules.prepare_molecules import prepare_molecules
from ntklab.experiments.molecules.spreads import relative_spread
from ntklab.experiments.molecules.tabulate_signals import formula_of, tabulate_signals
from ntklab.files import Arrays
from ntklab.kernels.spherical_network import SphericalNetwork

TRAINING, TEST, REPEATS = 6, 10, 3
NETWORK = SphericalNetwork(bandlimit=2, convolutions=1)
COMMON = {"experiment": "molecules", "spherical": NETWORK, "copies": 2, "tolerance": 1e-4, "seed": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("molecules") / "molecules.npz"
    prepare_molecules(
        source="embedded", experiment="molecules", repeats=REPEATS, training_molecules=TRAINING, test_molecules=TEST,
        seed=1, output=path,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def kernels(data, tmp_path_factory):
    folder, paths = tmp_path_factory.mktemp("kernels"), []
    for model in MODELS:
        for repeat in range(REPEATS):
            paths.append(folder / f"{model}-{repeat}.npz")
            compute_molecule_kernels(
                data=data, model=model, repeat=repeat, training_molecules=TRAINING, test_molecules=TEST, bandlimit=4,
                cache=str(folder / "tiles"), output=paths[-1], **COMMON,
            )  # fmt: skip
    return paths


@pytest.fixture(scope="module")
def predictions(data, kernels, tmp_path_factory):
    path = tmp_path_factory.mktemp("predictions") / "predictions.npz"
    predict_energies(
        data=data, kernels=kernels, training_sizes=[3, TRAINING], ridge=5e-5, experiment="molecules", output=path
    )
    return path


def test_draws_share_no_molecule(data):
    index = [part.index for repeat in range(REPEATS) for part in drawn(data, repeat, TRAINING, TEST)]
    assert len(np.unique(np.concatenate(index))) == REPEATS * (TRAINING + TEST)


def test_a_larger_training_set_holds_the_smaller_one(data, tmp_path):
    prepare_molecules(
        source="embedded", experiment="molecules", repeats=REPEATS, training_molecules=2 * TRAINING,
        test_molecules=TEST, seed=1, output=tmp_path / "larger.npz",
    )  # fmt: skip
    for repeat in range(REPEATS):
        (training, test), (more, same) = (
            drawn(path, repeat, n, TEST) for path, n in ((data, TRAINING), (tmp_path / "larger.npz", 2 * TRAINING))
        )
        np.testing.assert_array_equal(more.index[:TRAINING], training.index)
        np.testing.assert_array_equal(same.positions, test.positions)
        assert not set(more.index) & set(test.index)


def test_more_molecules_than_there_are(tmp_path):
    with pytest.raises(InputError, match="embedded: 3030 molecules are needed, there are 2500"):
        prepare_molecules(
            source="embedded", experiment="molecules", repeats=3, training_molecules=1000, test_molecules=10, seed=1,
            output=tmp_path / "molecules.npz",
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_kernels_are_those_of_the_library(data, kernels):
    training, test = drawn(data, 1, TRAINING, TEST)
    x, y = (signals_of(part, 4) for part in (training, test))
    for model in ("mlp", "so3"):
        of_model = kernel_of(model, NETWORK, COMMON["tolerance"], lambda line: None)
        found = Arrays(kernels[MODELS.index(model) * REPEATS + 1])
        for name, expected in (("train", of_model(x, None)), ("test", of_model(y, x))):
            np.testing.assert_allclose(found[f"{name}/ntk"], expected.ntk, rtol=1e-12)
            np.testing.assert_allclose(found[f"{name}/nngp"], expected.nngp, rtol=1e-12)


def test_a_smaller_training_set_is_a_part_of_the_largest(data, kernels, predictions):
    training, _ = drawn(data, 0, TRAINING, TEST)
    for model, copies in (("so3", 1), ("rotated", 2)):
        found, of_model = Arrays(predictions)[f"{model}/0/3"], Arrays(kernels[MODELS.index(model) * REPEATS])
        second = slice(3 * copies, 6 * copies)
        gram, cross = of_model["train/nngp"][second, second], of_model["test/nngp"][:, second]
        np.testing.assert_allclose(found[0, 1], predicted(gram, cross, training.energy[3:6], 5e-5), rtol=1e-12)


def test_errors_are_those_of_the_predictions(predictions, tmp_path):
    measure_energies(predictions=predictions, experiment="molecules", output=tmp_path / "errors.parquet")
    table, arrays = pd.read_parquet(tmp_path / "errors.parquet"), Arrays(predictions)
    assert len(table) == REPEATS * 2 * 3 * (2 * len(MODELS) + 1)
    deviation = MEV_PER_HARTREE * (arrays["so3/2/3"][1] - arrays["energy/2"])  # ntk, two sets of 3 training molecules
    assert deviation.shape == (2, TEST)
    rows = table[
        (table.model == "so3") & (table.kernel == "ntk") & (table.training_molecules == 3) & (table.repeat == 2)
    ]
    found = rows.set_index("quantity").value
    assert found["mae"] == pytest.approx(np.abs(deviation).mean())
    assert found["rmse"] == pytest.approx(np.sqrt((deviation**2).mean()))
    constant = table[(table.model == "constant") & (table.quantity == "mae")]
    assert constant.value.mean() > table[(table.model == "so3") & (table.quantity == "mae")].value.mean()


def test_rotations_move_predictions_of_the_mlp_and_hardly_those_of_the_equivariant_network(data, tmp_path):
    measure_turned_predictions(
        data=data, bandlimits=[4, 8], training_molecules=TRAINING, test_molecules=TEST, rotations=3, ridge=5e-5,
        output=tmp_path / "turned.parquet", **COMMON,
    )  # fmt: skip
    table = pd.read_parquet(tmp_path / "turned.parquet")
    spread = {key: relative_spread(rows) for key, rows in table[table.kernel == "ntk"].groupby(["model", "bandlimit"])}
    assert spread["so3", 8] < 0.02 < 0.3 < spread["mlp", 8]
    assert spread["so3", 8] < spread["so3", 4] < 0.1


def test_the_equivariant_kernel_is_the_average_over_rotations(data, tmp_path):
    compare_haar_average(
        data=data, experiment="molecules", bandlimit=4, spherical=NETWORK, tolerance=1e-4,
        output=tmp_path / "haar.parquet",
    )  # fmt: skip
    table = pd.read_parquet(tmp_path / "haar.parquet").set_index(["compared", "kernel"])
    assert (table.loc["average"].value < 1e-8).all() and (table.loc["average"].stderr < 1e-8).all()
    assert (table.loc["unturned"].value > 0.1).all()
    assert (table.loc["tolerance"].value < 1e-4).all() and (table.loc["tolerance"].value > 0).all()


def test_signals_in_the_table_are_those_of_the_molecule(data, tmp_path):
    tabulate_signals(data=data, experiment="molecules", bandlimits=[4, 6], output=tmp_path / "signals.parquet")
    table = pd.read_parquet(tmp_path / "signals.parquet")
    molecule, _ = drawn(data, 0, 1, 1)
    atom, channel = table.atom[0], "H, 1/r^2"
    rows = table[(table.bandlimit == 6) & (table.channel == channel)]
    found = rows.pivot(index="row", columns="column", values="value").to_numpy()
    np.testing.assert_allclose(found, signals_of(molecule, 6)[0, atom, :, :, 0], rtol=1e-12)
    assert molecule.charges[0, atom] == molecule.charges[0].max()


def test_formulas_are_in_the_order_of_hill():
    assert formula_of(np.array([8, 6, 1, 1, 1, 1, 0], dtype=np.uint8)) == "CH4O"
    assert formula_of(np.array([1, 7, 1, 1], dtype=np.uint8)) == "H3N"
