"""Tables of replicates drawn at random around known values."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ntklab.experiments.finite_width.replicates import replicate_rows
from ntklab.experiments.finite_width.setups import SETUPS

BATCHES = 40


@pytest.fixture
def replicates(rng) -> Callable[..., pd.DataFrame]:
    """setup, tensor -> {component: value}, at widths: networks whose batches scatter around `truth(width, layer)`.

    `theory` = (limit, leading) of every component, `noise` the standard deviation of a batch relative to the value.
    """

    def drawn(setup, tensor, components, truth, theory, widths=(6, 20, 56), layers=4, noise=0.01) -> pd.DataFrame:
        values = np.array([[truth(n, layer) for layer in range(1, layers + 1)] for n in widths])[..., None]
        exact = values * np.ones(len(components))
        samples = {
            n: {tensor: exact[k] * (1 + noise * rng.normal(size=(BATCHES, layers, len(components))))}
            for k, n in enumerate(widths)
        }
        limit, leading = (np.full((layers, len(components)), value) for value in theory)
        known = {"K": limit, "K1": leading, "Theta": limit, "Theta1": leading, tensor: limit}
        if tensor not in ("K", "Theta"):
            known[tensor] = leading
        rows = replicate_rows(SETUPS[setup], {tensor: components}, samples, known)
        frame = pd.DataFrame(list(rows)).assign(setup=setup)
        frame.attrs["provenance"] = {"stand_in": False}
        return frame

    return drawn
