"""What mean outputs of classifiers say: accuracy, and how far two networks' outputs are apart."""

import numpy as np
from jaxtyping import Float, Int

from ntklab.metrics.statistics import Estimate
from ntklab.types import Numbers

Outputs = Float[np.ndarray, "input class"]


def accuracy(outputs: Outputs, labels: Int[np.ndarray, " input"]) -> Estimate:
    """Fraction of inputs whose largest output is that of their class, with the binomial standard error."""
    value = np.mean(outputs.argmax(axis=1) == labels)
    return Estimate(value, np.sqrt(value * (1 - value) / len(labels)), len(labels))


def relative_difference(outputs: Outputs, reference: Outputs) -> Float[Numbers, ""]:
    """Root mean square difference over inputs and classes, relative to the root mean square of the reference."""
    return np.linalg.norm(outputs - reference) / np.linalg.norm(reference)
