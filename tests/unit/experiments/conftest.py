"""Made-up ensembles of known truth, whose tables come from the library's own estimators."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ntklab.metrics.ensemble_moments import Moment

Made = Iterable[tuple[Mapping[str, Any], Iterable[Moment]]]


@pytest.fixture
def tabulated() -> Callable[[Made, tuple[int, ...]], pd.DataFrame]:
    """Moments of several ensembles, each with its settings, as the table of a real run."""

    def table(made: Made, steps: tuple[int, ...]) -> pd.DataFrame:
        rows = []
        for settings, moments in made:
            for moment in moments:
                row = moment._asdict()
                rows.append({**settings, "experiment": "made_up", "step": steps[row.pop("time_index")], **row})
        frame = pd.DataFrame(rows)
        frame.attrs["provenance"] = {"stand_in": False}
        return frame

    return table


@pytest.fixture
def members() -> Callable[..., np.ndarray]:
    """Members in pairs with a given mean: truth (time, input, element) + noise, most of it of opposite sign in a pair."""

    def drawn(
        rng: np.random.Generator, truth: np.ndarray, number: int, noise: float, shared: float = 0.2
    ) -> np.ndarray:
        both, opposite = (rng.normal(size=(number // 2, *truth.shape)) for _ in range(2))
        odd, even = noise * np.sqrt(1 - shared**2) * opposite, noise * shared * both
        even[:, 0], odd[:, 0] = 0, noise * opposite[:, 0]  # at initialisation partners are opposite
        return truth + np.stack([even + odd, even - odd], axis=1).reshape(number, *truth.shape)

    return drawn
