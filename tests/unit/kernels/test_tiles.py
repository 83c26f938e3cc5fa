"""Tiles on disk: shared between training sets, kernel functions and heads, and never half written."""

from dataclasses import replace

import numpy as np
import pytest

from ntklab.groups import group
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


@pytest.mark.parametrize("x, y", [(X[:20], None), (X[:20], X[20:])], ids=["train", "test-train"])
def test_groups_share_the_tiles_of_the_elements_they_share(tmp_path, computed, x, y):
    of_d4 = orbit_kernel(NETWORK, x, y, group="d4", cache=tmp_path)
    computed.clear()
    places = {"c1": [0], "c2": [0, 2], "c4": [0, 1, 2, 3], "d1": [0, 4], "d2": [0, 2, 4, 6], "d4": list(range(8))}
    for name, elements in places.items():
        of_group = orbit_kernel(NETWORK, x, y, group=name, cache=tmp_path)
        np.testing.assert_array_equal(of_group.ntk, of_d4.ntk[elements])
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


@pytest.mark.parametrize("name, own_inverses", [("c1", 1), ("c2", 2), ("c4", 2), ("d1", 2), ("d2", 4), ("d4", 6)])
def test_triangle_and_inverses_cover_every_pair_once(name, own_inverses):
    """Train-train needs half of the |G| N^2 pairs, and half a diagonal for every element that is its own inverse."""
    n, G = 20, group(name)
    pairs = 0
    for plan in tiles.tile_plans(n, n, G, symmetric=True):
        rows, columns = plan.rows.stop - plan.rows.start, plan.columns.stop - plan.columns.start
        pairs += len(tiles.tile_pairs(rows, columns, plan.triangle))
    assert pairs == (G.order * n**2 + own_inverses * n) // 2
