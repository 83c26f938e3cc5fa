"""A shard of an Ising ensemble holds the members it is asked for, whatever chunks they are trained in."""

import numpy as np
import pytest

from ntklab.experiments.ising.train_shard import train_shard
from ntklab.files import Arrays, file_hash


@pytest.fixture
def train(lattices, learning_rate, tmp_path):
    def trained(first: int, last: int, members_per_chunk: int, group: str = "c4") -> Arrays:
        path = tmp_path / f"{first}-{last}-{members_per_chunk}-{group}.npz"
        train_shard(
            data=lattices, learning_rate=learning_rate, experiment="ising", symmetry=group, augmentation=group,
            depth=1, width=8, first=first, last=last, recorded_steps=[0, 3], seed=1, precision="float32", device="cpu",
            members_per_chunk=members_per_chunk, output=path,
        )  # fmt: skip
        return Arrays(path)

    return trained


def test_chunks_change_neither_members_nor_header(train):
    alone, together = train(0, 3, 1), train(0, 3, 4)
    assert alone["training/predictions"].shape == (4, 2, 6, 4) and alone["loss"].shape == (4, 2)
    for name in alone:
        np.testing.assert_allclose(together[name], alone[name], rtol=1e-4, atol=1e-5)
    assert together.header == alone.header
    assert not {"device", "members_per_chunk"} & set(alone.header["settings"])


def test_a_shard_is_a_part_of_the_ensemble(train):
    whole, part = train(0, 3, 1), train(2, 3, 1)
    np.testing.assert_array_equal(part["in_distribution/predictions"], whole["in_distribution/predictions"][2:])
    assert not np.allclose(whole["in_distribution/predictions"][0], whole["in_distribution/predictions"][1])


def test_the_header_says_from_what_it_was_made(train, lattices, learning_rate):
    header = train(0, 0, 1).header
    assert header["inputs"] == {str(path): file_hash(path) for path in (lattices, learning_rate)}
    assert header["learning_rate"] == 0.05 and header["steps"] == [0, 3]
    assert header["settings"]["precision"] == "float32"


@pytest.mark.parametrize(("name", "order"), [("d1", 2), ("d2", 4), ("d4", 8)])
def test_orbits_may_have_reflections(train, name, order):
    predictions = train(0, 3, 4, name)
    assert predictions["in_distribution/predictions"].shape == (4, 2, 4, order)
