"""Shared by all tests: where the project is, its config, and a seeded random generator."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from xdist.scheduler import LoadScopeScheduling

from ntklab.claims.claim import Claim, Finding, check
from ntklab.pipeline.catalogue import claims, schemas
from ntklab.pipeline.table_files import read_table

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


@pytest.fixture(scope="session")
def findings_of() -> Callable[[Path], dict[str, tuple[Claim, Finding]]]:
    """A run's folder -> every claim by its id, and what it finds in the run's tables."""

    def found(results: Path) -> dict[str, tuple[Claim, Finding]]:
        every = [claim for of_experiment in claims().values() for claim in of_experiment]
        names = {claim.table for claim in every}
        tables = {name: read_table(results / f"tables/{name}.parquet", schemas()[name]) for name in names}
        return {claim.id: (claim, check(claim, tables)) for claim in every}

    return found


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Modules that torch initialises by itself have the same weights every time."""
    torch.manual_seed(20240305)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240305)


class OneWorkerAFile(LoadScopeScheduling):
    """One worker a file, but one for all workflow tests together, which share one finished run."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return "workflow" if path.startswith("tests/workflow/") else path


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> OneWorkerAFile:
    return OneWorkerAFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The workflow tests first: they take longest. Slow ones only where they are asked for, with `-m slow`, or in CI."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)
    if not os.environ.get("CI") and "slow" not in config.option.markexpr:
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(
                    pytest.mark.skip(reason="installs from the package registry; run with: -m slow, or CI=1")
                )
