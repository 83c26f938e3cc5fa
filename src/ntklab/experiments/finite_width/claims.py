"""Claims of `Finite-Width Neural Tangent Kernels from Feynman Diagrams` (Guillen, Misof & Gerken, arXiv 2508.11522v4)."""

from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED, Claim, Finding, inside
from ntklab.experiments.finite_width.power_laws import FIGURES, PRINTED
from ntklab.metrics.extrapolation import extrapolate
from ntklab.metrics.power_law import fit_power_law

INF = float("inf")
TABLE = "feynman/finite_width"
CORRECTION = {"K": "K1", "Theta": "Theta1"}
KERNELS = {"K": "NNGP kernel", "Theta": "NTK"}
TENSORS = ("K1", "Theta1", "V", "D", "F", "A", "B", "P", "Q", "R", "S", "T", "U")
SCALE_INVARIANT = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "identity": "linear"}
EXPONENT_TOLERANCE = 0.25
"""The printed exponents are of networks of width 200 to 300, ours of the leading order in 1/width."""
SLOPE = 0.669083956
"""|x_0|^2 / n_0 of the ReLU figures: slope of the mean NTK against depth at criticality."""
NOTHING = Finding(np.nan, np.nan, np.nan, UNDECIDED)


def _select(table: pd.DataFrame, **values) -> pd.DataFrame:
    for column, value in values.items():
        table = table[table[column] == value]
    return table.sort_values(["width", "layer"])


def _number(table: pd.DataFrame, **values) -> float:
    return float(_select(table, **values).value.iloc[0])


def corrected_is_closer(table: pd.DataFrame, kernel: str, component: str) -> Finding:
    """Distance of the sampled means to the corrected kernel over that to infinite width, rms over widths from 20 on."""
    at = {"setup": "gelu", "component": component, "layer": 4}
    rows = _select(table, tensor=kernel, quantity="sampled", **at)
    rows = rows[rows.width >= 20]
    if not len(rows):
        return NOTHING
    limit = _number(table, tensor=kernel, quantity="infinite_width", **at)
    correction = _number(table, tensor=CORRECTION[kernel], quantity="leading_order", **at)
    away = np.sqrt(np.mean((rows.value - limit) ** 2))
    value = np.sqrt(np.mean((rows.value - limit - correction / rows.width) ** 2)) / away
    error = 1.96 * np.sqrt(np.mean(rows.stderr**2)) / away
    return inside(value, max(value - error, 0.0), value + error, (0.0, 0.5))


def corrected_agrees(table: pd.DataFrame, kernel: str, component: str) -> Finding:
    """Coefficient of 1/n from the sampled means (polynomial in 1/n through infinite width), over the recursions' one."""
    at = {"setup": "gelu", "component": component, "layer": 4}
    rows = _select(table, tensor=kernel, quantity="sampled", **at)
    limit = _number(table, tensor=kernel, quantity="infinite_width", **at)
    correction = _number(table, tensor=CORRECTION[kernel], quantity="leading_order", **at)
    degree = min(2, len(rows) - 1)
    widths = rows.width.to_numpy()
    value, error = extrapolate(
        widths, (rows.value.to_numpy() - limit) * widths, rows.stderr.to_numpy() * widths, degree
    )
    ratio, error = float(value) / correction, 1.96 * float(error) / abs(correction)
    if error > 0.5:
        return Finding(ratio, ratio - error, ratio + error, UNDECIDED)
    verdict = SUPPORTED if abs(ratio - 1) <= 1.5 * error else CONTRADICTED
    return Finding(ratio, ratio - error, ratio + error, verdict)


def tensor_agrees(table: pd.DataFrame, tensor: str) -> Finding:
    """Root mean square of z over the components; the interval is where a chi-square would put it 99.8 % of the time."""
    z = _select(table, setup="all_tensors", tensor=tensor, quantity="z_score").value
    low, high = np.sqrt(stats.chi2.ppf([0.001, 0.999], len(z)) / len(z))
    value = float(np.sqrt(np.mean(z**2)))
    return Finding(value, float(low), float(high), SUPPORTED if value <= high else CONTRADICTED)


def no_correction_in_theory(table: pd.DataFrame, setup: str, kernel: str) -> Finding:
    """Largest |K1_00| or |Theta1_00| over layers, relative to the kernel."""
    rows = _select(table, setup=setup, tensor=CORRECTION[kernel], component="00", quantity="leading_order", c_w=2.0)
    limit = _select(table, setup=setup, tensor=kernel, component="00", quantity="infinite_width", c_w=2.0)
    value = float(np.max(np.abs(rows.value.to_numpy() / limit.value.to_numpy())))
    return inside(value, value, value, (0.0, 1e-9))


def no_correction_in_networks(table: pd.DataFrame, setup: str, kernel: str) -> Finding:
    """Mean over widths of n times the relative deviation at 00, layer 4."""
    at = {"setup": setup, "tensor": kernel, "component": "00", "layer": 4}
    limit = _number(table, quantity="infinite_width", **at)
    rows = _select(table, quantity="sampled", **at)
    deviation, error = (rows.value / limit - 1) * rows.width, rows.stderr / limit * rows.width
    weight = 1 / error**2
    value, half = np.sum(weight * deviation) / weight.sum(), 1.96 / np.sqrt(weight.sum())
    if half > 0.2:
        return Finding(value, value - half, value + half, UNDECIDED)
    # A wrong statement would show up as a deviation of order one, as that of 01 is.
    return Finding(value, value - half, value + half, SUPPORTED if abs(value) < 1.5 * half else CONTRADICTED)


def linear_growth(table: pd.DataFrame) -> Finding:
    """Sampled mean NTK at 00 of the last layer, divided by its number."""
    rows = _select(table, setup="relu_depth", tensor="Theta", component="00", quantity="sampled", c_w=2.0)
    last = rows.iloc[-1]
    value, error = last.value / last.layer, 1.96 * last.stderr / last.layer
    if error > 0.2 * SLOPE:
        return Finding(value, value - error, value + error, UNDECIDED)
    verdict = SUPPORTED if abs(value - SLOPE) < 1.5 * error else CONTRADICTED
    return Finding(value, value - error, value + error, verdict)


def power_law(table: pd.DataFrame, tensor: str, component: str, quantity: str) -> Finding:
    """Exponent of the fit to theory, or to networks, from the printed first layer on."""
    start, exponent = PRINTED[tensor][component]
    setup = "relu_depth_v" if tensor == "V" else "relu_depth"
    rows = _select(table, setup=setup, c_w=2.0, tensor=tensor, component=component, quantity=quantity)
    layers, values = rows.layer.to_numpy(), rows.value.to_numpy()
    fit = fit_power_law(layers, values, start)
    if fit is None:
        return NOTHING
    # Standard error of the slope if layers erred independently; they err together, so that this is a rough one.
    kept = layers >= start
    logs = np.log(layers[kept])
    relative = np.abs(rows.stderr.to_numpy()[kept] / values[kept])
    error = 1.96 * float(np.mean(relative) / (np.std(logs) or 1))
    bounds = (exponent - EXPONENT_TOLERANCE, exponent + EXPONENT_TOLERANCE)
    return inside(fit.exponent, fit.exponent - error, fit.exponent + error, bounds)


def leading_leaky(table: pd.DataFrame) -> Finding:
    """n times the relative deviation of the NTK at 01 of LeakyReLU networks, extrapolated to infinite width."""
    at = {"setup": "leaky_relu", "tensor": "Theta", "component": "01", "layer": 4}
    limit = _number(table, quantity="infinite_width", **at)
    rows = _select(table, quantity="sampled", **at)
    widths = rows.width.to_numpy()
    value, error = extrapolate(
        widths,
        (1 - rows.value.to_numpy() / limit) * widths,
        rows.stderr.to_numpy() / limit * widths,
        min(1, len(rows) - 1),
    )
    value, half = float(value), 1.96 * float(error)
    published = 1.207
    if half > 0.3:
        return Finding(value, value - half, value + half, UNDECIDED)
    return Finding(value, value - half, value + half, SUPPORTED if abs(value - published) < half else CONTRADICTED)


def _claim(name: str, source: str, statement: str, quantity: str, criterion: str, find, **published) -> Claim:
    return Claim(f"E3-{name}", "feynman", source, statement, quantity, criterion, TABLE, find, **published)


CLAIMS: tuple[Claim, ...] = (
    *(
        claim
        for kernel, name in KERNELS.items()
        for component in ("00", "01")
        for claim in (
            _claim(
                f"corrected-closer-{kernel}-{component}",
                "Figs. 1 and 4; slides 'Numerical results'",
                f"The first-order corrected {name} is closer to the mean over networks than infinite width, from width 20 on.",
                "rms distance to the corrected kernel over that to infinite width, layer 4, GeLU",
                "interval below 0.5",
                partial(corrected_is_closer, kernel=kernel, component=component),
            ),
            _claim(
                f"correction-{kernel}-{component}",
                "Fig. 5; eq. (15)",
                f"The correction of order 1/n of the {name} is that of the recursions.",
                "coefficient of 1/n from networks, over that of the recursions; layer 4, GeLU",
                "1 within 1.5 times the 95 % interval, which is at most 0.5 wide",
                partial(corrected_agrees, kernel=kernel, component=component),
            ),
        )
    ),
    *(
        _claim(
            f"tensor-{tensor}",
            "recursions of all tensors; appendix",
            f"The recursion of {tensor} agrees with networks drawn at random.",
            "rms z over components at layer 3, extrapolated in 1/n; interval: 99.8 % of a chi-square",
            "at most the upper end",
            partial(tensor_agrees, tensor=tensor),
        )
        for tensor in TENSORS
    ),
    *(
        claim
        for setup, activation in SCALE_INVARIANT.items()
        for kernel, name in KERNELS.items()
        for claim in (
            _claim(
                f"no-correction-{setup}-{kernel}-theory",
                "theorem on scale-invariant activations; Figs. 3, 22 to 24",
                f"The {name} of {activation} networks at a single input has no correction of order 1/n, at any depth.",
                "largest correction over layers, relative to the kernel (recursions)",
                "at most 1e-9",
                partial(no_correction_in_theory, setup=setup, kernel=kernel),
            ),
            _claim(
                f"no-correction-{setup}-{kernel}-networks",
                "theorem on scale-invariant activations; Figs. 3, 22 to 24",
                f"The mean {name} of {activation} networks at a single input is that of infinite width.",
                "n times the relative deviation, mean over widths (networks)",
                "0 within 1.5 times the 95 % interval, whose half width is at most 0.2",
                partial(no_correction_in_networks, setup=setup, kernel=kernel),
            ),
        )
    ),
    _claim(
        "linear-growth",
        "Fig. 2, middle; slide 'Stability'",
        "At criticality the mean NTK of ReLU networks grows linearly with depth, with slope |x|^2 / n_0.",
        "mean NTK at the last layer over its number; |x|^2 / n_0 = 0.669",
        "0.669 within 1.5 times the 95 % interval",
        linear_growth,
        published=0.7,
    ),
    *(
        _claim(
            f"power-{tensor}-{component}-{'theory' if quantity == 'leading_order' else 'networks'}",
            FIGURES[tensor],
            f"{tensor}_{component} of critical ReLU networks grows with depth like the printed power.",
            "exponent of the fit " + ("to the recursions" if quantity == "leading_order" else "to networks"),
            f"interval within {EXPONENT_TOLERANCE} of the printed exponent",
            partial(power_law, tensor=tensor, component=component, quantity=quantity),
            published=printed.exponent,
        )
        for tensor, fits in PRINTED.items()
        for component, printed in fits.items()
        for quantity in ("leading_order", "sampled")
    ),
    _claim(
        "leaky-relu-printed",
        "Fig. 24, right",
        "The NTK of LeakyReLU networks (slope 0.1) deviates at two different inputs as that of ReLU networks does.",
        "n times the relative deviation at 01, layer 4, extrapolated; the recursions say 1.615",
        "1.207 within the 95 % interval",
        leading_leaky,
        published=1.207,
    ),
)
