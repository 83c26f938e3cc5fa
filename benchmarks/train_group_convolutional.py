"""A step of full-batch training of a C4 group-convolutional network against that of the CNN it is compared with.

Run:  ./run python benchmarks/train_group_convolutional.py
In turn in one process, one thread, medians: both on the same images, and as they are trained, the CNN on all four
rotations of every image.
"""

import statistics
import time

import numpy as np
import torch

from ntklab.nets.convolutional import build_network

ROUNDS, IMAGES, SIZE, OUTPUTS = 15, 32, 14, 10
CASES = [((5, 5), 8), ((5, 5), 16), ((3, 3), 16), ((3, 3), 32), ((14, 1), 128)]


def step(net: torch.nn.Module, x: torch.Tensor) -> None:
    """Loss and gradient of every parameter."""
    torch.autograd.grad(net(x).square().mean(), list(net.parameters()))


def milliseconds(net: torch.nn.Module, x: torch.Tensor) -> float:
    start = time.perf_counter()
    step(net, x)
    return 1e3 * (time.perf_counter() - start)


def main() -> None:
    torch.set_num_threads(1)
    print(f"{IMAGES} images of {SIZE} x {SIZE}, medians of {ROUNDS} rounds, ms per step")
    print(f"{'filters':>10} {'width':>6} {'CNN':>8} {'GCNN':>8} {'ratio':>6} {'CNN, 4 rotations':>17} {'ratio':>6}")
    for filters, width in CASES:
        options = {"channels": 1, "size": SIZE, "outputs": OUTPUTS, "padding": "VALID"}
        cnn, gcnn = (
            build_network(kind, filters, width, rng=np.random.default_rng(0), **options) for kind in ("cnn", "gcnn")
        )
        x, augmented = torch.randn(IMAGES, 1, SIZE, SIZE), torch.randn(4 * IMAGES, 1, SIZE, SIZE)
        turns = {"CNN": (cnn, x), "GCNN": (gcnn, x), "augmented": (cnn, augmented)}
        times = {name: [] for name in turns}
        for round_number in range(ROUNDS + 2):  # two rounds to warm up
            for name, (net, images) in turns.items():
                elapsed = milliseconds(net, images)
                if round_number >= 2:
                    times[name].append(elapsed)
        median = {name: statistics.median(values) for name, values in times.items()}
        print(
            f"{filters!s:>10} {width:>6} {median['CNN']:>8.2f} {median['GCNN']:>8.2f} {median['GCNN'] / median['CNN']:>6.2f}"
            f" {median['augmented']:>17.2f} {median['GCNN'] / median['augmented']:>6.2f}"
        )


if __name__ == "__main__":
    main()
