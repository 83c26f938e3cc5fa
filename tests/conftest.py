"""Shared by all tests: where the project is, its config, and a seeded random generator."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

# Two processes with a thread each beat one with two, here as in the workflow's jobs.
torch.set_num_threads(1)
os.environ.setdefault("NPROC", "1")  # read by XLA when JAX starts
PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture
def values() -> dict:
    """The values of config.yaml, to be changed freely."""
    return yaml.safe_load((PROJECT / "config.yaml").read_text())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240305)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker a file, but one for all workflow tests together, which share one finished run."""
    for item in items:
        folder = item.path.relative_to(PROJECT / "tests").parts[0]
        item.add_marker(pytest.mark.xdist_group("workflow" if folder == "workflow" else str(item.path)))
