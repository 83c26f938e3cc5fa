"""Slopes of power laws, with errors from those of the rows."""

import numpy as np
import pandas as pd

from ntklab.claims.claim import Finding, inside


def common_slope(rows: pd.DataFrame, kinds: pd.Series) -> Finding:
    """Slope of log value against log members with an intercept for each kind, weighted by the errors: -0.5 +- 0.1."""
    weight = rows.value / rows.stderr
    intercepts = np.equal.outer(kinds.to_numpy(), kinds.unique())
    design = np.column_stack([np.log(rows.members), intercepts]) * weight.to_numpy()[:, None]
    covariance = np.linalg.inv(design.T @ design)
    slope = (covariance @ design.T @ (np.log(rows.value) * weight).to_numpy())[0]
    error = 1.96 * np.sqrt(covariance[0, 0])
    return inside(slope, slope - error, slope + error, (-0.6, -0.4))


def slope_with_error(x: pd.Series, rows: pd.DataFrame) -> tuple[float, float]:
    """Slope of log value against log x, weighted by the errors, and half its 95 % interval."""
    weights = rows.value / rows.stderr
    coefficients, covariance = np.polyfit(np.log(x), np.log(rows.value), 1, w=weights, cov="unscaled")
    return coefficients[0], 1.96 * np.sqrt(covariance[0, 0])
