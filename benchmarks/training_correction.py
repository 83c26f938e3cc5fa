"""The order-1/n correction of the trained mean: CPU seconds and memory, and the naive route for comparison, in one run.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/training_correction.py [small] [large] [tanh] [naive]

Prints, for random inputs in five dimensions, five times with t = infinity, all sources, the drift of the NTK between all pairs:
    small   4 training and 4 test points, GeLU, depth 3
    large   16 training and 4 test points, GeLU, depth 3
    tanh    8 training and 4 test points, tanh, depth 3
    naive   `small` at one time, by `solve` for all tensors of all points and the trapezoid rule on 400 times, against
            `mean_correction`

Seconds are those of the process (user and system), which other jobs on the machine do not count into.
"""

import os
import resource
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from ntklab.finite_width import TENSORS, solve
from ntklab.finite_width.training import mean_correction

SETTING = {"depth": 3, "c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
TIMES = [0.0, 1.5, 10.0, 100.0, np.inf]


def problem(training: int, tests: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(training + tests, 5))
    return x[:training], rng.normal(size=training), x[training:]


def timed(function):
    """CPU seconds, and the result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def corrected(training: int, tests: int, activation: str) -> None:
    x_train, y, x_test = problem(training, tests)
    seconds, found = timed(lambda: mean_correction(x_train, y, x_test, TIMES, activation, **SETTING))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{training} + {tests} points, {activation}, depth 3: {seconds:.1f} s of CPU, process at most {memory:.2f} GiB, "
        f"{found.nodes} nodes, estimated relative error {max(found.errors.values()):.0e}"
    )


def trapezoid(x: np.ndarray, y: np.ndarray, end: float, intervals: int = 400) -> np.ndarray:
    """The correction at all points, from all tensors of `solve` and sums over a grid of times."""
    T = {name: layers[-1] for name, layers in solve(x, "gelu", tensors=TENSORS, **SETTING).items()}
    swap, last = (lambda X: np.einsum("acbd->abcd", X)), (lambda X: np.einsum("adbc->abcd", X))
    tr, ein = slice(0, len(y)), np.einsum
    C = T["A"] + swap(T["B"]) + last(T["B"])
    W = T["P"] + T["Q"] + swap(T["Q"])
    II = T["S"] + swap(T["T"]) + last(T["U"])
    E = T["R"] + swap(T["R"]) + last(T["R"]) + II + swap(II)
    C, V, E = C[:, tr, tr, tr], (W + W.swapaxes(0, 1))[:, tr, tr, tr], (E + E.swapaxes(0, 1))[:, tr, tr, tr]
    values, vectors = np.linalg.eigh(T["Theta"][tr, tr])
    K, s = T["K"][tr, tr], np.linspace(0, end, intervals + 1)
    g = ein("ia,ta,ja->tij", vectors, np.exp(-np.outer(s, values)), vectors)
    G = ein("ia,ta,ja->tij", vectors, -np.expm1(-np.outer(s, values)) / values, vectors)
    gy, Gy, S = g @ y, G @ y, []
    for k in range(intervals + 1):
        g0, G0, gy0, Gy0, weights = g[: k + 1], G[: k + 1], gy[: k + 1], Gy[: k + 1], np.full(k + 1, s[1])
        weights[[0, -1]] /= 1 + (k > 0)
        products = ein("sc,sb,a->sabc", Gy0, gy0, gy[k]) + ein("scb,a->sabc", G0 @ K @ g0, gy[k])
        products += ein("sca,sb->sabc", G0 @ K @ g[k], gy0) + ein("sba,sc->sabc", g0 @ K @ g[k], Gy0)
        S.append(
            -T["Theta1"][:, tr] @ gy[k]
            + (k > 0) * ein("dabc,sab,sc,s->d", C, g0[::-1], gy0, weights)
            + ein("dabc,bc,a->d", V, G[k], gy[k])
            + ein("dabc,b,ac->d", V, Gy[k], g[k])
            - (k > 0) * ein("dabc,sabc,s->d", E, products, weights)
        )
    S, weights = np.array(S), np.full(intervals + 1, s[1])
    weights[[0, -1]] /= 2
    return -weights @ (S - ein("da,sab,sb->sd", T["Theta"][:, tr], G[::-1], S[:, tr]))


def naive() -> None:
    x_train, y, x_test = problem(4, 4)
    theirs, value = timed(lambda: trapezoid(np.concatenate([x_train, x_test]), y, 1.5))
    ours, found = timed(lambda: mean_correction(x_train, y, x_test, [1.5], "gelu", **SETTING))
    difference = np.abs(value[4:] / found.correction[0] - 1).max()
    print(
        f"4 + 4 points, gelu, depth 3: naive {theirs:.1f} s of CPU, ours {ours:.2f} s: {theirs / ours:.0f} times as fast; "
        f"relative difference {difference:.0e}, of the trapezoid rule"
    )


if __name__ == "__main__":
    for part in sys.argv[1:] or ("small", "naive", "tanh", "large"):
        if part == "naive":
            naive()
        else:
            corrected(*{"small": (4, 4, "gelu"), "large": (16, 4, "gelu"), "tanh": (8, 4, "tanh")}[part])
