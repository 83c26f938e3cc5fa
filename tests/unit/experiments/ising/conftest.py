"""Small Ising lattices and a learning rate for them, shared by the tests of this room's steps."""

import json
from pathlib import Path

import pytest

from ntklab.experiments.ising.sample_ising import sample_ising


@pytest.fixture(scope="session")
def lattices(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("ising") / "ising.npz"
    sample_ising(
        lattice_size=3,
        coupling=1.0,
        beta=0.0,
        ordered_beta=0.3,
        wolff_updates=1,
        training_samples=6,
        test_samples=4,
        seed=1,
        output=path,
    )
    return path


@pytest.fixture(scope="session")
def learning_rate(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("ising") / "learning_rate.json"
    path.write_text(json.dumps({"learning_rate": 0.05, "stand_in": False}))
    return path
