"""How far predictions move when molecules turn, relative to how far they differ between molecules."""

import numpy as np
import pandas as pd
from jaxtyping import Float


def relative_spread(rows: pd.DataFrame) -> float:
    """Rms over molecules of the spread over rotations, over that of the spread over molecules; one network, one bandlimit."""
    turned, apart = _squares(rows)
    return float(np.sqrt(turned.sum() / apart.sum()))


def replicated_spreads(rows: pd.DataFrame) -> Float[np.ndarray, " molecule"]:
    """The same with each molecule left out."""
    turned, apart = _squares(rows)
    return np.sqrt((turned.sum() - turned) / (apart.sum() - apart))


def _squares(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    rows = rows.sort_values("molecule")
    return tuple(
        rows[rows.quantity == quantity].value.to_numpy() ** 2 for quantity in ("rotation_spread", "molecule_spread")
    )
