"""Tiles on disk: shared between training sets, kernel functions and heads, and never half written."""

from dataclasses import replace

import numpy as np
import pytest

from ntklab.kernels import Network, cnn_kernel, gcnn_kernel, orbit_kernel, tiles

RNG = np.random.default_rng(5)
X = RNG.normal(size=(34, 3, 3, 1))
NETWORK = Network((3,), padding="VALID")


@pytest.fixture
def computed(monkeypatch):
    """List that grows by one entry with every tile computed."""
    calls, original = [], tiles.compute_tile
    monkeypatch.setattr(tiles, "compute_tile", lambda *arguments: calls.append(1) or original(*arguments))
    return calls


def test_cached_kernels_equal_fresh_ones_and_are_not_computed_twice(tmp_path, computed):
    fresh = gcnn_kernel(NETWORK, X)
    first = gcnn_kernel(NETWORK, X, cache=tmp_path)
    count = len(computed)
    second = gcnn_kernel(NETWORK, X, cache=tmp_path)
    assert len(computed) == count
    for a, b, c in zip(fresh, first, second, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def test_growing_training_sets_and_other_heads_share_tiles(tmp_path, computed):
    orbit_kernel(NETWORK, X[:32], cache=tmp_path)
    computed.clear()
    orbit_kernel(NETWORK, X[:16], cache=tmp_path)
    cnn_kernel(NETWORK, X[:32], cache=tmp_path)
    orbit_kernel(replace(NETWORK, dense=2), X[:32], cache=tmp_path)
    assert not computed


def test_any_change_of_the_question_is_a_new_tile(tmp_path, computed):
    cnn_kernel(NETWORK, X[:4], cache=tmp_path)
    for network, x, dtype in [
        (replace(NETWORK, bias_variance=0.1), X[:4], "float64"),
        (NETWORK, X[:4] + 1e-9, "float64"),
        (NETWORK, X[:4], "float32"),
    ]:
        count = len(computed)
        cnn_kernel(network, x, cache=tmp_path, dtype=dtype)
        assert len(computed) == count + 1


def test_keys_are_the_same_in_every_process():
    assert tiles.tile_key(NETWORK, np.ones((1, 3, 3, 1)), np.zeros((1, 3, 3, 1))) == "4ff94e3aabcd3d21fcc3809a6fe13283"


def test_a_killed_run_loses_one_tile(tmp_path, monkeypatch, computed):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("os.replace", killed)
        cnn_kernel(NETWORK, X[:16], cache=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    cnn_kernel(NETWORK, X[:16], cache=tmp_path)
    assert len(list(tmp_path.rglob("*.npy"))) == 1


def test_triangle_and_rotations_cover_every_pair_once():
    """Train-train needs N(2N + 1) of the 4 N^2 pairs."""
    n = 20
    pairs = 0
    for plan in tiles.tile_plans(n, n, (0, 1, 2, 3), symmetric=True):
        rows, columns = plan.rows.stop - plan.rows.start, plan.columns.stop - plan.columns.start
        pairs += len(tiles.tile_pairs(rows, columns, plan.triangle))
    assert pairs == n * (2 * n + 1)
