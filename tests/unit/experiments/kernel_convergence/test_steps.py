"""Steps of the kernels of group-convolutional and SO(3)-equivariant networks: what they write is what the library says."""

import numpy as np
import pytest

from ntklab.experiments.kernel_convergence.compute_kernels import compute_kernels
from ntklab.experiments.kernel_convergence.compute_so3_kernels import compute_so3_kernels
from ntklab.experiments.kernel_convergence.measure_kernel_convergence import measure_kernel_convergence
from ntklab.experiments.kernel_convergence.sample_empirical_kernels import sample_empirical_kernels
from ntklab.experiments.kernel_convergence.sample_gaussian_images import sample_gaussian_images
from ntklab.experiments.kernel_convergence.sample_so3_kernels import sample_so3_kernels
from ntklab.experiments.kernel_convergence.sample_spherical_signals import sample_spherical_signals
from ntklab.experiments.kernel_convergence.tables import KERNEL_CONVERGENCE
from ntklab.files import Arrays
from ntklab.kernels.cnn import gcnn_kernel
from ntklab.kernels.so3_direct import so3_direct_kernel
from ntklab.kernels.so3_finite import so3_empirical_kernels
from ntklab.kernels.spherical import so3_kernel
from ntklab.kernels.spherical_harmonics import real_analysis, real_synthesis
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.network import Network
from ntklab.pipeline.table_files import read_table

NETWORK = SphericalNetwork(bandlimit=1, convolutions=1, nonlinearity="relu", bias_variance=0.1)
SIGNALS = {"signals": 2, "bandlimit": 2, "channels": 3, "experiment": "so3_convergence"}
GRID, WIDTH, SEED = 2, 3, 1


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("so3_convergence") / "signals.npz"
    sample_spherical_signals(**SIGNALS, seed=SEED, output=path)
    return path


@pytest.fixture(scope="module")
def kernels(data):
    compute_so3_kernels(data=data, spherical=NETWORK, grid=GRID, output=data.with_name("kernels.npz"))
    return data.with_name("kernels.npz")


@pytest.fixture(scope="module")
def shards(data):
    paths = [data.with_name(f"{first}.npz") for first in (0, 8)]
    for path, (first, last) in zip(paths, ((0, 7), (8, 11)), strict=True):
        sample_so3_kernels(
            data=data, spherical=NETWORK, grid=GRID, outputs=1, width=WIDTH, first=first, last=last, seed=SEED,
            output=path,
        )  # fmt: skip
    return paths


def test_signals_are_band_limited_and_follow_the_seed(data, tmp_path):
    signals = Arrays(data)
    assert signals["inputs"].shape == (2, 4, 3, 3)
    assert np.allclose(real_synthesis(real_analysis(signals["inputs"])), signals["inputs"])
    for seed, same in ((SEED, True), (SEED + 1, False)):
        sample_spherical_signals(**SIGNALS, seed=seed, output=tmp_path / "again.npz")
        assert np.array_equal(Arrays(tmp_path / "again.npz")["inputs"], signals["inputs"]) == same


def test_the_analytic_kernels_are_the_librarys_on_the_grid_and_off_it(data, kernels):
    written, x = Arrays(kernels), Arrays(data)["inputs"]
    on_grid, continuum = so3_direct_kernel(NETWORK, x, bandlimit=GRID), so3_kernel(NETWORK, x)
    for name in ("nngp", "ntk"):
        assert np.array_equal(written[name], getattr(on_grid, name))
        assert np.allclose(written[f"{name}_continuum"], getattr(continuum, name), rtol=1e-6)
    assert written.header["group"] == "so3"


def test_the_draws_are_the_librarys_however_they_are_shared_out(data, shards):
    drawn = so3_empirical_kernels(NETWORK, Arrays(data)["inputs"], bandlimit=GRID, width=WIDTH, draws=12, seed=SEED)
    for name in ("nngp", "ntk"):
        assert np.allclose(np.concatenate([Arrays(path)[name] for path in shards]), getattr(drawn, name), rtol=1e-12)


def test_the_table_names_the_group_and_holds_the_kernels_of_the_continuum(kernels, shards, tmp_path):
    measure_kernel_convergence(
        kernels=kernels, draws=shards, bootstrap=10, seed=SEED, experiment="so3_convergence",
        output=tmp_path / "t.parquet", output_replicates=tmp_path / "r.parquet",
    )  # fmt: skip
    table = read_table(tmp_path / "t.parquet", KERNEL_CONVERGENCE)
    assert set(table.group) == {"so3"} and set(table.width) == {WIDTH, np.inf}
    assert set(table.kernel[np.isinf(table.width)]) == {"nngp", "ntk", "nngp_continuum", "ntk_continuum"}


@pytest.mark.usefixtures("unoptimised")
def test_kernels_of_a_group_with_reflections(tmp_path):
    """Mean over draws and analytic kernel of D4, in the table of the room."""
    data, kernels, draws = (tmp_path / f"{name}.npz" for name in ("images", "kernels", "draws"))
    network = Network((3,), padding="VALID")
    sample_gaussian_images(key=1, images=2, size=4, channels=1, output=data)
    compute_kernels(data=data, network=network, group="d4", output=kernels)
    exact = gcnn_kernel(network, Arrays(data)["inputs"], group="d4")
    np.testing.assert_array_equal(Arrays(kernels)["ntk"], exact.ntk)
    assert np.all(Arrays(kernels)["ntk_from_input"] > exact.ntk)
    sample_empirical_kernels(
        data=data, network=network, group="d4", outputs=1, width=4, first=0, last=99, seed=1, output=draws
    )
    output = tmp_path / "table.parquet"
    measure_kernel_convergence(
        kernels=kernels, draws=[draws], bootstrap=100, seed=1, experiment="kernel_convergence", output=output,
        output_replicates=tmp_path / "replicates.parquet",
    )  # fmt: skip
    table = read_table(output, KERNEL_CONVERGENCE)
    assert set(table.group) == {"d4"}
    assert table[(table.quantity == "z_score") & (table.kernel == "ntk")].value.abs().max() < 4
