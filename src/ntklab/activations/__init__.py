"""Activations by name, good for kernels (`Network`), recursions (`solve`) and sampled networks (`sample`) alike."""

import re
from typing import Any

from ntklab.activations.activation import Activation, Duals, quadrature_error
from ntklab.activations.custom import activation_from
from ntklab.activations.rectifiers import RECTIFIERS, leaky_relu
from ntklab.activations.smooth import SMOOTH, polynomial
from ntklab.errors import InputError

ACTIVATIONS: dict[str, Activation] = {**RECTIFIERS, **SMOOTH}
"""Name -> activation. Leaky ReLU of another slope is leaky_relu(slope); polynomials have a function of their own."""


def get_activation(name: str | Activation | Any) -> Activation:
    """The activation of that name, leaky_relu(0.1) included, or the one given; `InputError` names the ones there are."""
    if isinstance(name, Activation):
        return name
    if not isinstance(name, str):
        raise InputError(
            f"activation: {name!r} is neither a name nor an Activation; activation_from(function) makes one of a function"
        )
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    if slope := re.fullmatch(r"leaky_relu\((-?\d+(?:\.\d*)?(?:e-?\d+)?)\)", name):
        return leaky_relu(float(slope[1]))
    raise InputError(
        f"unknown activation {name!r}; known: {', '.join(ACTIVATIONS)}, leaky_relu(slope), or an Activation, such as "
        "polynomial(...) or activation_from(a function of yours)"
    )


__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Duals",
    "activation_from",
    "get_activation",
    "leaky_relu",
    "polynomial",
    "quadrature_error",
]
