"""What callers may pass for arrays: every public function of kernels and metrics takes them alike, and refuses alike."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import torch

from ntklab import kernels, metrics
from ntklab.errors import InputError
from ntklab.kernels import Network, SphericalNetwork

RNG = np.random.default_rng(0)


def eighths(*shape: int) -> np.ndarray:
    """Random numbers that float16 holds exactly."""
    return RNG.integers(-16, 17, size=shape) / 8


DENSE, IMAGES, SPHERE = Network(dense=1), Network(filters=(3,), padding="CIRCULAR"), SphericalNetwork(bandlimit=2)
FACTOR = eighths(6, 6)
GRAM = FACTOR @ FACTOR.T
TRAIN = kernels.spectrum(GRAM)
BLOCKS = np.stack([GRAM, GRAM / 2])
QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
PIXELS, SIGNALS = (
    {"x": eighths(3, 4, 4, 1), "y": eighths(2, 4, 4, 1)},
    {"x": eighths(2, 4, 3, 1), "y": eighths(2, 4, 3, 1)},
)
DRAWN = {"width": 2, "draws": 1, "seed": 0}


def squared(mean: np.ndarray) -> np.ndarray:
    return np.square(mean).mean(axis=-1)


CASES = {
    "augmented_gram": (partial(kernels.augmented_gram, IMAGES, group="c2"), PIXELS),
    "augmented_mean_prediction": (
        partial(
            kernels.augmented_mean_prediction, kernels.augmented_spectrum("c2", BLOCKS), steps=[3, np.inf], learning_rate=0.01
        ),
        {"b_test_train": eighths(2, 3, 6), "targets": eighths(12, 2)},
    ),
    "augmented_solve": (partial(kernels.augmented_solve, "c2"), {"b": BLOCKS, "targets": eighths(12, 2)}),
    "augmented_spectrum": (partial(kernels.augmented_spectrum, "c2"), {"b": BLOCKS}),
    "cnn_kernel": (partial(kernels.cnn_kernel, IMAGES), PIXELS),
    "critical_learning_rate": (kernels.critical_learning_rate, {"eigenvalues": np.array([0.5, 2.0])}),
    "empirical_kernels": (partial(kernels.empirical_kernels, DENSE, architecture="mlp", **DRAWN), {"x": eighths(3, 4)}),
    "euler_angles": (kernels.euler_angles, {"rotation": QUARTER_TURN}),
    "gcnn_kernel": (partial(kernels.gcnn_kernel, IMAGES, group="d2"), PIXELS),
    "haar_kernel": (partial(kernels.haar_kernel, SPHERE), SIGNALS),
    "harmonic_analysis": (kernels.harmonic_analysis, {"x": eighths(2, 4, 3, 1)}),
    "harmonic_synthesis": (kernels.harmonic_synthesis, {"coefficients": eighths(2, 4, 1)}),
    "mean_prediction": (
        partial(kernels.mean_prediction, TRAIN, steps=[3, np.inf], learning_rate=0.01),
        {"ntk_test_train": eighths(2, 6), "targets": eighths(6, 2)},
    ),
    "mlp_kernel": (partial(kernels.mlp_kernel, DENSE), {"x": eighths(3, 4), "y": eighths(2, 4)}),
    "orbit_covariance": (
        partial(kernels.orbit_covariance, TRAIN, steps=[3], learning_rate=0.01),
        {
            "ntk_test_train": eighths(2, 4, 6), "nngp_train": GRAM, "nngp_test_train": eighths(2, 4, 6),
            "nngp_orbit": eighths(2, 4, 4),
        },
    ),
    "orbit_kernel": (partial(kernels.orbit_kernel, IMAGES, group="c2"), PIXELS),
    "predict": (partial(kernels.predict, DENSE), {"x": eighths(4, 3), "y": eighths(4), "x_test": eighths(2, 3)}),
    "prediction_covariance": (
        partial(kernels.prediction_covariance, TRAIN, steps=[3], learning_rate=0.01),
        {
            "ntk_test_train": eighths(2, 6), "nngp_train": GRAM, "nngp_test_train": eighths(2, 6),
            "nngp_test": eighths(2, 2),
        },
    ),
    "rotate_coefficients": (
        kernels.rotate_coefficients, {"coefficients": eighths(2, 4, 1), "rotation": QUARTER_TURN}
    ),
    "rotate_signal": (kernels.rotate_signal, {"x": eighths(2, 4, 3, 1), "rotation": QUARTER_TURN}),
    "rotation_matrix": (kernels.rotation_matrix, dict(zip(("alpha", "beta", "gamma"), eighths(3, 2), strict=True))),
    "so3_direct_kernel": (partial(kernels.so3_direct_kernel, SPHERE, bandlimit=2), SIGNALS),
    "so3_empirical_kernels": (partial(kernels.so3_empirical_kernels, SPHERE, bandlimit=2, **DRAWN), SIGNALS),
    "so3_kernel": (partial(kernels.so3_kernel, SPHERE), SIGNALS),
    "spectrum": (kernels.spectrum, {"ntk_train": GRAM}),
    "wigner_table": (partial(kernels.wigner_table, 2), dict(zip(("alpha", "beta", "gamma"), eighths(3, 2), strict=True))),
    "block_means": (partial(metrics.block_means, size=2), {"members": eighths(6, 3)}),
    "distance": (metrics.distance, {"f": eighths(2, 3, 4), "reference": eighths(3, 4)}),
    "invariance": (metrics.invariance, {"predictions": eighths(5, 3, 4)}),
    "jackknife": (partial(metrics.jackknife, squared), {"members": eighths(6, 3)}),
    "orbit_deviation": (metrics.orbit_deviation, {"f": eighths(2, 3, 4)}),
    "orbit_same_prediction": (metrics.orbit_same_prediction, {"f": eighths(2, 3, 4, 5)}),
    "orbit_spread": (metrics.orbit_spread, {"f": eighths(2, 3, 4)}),
    "rsd_median": (metrics.rsd_median, {"f": eighths(2, 3, 4)}),
    "rsd_pooled": (metrics.rsd_pooled, {"f": eighths(2, 3, 4)}),
    "squared_mean": (metrics.squared_mean, {"deviations": eighths(5, 3)}),
    "sub_ensembles": (partial(metrics.sub_ensembles, squared, size=2), {"members": eighths(6, 3)}),
}  # fmt: skip
"""Name -> the function with what is no array, and arrays by the names of the arguments."""
TAKE_NO_ARRAYS = {
    "Dynamics", "Estimate", "Invariance", "Kernels", "Network", "Prediction", "SphereGrid", "SphericalNetwork",
    "haar_quadrature", "leaky_relu", "sphere_grid", "stax",
    # what `orbit_kernel` and `haar_kernel` return
    "augmented_blocks", "augmented_from_orbit", "cnn_from_orbit", "gcnn_from_orbit", "so3_from_haar",
}  # fmt: skip
COMPLEX = {"coefficients"}
EACH = [(name, argument) for name, (_, arrays) in CASES.items() for argument in arrays]


def leaves(result) -> list:
    """The numbers in what a function returns."""
    if dataclasses.is_dataclass(result):
        result = tuple(vars(result).values())
    if isinstance(result, tuple):
        return [leaf for part in result for leaf in leaves(part)]
    return [result] if isinstance(result, np.ndarray | float | complex) else []


def test_every_public_function_is_here():
    assert set(CASES) | TAKE_NO_ARRAYS == set(kernels.__all__) | set(metrics.__all__)


@pytest.mark.parametrize("name", CASES)
def test_arrays_of_all_kinds_give_the_same(name):
    function, arrays = CASES[name]
    expected = leaves(function(**arrays))
    assert expected
    for convert in (np.ndarray.tolist, np.float16, torch.from_numpy, lambda a: torch.tensor(a, requires_grad=True)):
        found = leaves(function(**{argument: convert(array) for argument, array in arrays.items()}))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("name", "argument"), EACH, ids=[".".join(each) for each in EACH])
def test_refusals_are_one_line_that_names_the_argument(name, argument):
    function, arrays = CASES[name]
    array = arrays[argument]
    bad = [array[..., :0], np.full_like(array, np.nan), np.full(array.shape, "a")]
    if argument not in COMPLEX:
        bad.append(array * 1j)
    for value in bad:
        with pytest.raises(InputError) as refused:
            function(**{**arrays, argument: value})
        assert argument in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "argument"), EACH, ids=[".".join(each) for each in EACH])
def test_an_axis_less_or_more_is_an_answer_or_refused(name, argument):
    """An answer where axes are free, elsewhere a refusal that names the argument."""
    if name in {"jackknife", "sub_ensembles"}:
        pytest.skip("the statistic, which callers write, says which axes there are")
    function, arrays = CASES[name]
    for value in (arrays[argument][0], arrays[argument][None]):
        try:
            function(**{**arrays, argument: value})
        except InputError as refused:
            assert argument in str(refused) or "x and y" in str(refused)
