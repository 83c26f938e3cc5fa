"""Make finite_width_averages.npz: statistics of whole networks at small widths, which collapsed sampling is compared with.

    python tests/golden/make_finite_width_averages.py

Means and standard errors of `sample(estimator="averaged")` for the ensembles of `SETUPS`, five minutes on one core. Made
once; the tests only read it. Constants differ from layer to layer, widths are unequal, and inputs are dependent or more than
neurons.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ntklab.finite_width import sample

COMPONENTS = ((0, 0, 0, 0), (0, 1, 0, 1), (0, 0, 2, 2), (0, 1, 0, 2), (0, 0, 2, 1), (1, 0, 2, 1))
TENSORS = ("K", "Theta", "V", "D", "F", "A", "B")
LAYERS = {
    "c_w": (1.3, 1.1, 1.5, 0.9),
    "c_b": (0.1, 0.2, 0.05, 0.3),
    "lambda_w": (0.8, 1.2, 0.5, 0.7),
    "lambda_b": (0.3, 0.1, 0.2, 0.4),
}
PLAIN = {"c_w": 2.0}
PATH = Path(__file__).with_name("finite_width_averages.npz")


class Compared(NamedTuple):
    """One ensemble."""

    activation: str
    widths: tuple[int, ...]
    dimension: int
    constants: dict
    networks: int
    """Of the reference."""

    @property
    def x(self) -> np.ndarray:
        """Three inputs in as many dimensions."""
        return np.random.default_rng(7).normal(size=(3, self.dimension))


SETUPS = {
    "relu, constants of each layer": Compared("relu", (4, 3, 5), 3, LAYERS, 1_600_000),
    "tanh, constants of each layer": Compared("tanh", (5, 4, 6), 3, LAYERS, 1_600_000),
    "relu, dependent inputs": Compared("relu", (8, 8, 8), 2, PLAIN, 800_000),
    "gelu, more inputs than neurons": Compared("gelu", (2, 16, 8), 2, PLAIN, 400_000),
}


def main() -> None:
    found = {}
    for name, of in SETUPS.items():
        drawn = sample(
            of.x, of.activation, of.widths, tensors=TENSORS, components=COMPONENTS, networks=of.networks, batches=40,
            seed=11, estimator="averaged", **of.constants,
        )  # fmt: skip
        for tensor in TENSORS:
            found[f"{name}/{tensor}"] = np.stack(drawn[tensor])
            found[f"{name}/{tensor}/stderr"] = np.stack(drawn.stderr(tensor))
        print(name, flush=True)
    np.savez_compressed(PATH, **found)


if __name__ == "__main__":
    main()
