"""The chain of steps for groups other than the quarter turns: from images to the table."""

import numpy as np
import pytest

from ntklab.experiments.hist_kernel.compute_orbit_kernels import compute_orbit_kernels
from ntklab.experiments.hist_kernel.e2_hist_kernel import draw
from ntklab.experiments.hist_kernel.measure_classification import measure_classification
from ntklab.experiments.hist_kernel.predict_classes import predict_classes
from ntklab.experiments.hist_kernel.tables import CLASSIFICATION
from ntklab.files import Arrays, save_arrays
from ntklab.network import Network
from ntklab.pipeline.table_files import read_table

NETWORK = Network((3,), padding="VALID")


@pytest.fixture
def images(tmp_path, rng):
    path = tmp_path / "images.npz"
    sets = {"training": 6, "test": 8}
    arrays = {f"{name}/inputs": rng.normal(size=(n, 5, 5, 1)) for name, n in sets.items()}
    arrays |= {f"{name}/labels": np.arange(n) % 2 for name, n in sets.items()}
    save_arrays(path, arrays, {"data": "fashion_mnist", "source": "embedded", "classes": ["a", "b"], "stand_in": False})
    return path


@pytest.mark.usefixtures("unoptimised")
@pytest.mark.parametrize(("name", "order"), [("c2", 2), ("d1", 2), ("d4", 8)])
def test_augmented_and_group_network_agree_over_any_group(images, tmp_path, name, order):
    common = {"network": NETWORK, "experiment": "hist_kernel", "seed": 1}
    kernels = [tmp_path / f"{repeat}.npz" for repeat in range(2)]
    for repeat, path in enumerate(kernels):
        compute_orbit_kernels(
            **common, data=images, repeat=repeat, training_images=4, test_images=3, group=name, precision="float64",
            cache=str(tmp_path / "tiles"), output=path,
        )  # fmt: skip
    assert Arrays(kernels[0])["train/ntk"].shape == (order, 4, 4) and Arrays(kernels[0]).header["group"] == name
    predict_classes(**common, kernels=kernels, training_sizes=[2, 4], ridge=1e-2, output=tmp_path / "predictions.npz")
    output = tmp_path / "table.parquet"
    measure_classification(predictions=tmp_path / "predictions.npz", experiment="hist_kernel", output=output)
    table = read_table(output, CLASSIFICATION)
    assert set(table.group) == {name}
    difference = table[(table.quantity == "difference_from_gcnn") & (table.architecture == "cnn_augmented")]
    by_head = difference.groupby("head").value
    assert by_head.max()["linear"] < 1e-10 < 1e-4 < by_head.min()["nonlinear"]
    labels = draw(table).axes[0].get_legend_handles_labels()[1]
    assert f"{name.upper()}-GCNN" in labels
