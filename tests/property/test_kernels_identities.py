"""The identities (a) to (f) hold to the last digits on chosen and random architectures, and fail where they must."""

import jax
import numpy as np
import pytest

from ntklab.experiments.kernel_identity.identities import (
    STATEMENTS,
    augmentation_identity_errors,
    identity_errors,
    identity_table,
    noticing,
    random_network,
    without_snap,
)
from ntklab.groups import group
from ntklab.kernels import Network

BAR = {"float64": 1e-12, "float32": 2e-3}
CONTROL = 1e-2
"""The bar of the specification, met by every broken condition on every architecture."""


def rows(network, dtype="float64", name="c4", seed=19):
    rng = np.random.default_rng(seed)
    x_train, x_test = rng.normal(size=(3, 4, 4, 2)), rng.normal(size=(2, 4, 4, 2))
    return list(identity_errors(group(name), network, x_train, x_test, rng.normal(size=(3, 2)), dtype))


@pytest.mark.parametrize(
    "network, dtype",
    [
        (Network((3,), padding="CIRCULAR", nonlinearity="erf", bias_variance=0.1), "float64"),
        (Network((3, 2), padding="VALID", nonlinearity="relu", dense=1), "float64"),
        (Network(dense=2, nonlinearity="relu"), "float64"),
        (Network(dense=1, nonlinearity="erf", bias_variance=0.2), "float32"),
    ],
    ids=str,
)
def test_identities_hold_and_their_controls_fail(network, dtype):
    found = rows(network, dtype)
    for row in found:
        assert (row.error > CONTROL) if row.control else (row.error < BAR[dtype]), row
    applicable = set(STATEMENTS) - ({"e"} if network.filters else {"f", "lifting"})
    assert {row.identity for row in found if not row.control} == applicable


def test_random_networks_are_compatible_and_seeded():
    networks = [random_network(np.random.default_rng(seed), "cnn", "erf") for seed in range(50)]
    assert all(network.equivariant and max(network.filters) > 1 for network in networks)
    assert networks == [random_network(np.random.default_rng(seed), "cnn", "erf") for seed in range(50)]
    assert random_network(np.random.default_rng(0), "mlp", "relu").filters == ()


def test_networks_that_notice_rotations_are_compatible():
    network = noticing(Network((3, 5), padding="CIRCULAR", bias_variance=0.1), 6)
    assert network.equivariant and network.sizes(6)[-1] > 1 and network.dense >= 1


def test_without_the_snap_coincident_inputs_lose_half_the_digits():
    network = without_snap(Network(dense=2, nonlinearity="relu"))
    rng = np.random.default_rng(19)
    x_train, x_test = rng.normal(size=(3, 4, 4, 2)), rng.normal(size=(2, 4, 4, 2))
    found = augmentation_identity_errors(group("c4"), network, x_train, x_test, rng.normal(size=(3, 2)), "float64")
    (permutation,) = [row.error for row in found if row.identity == "b"]
    assert 1e-11 < permutation < 1e-7 and not any(row.snap for row in found)
    assert without_snap(Network(dense=2, nonlinearity="erf")) is None


@pytest.fixture
def unoptimised():
    """Programs that run once compile in half the time; those of the other tests are compiled as ever."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.usefixtures("unoptimised")
def test_a_table_has_every_identity_in_both_precisions():
    found = identity_table(np.random.default_rng(2), 1, ["c4", "d1"], 4)
    for name in ("c4", "d1"):
        of_group = [row for row in found if row.group == name]
        kinds = {(row.identity, row.dtype) for row in of_group if not row.control and row.snap}
        assert kinds == {(identity, dtype) for identity in STATEMENTS for dtype in ("float64", "float32")}
        assert {row.identity for row in of_group if not row.snap} == {"a", "b", "c", "d", "d ridge"}
    for row in (row for row in found if row.snap):
        assert (row.error > CONTROL) if row.control else (row.error < BAR[row.dtype]), row
