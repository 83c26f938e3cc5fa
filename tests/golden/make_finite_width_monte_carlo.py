"""Makes finite_width_monte_carlo.npz: tensors estimated from random networks, against which the recursions are tested.

    python tests/golden/make_finite_width_monte_carlo.py       (20 minutes on one core)

Layer 2 from networks with three hidden neurons, where nothing is left out. Layer 3 from widths (n, 4n) for three n, so that
the terms carried from layer 2 are four times as large. Constants and components are chosen so that every term is at least a
sixth of the sum of the terms' sizes in some component. Nothing here uses the recursions of order 1/n.
"""

from pathlib import Path

import numpy as np

from ntklab.files import save_arrays
from ntklab.finite_width.sampling import sample

ACTIVATION = "erf"
INPUTS = np.array([[-0.27, -1.04, -0.59], [-0.47, 1.21, 0.94], [1.56, -0.15, -0.09]])
CONSTANTS = {"c_w": 1.4, "c_b": 0.2, "lambda_w": 0.7, "lambda_b": 0.05}
COMPONENTS = [
    (0, 0, 0, 0), (2, 2, 2, 2), (2, 0, 2, 1), (0, 0, 1, 2), (1, 1, 0, 0), (2, 0, 1, 1), (1, 1, 2, 0), (1, 0, 0, 0), (0, 1, 1, 0),
]  # fmt: skip
LAYER2_TENSORS = ("K", "Theta", "V", "D", "A", "F", "B", "P", "Q", "R", "S", "T", "U")
LAYER3_TENSORS = ("F", "B", "P", "Q", "R", "S", "T", "U")
LAYER3_NETWORKS = {8: 200_000, 16: 60_000, 32: 12_000}
OUTPUT = Path(__file__).with_name("finite_width_monte_carlo.npz")


def main() -> None:
    options = {"components": COMPONENTS, "batches": 60, "seed": 20240305, "estimator": "averaged", **CONSTANTS}
    arrays = {}
    drawn = sample(INPUTS, ACTIVATION, [3], tensors=LAYER2_TENSORS, networks=600_000, **options)
    for tensor in LAYER2_TENSORS:
        arrays[f"layer2/{tensor}"] = np.stack([drawn[tensor][1], drawn.stderr(tensor)[1]])
    print("layer 2 done", flush=True)
    for n, networks in LAYER3_NETWORKS.items():
        drawn = sample(INPUTS, ACTIVATION, [n, 4 * n], tensors=LAYER3_TENSORS, networks=networks, **options)
        for tensor in LAYER3_TENSORS:
            arrays[f"layer3/{n}/{tensor}"] = np.stack([drawn[tensor][2], drawn.stderr(tensor)[2]])
        print("layer 3", n, "done", flush=True)
        save_arrays(OUTPUT, arrays, {"content": "value and standard error for each component"})


if __name__ == "__main__":
    main()
