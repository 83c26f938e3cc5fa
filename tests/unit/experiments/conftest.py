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
    """Independent members with a given mean: truth (time, input, element) + noise."""

    def drawn(rng: np.random.Generator, truth: np.ndarray, number: int, noise: float) -> np.ndarray:
        return truth + noise * rng.normal(size=(number, *truth.shape))

    return drawn
