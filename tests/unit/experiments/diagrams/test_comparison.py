"""Diagrams against the solver on random layers: equal, and different when any one changes."""

import numpy as np
import pytest

from ntklab.experiments.diagrams.comparison import difference, mutations, random_cases
from ntklab.finite_width import diagrams as diagrams_of
from ntklab.finite_width.feynman import PAPER_TENSORS


@pytest.fixture(scope="module")
def cases():
    return list(random_cases(np.random.default_rng(7), ["gelu", "tanh", "sin"], 1))


@pytest.mark.parametrize("name", PAPER_TENSORS)
def test_diagrams_equal_the_solver_and_none_may_change(cases, name):
    found = diagrams_of(name)
    assert max(difference(found, case) for case in cases) < 1e-10
    for number, change, changed in mutations(found):
        assert min(difference(changed, case) for case in cases) > 1e-5, (number, change)
