"""Tables behind the claims: sampled values with groups of batches left out, and numbers of theory with their error bounds."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from ntklab.experiments.finite_width.power_laws import WIDTHS
from ntklab.experiments.finite_width.relu_moments import TENSORS, leading_order, moments
from ntklab.experiments.finite_width.setups import SETUPS, Setup
from ntklab.experiments.finite_width.single_input import by_parts
from ntklab.files import Arrays
from ntklab.metrics.resampling import leave_groups_out

INF = float("inf")
OF_DEPTH = ("Theta", *TENSORS)
"""Tensors of which every layer is kept, in a scan of depths."""
BY_PARTS = ("relu", "leaky_relu", "identity", "gelu")
DEEPEST = 30
"""Layers of the numbers at one input: the depth of the paper's networks, whatever is sampled."""
VALIDITY = tuple(round(16 * 2 ** (k / 2)) for k in range(13))
"""Widths, 16 to 1024, at which the leading order is compared with exact moments."""
ROUNDING = 1e-12
"""Relative error of thirty layers of recursions in float64, below which no bound of the solver is believed."""

Samples = Mapping[int, Mapping[str, Float[np.ndarray, "batch layer component"]]]
"""Width -> tensor -> estimates of independent batches."""


def replicate_rows(
    ensemble: Setup,
    components: Mapping[str, list[str]],
    samples: Samples,
    theory: Mapping[str, Float[np.ndarray, "layer c"]],
) -> Iterator[dict[str, Any]]:
    """Rows of the table of replicates; `theory` has K and K1 beside each other, one column for each component."""
    for width, tensors in samples.items():
        for tensor, batches in tensors.items():
            if ensemble.scan == "depth" and tensor not in OF_DEPTH:
                continue
            first = 0 if ensemble.scan == "depth" else batches.shape[1] - 1
            yield from _rows(ensemble, tensor, width, components[tensor], batches[:, first:], first, theory)


def _rows(ensemble, tensor, width, components, batches, first, theory) -> Iterator[dict[str, Any]]:
    kernel = tensor in ("K", "Theta")
    values = np.concatenate([batches.mean(axis=0)[None], leave_groups_out(lambda kept: kept.mean(axis=0), batches)])
    stderr = batches.std(axis=0, ddof=1) / np.sqrt(len(batches))
    limit = theory[tensor][first:] if kernel else np.zeros_like(stderr)
    leading = theory[f"{tensor}1" if kernel else tensor][first:]
    exact = exact_moments(ensemble, tensor, width, first + len(stderr))[first:]
    for replicate, layer, c in np.ndindex(values.shape):
        yield {
            "tensor": tensor, "component": components[c], "layer": first + layer + 1, "width": float(width),
            "replicate": replicate, "quantity": "sampled", "value": float(values[replicate, layer, c]),
            "stderr": float(stderr[layer, c]), "limit": float(limit[layer, c]), "leading": float(leading[layer, c]),
            "exact": float(exact[layer]) if components[c] == "0000" else np.nan,
        }  # fmt: skip


def exact_moments(ensemble: Setup, tensor: str, width: int, layers: int) -> Float[np.ndarray, " layer"]:
    """The component 0000 at this width; nan where it is not known."""
    if not ensemble.exact or tensor not in TENSORS:
        return np.full(layers, np.nan)
    return np.array(moments(width, layers)[tensor]) * _norm(ensemble) ** 2


def _norm(ensemble: Setup) -> float:
    """|x_0|^2 / n_0."""
    return float(np.mean(ensemble.x[0] ** 2))


def theory_rows(solved: Mapping[str, Arrays], widths: Mapping[str, list[int]]) -> Iterator[dict[str, Any]]:
    """Rows of the table of theory; `widths` are those that were sampled, of each ensemble."""
    for name in BY_PARTS:
        yield from _by_parts(name)
    for name in solved:
        if SETUPS[name].scan == "depth":
            for tensor in (tensor for tensor in TENSORS if tensor in SETUPS[name].tensors):
                yield from _recursion(name, tensor, solved[name])
                for width in sorted({*widths[name], WIDTHS[tensor], WIDTHS[tensor] // 4, *VALIDITY}):
                    yield from _values(name, tensor, "exact", moments(width, DEEPEST)[tensor], float(width))
                yield from _values(name, tensor, "closed_form", leading_order(DEEPEST)[tensor], INF)


def _by_parts(name: str) -> Iterator[dict[str, Any]]:
    ensemble = SETUPS[name]
    found = by_parts(ensemble.activation, ensemble.x[0], ensemble.c_w, DEEPEST)
    for tensor, values in found.values.items():
        for layer, (value, error) in enumerate(zip(values, found.errors[tensor], strict=True), 1):
            yield {
                "setup": name, "tensor": tensor, "component": "00", "layer": layer, "width": INF, "quantity": "by_parts",
                "value": float(value), "error": float(error),
            }  # fmt: skip


def _recursion(name: str, tensor: str, solved: Arrays) -> Iterator[dict[str, Any]]:
    """The solver's bound is relative to the largest component of a layer."""
    relative = max(solved.header["errors"][tensor], ROUNDING)
    for layer, X in enumerate(solved[tensor], 1):
        yield {
            "setup": name, "tensor": tensor, "component": "0000", "layer": layer, "width": INF, "quantity": "recursion",
            "value": float(X[0, 0, 0, 0]), "error": float(relative * np.abs(X).max()),
        }  # fmt: skip


def _values(name: str, tensor: str, quantity: str, values: list[float], width: float) -> Iterator[dict[str, Any]]:
    scale = _norm(SETUPS[name]) ** 2
    for layer, value in enumerate(values, 1):
        yield {
            "setup": name, "tensor": tensor, "component": "0000", "layer": layer, "width": width, "quantity": quantity,
            "value": scale * value, "error": ROUNDING * scale * abs(value),
        }  # fmt: skip
