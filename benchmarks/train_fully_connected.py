"""The hand-written trainer of fully connected members against a plain loop over torch modules with autograd.

Run:  ./run python benchmarks/train_fully_connected.py
One thread, 400 samples of 25 inputs, float32, full-batch gradient descent; ours and the loop in turn, median of the
ratios of the pairs. Also the fraction of this machine's matrix-multiplication rate that ours reaches.
"""

import itertools
import statistics
import time
from collections.abc import Callable

import torch

from ntklab.ensembles.members import initial_weights, train_chunk

SAMPLES, INPUTS, PAIRS = 400, 25, 7
LEARNING_RATE = 0.1


def module_loop(x: torch.Tensor, y: torch.Tensor, width: int, depth: int, steps: int) -> None:
    """One network of torch.nn modules, trained with torch.optim.SGD."""
    sizes = [INPUTS, *[width] * depth, 1]
    layers = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(fan_in, fan_out, bias=False), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        (0.5 * (network(x) - y).square().mean()).backward()
        optimiser.step()


def ours(x: torch.Tensor, y: torch.Tensor, width: int, depth: int, steps: int) -> None:
    """One member of an ensemble."""
    weights = initial_weights([INPUTS, *[width] * depth, 1], [0], seed=0, experiment="benchmark")
    train_chunk(weights, x, y, learning_rate=LEARNING_RATE, recorded_steps=[steps - 1], record=lambda *_: None)


def milliseconds_per_step(run: Callable, *arguments) -> float:
    """Time of one step."""
    start = time.perf_counter()
    run(*arguments)
    return (time.perf_counter() - start) / arguments[-1] * 1e3


def matmul_rate(size: int = 2048, repeats: int = 5) -> float:
    """Gflop/s of a large float32 matrix product on one thread."""
    a = torch.randn(size, size)
    a @ a
    start = time.perf_counter()
    for _ in range(repeats):
        a @ a
    return repeats * 2 * size**3 / (time.perf_counter() - start) / 1e9


def main() -> None:
    """Print a row per network."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = torch.randn(SAMPLES, INPUTS), torch.randn(SAMPLES, 1)
    rate = matmul_rate()
    print(f"matrix products: {rate:.0f} Gflop/s on one thread; {PAIRS} pairs, medians")
    print(f"{'depth':>5} {'width':>5} {'loop ms':>8} {'ours ms':>8} {'ratio':>6} {'of matmul rate':>15}")
    for depth, width, steps in [(1, 512, 200), (1, 1024, 100), (1, 2048, 50), (2, 512, 20), (2, 2048, 3)]:
        for run in (module_loop, ours):
            run(x, y, width, depth, 2)
        pairs = [
            [milliseconds_per_step(run, x, y, width, depth, steps) for run in (module_loop, ours)] for _ in range(PAIRS)
        ]
        loop, mine = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        # Forward, weight gradient and, above the first layer, input gradient: 2 flops per sample and weight each.
        flops = 2 * SAMPLES * (2 * INPUTS * width + 3 * (depth - 1) * width**2 + 3 * width)
        print(f"{depth:5} {width:5} {loop:8.3f} {mine:8.3f} {ratio:6.2f} {flops / mine / 1e6 / rate:14.0%}")


if __name__ == "__main__":
    main()
