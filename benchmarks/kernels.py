"""The orbit kernel of a CNN against direct group layers and neural-tangents, and the solve by the group's Fourier transform.

Run:  ./run python benchmarks/kernels.py
Network: lift3-ReLU-gconv3-ReLU-pool, VALID, K and Theta, all four rotations, time per pair of images; then every group of the
square, time per pair and element, and the augmented solve, against dense Cholesky and per element. The peers take
their turns in one process and the median over the rounds is printed; everything is compiled before. "of bandwidth" is
the traffic of all stages, each array streamed once per stage, over the rate of a large sum of arrays: above 100 % the
arrays of a pair stay in the cache from one stage to the next.
"""

import statistics
import time
from collections.abc import Callable
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax import enable_x64
from scipy.linalg import cho_factor, cho_solve

from ntklab.groups import REGISTRY, FiniteGroup, group
from ntklab.kernels import Network, orbit_kernel, pairs, tiles
from ntklab.kernels.augmented import augmented_solve
from ntklab.kernels.cnn import augmented_matrix
from ntklab.kernels.direct import cnn_layers, gcnn_layers

NETWORK = Network((3, 3), padding="VALID")
ROUNDS = 5
SOLVE_SAMPLES = 500
ROTATIONS = 4
DENSE = ("c4",)
"""Groups whose dense augmented matrix is solved for comparison."""


def compiled(layers: tuple) -> Callable:
    """The kernel function of neural-tangents layers, under jit."""
    return jax.jit(lambda x, y: tuple(layers[2](x, y, ("nngp", "ntk"))))


GROUP_LAYERS, PLAIN_LAYERS = compiled(gcnn_layers(NETWORK)), compiled(cnn_layers(NETWORK))


def ours(x: np.ndarray, y: np.ndarray, dtype: str) -> None:
    """The orbit kernel of all pairs."""
    orbit_kernel(NETWORK, x, y, dtype=dtype)


def group_layers(x: np.ndarray, y: np.ndarray, dtype: str) -> None:
    """One pair at a time: 16 P^2 numbers per array leave no room for more."""
    with enable_x64(dtype == "float64"):
        for a, b in ((a, b) for a in x for b in y):
            jax.block_until_ready(GROUP_LAYERS(a[None].astype(dtype), b[None].astype(dtype)))


def plain_layers(x: np.ndarray, y: np.ndarray, dtype: str) -> None:
    """neural-tangents' CNN kernel on the four rotations of y, all pairs of a rotation in one call."""
    with enable_x64(dtype == "float64"):
        for r in range(ROTATIONS):
            jax.block_until_ready(PLAIN_LAYERS(x.astype(dtype), np.rot90(y, r, axes=(1, 2)).astype(dtype)))


def seconds(run: Callable, *arguments) -> float:
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start


def medians(runs: list[Callable], rounds: int, *arguments) -> list[float]:
    """Median time of each run, the runs in turn."""
    for run in runs:
        run(*arguments)
    times = [[seconds(run, *arguments) for run in runs] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def traffic(size: int, dtype: str) -> int:
    """Bytes that the stages of one pair read and write, all rotations, if every array is streamed once per stage."""
    total = 0

    def counting_stage(_, function, *arrays):
        nonlocal total
        result = function(*arrays)
        total += sum(array.size * array.dtype.itemsize for array in (*arrays, result))
        return result

    with enable_x64(dtype == "float64"), mock.patch.object(pairs, "stage", counting_stage):
        image = jax.ShapeDtypeStruct((1, size, size, 3), dtype)

        def pair(x, y):
            v, w = ([a[0] for a in pairs.layer_variances(NETWORK, z)] for z in (x, y))
            return pairs.pooled_pair(NETWORK, True, x[0], y[0], v, w)

        jax.eval_shape(pair, image, image)
    return ROTATIONS * total


def memory(size: int, dtype: str) -> float:
    """GiB of temporaries of the compiled loop over the pairs of a tile."""
    with enable_x64(dtype == "float64"):
        images = jnp.zeros((16, size, size, 3), dtype)
        program = pairs.pooled_pairs.lower(NETWORK, images, images, np.zeros((256, 2), np.int64), 256).compile()
    return program.memory_analysis().temp_size_in_bytes / 2**30


def bandwidth(megabytes: int = 256, repeats: int = 5) -> float:
    """Bytes per second of a + b -> c on arrays far larger than the caches, compiled like the kernels."""
    a = jnp.ones(megabytes * 2**18, jnp.float32)
    add = jax.jit(lambda a, b: a + 2 * b)
    jax.block_until_ready(add(a, a + 1))
    b = a + 1
    best = min(seconds(lambda: jax.block_until_ready(add(a, b))) for _ in range(repeats))
    return 3 * a.nbytes / best


def compare_kernels() -> None:
    """Print a row per image size and dtype."""
    rate = bandwidth()
    print(f"memory bandwidth {rate / 1e9:.1f} GB/s; {ROUNDS} rounds, medians, ms per pair of images")
    titles = ["px", "dtype", "ours", "group", "ratio", "nt CNN", "ratio", "GiB", "of bandwidth"]
    print("{:>3} {:>8} {:>8} {:>9} {:>6} {:>8} {:>6} {:>6} {:>13}".format(*titles))
    rng = np.random.default_rng(0)
    for size, n, rounds in [(16, 2, 2 * ROUNDS), (32, 1, ROUNDS)]:
        x, y = rng.normal(size=(2, n, size, size, 3))
        for dtype in ("float64", "float32"):
            mine, plain = (t / n**2 for t in medians([ours, plain_layers], rounds, x, y, dtype))
            group = medians([group_layers], 2, x[:1], y[:1], dtype)[0]
            share = traffic(size, dtype) / mine / rate
            print(
                f"{size:3} {dtype:>8} {1e3 * mine:8.2f} {1e3 * group:9.1f} {group / mine:6.1f} {1e3 * plain:8.2f} "
                f"{plain / mine:6.2f} {memory(size, dtype):6.3f} {share:13.0%}"
            )


def compare_options() -> None:
    """Print the time without the compiler options of `pairs.CPU_OPTIONS` over that with them, in turn."""
    x = np.random.default_rng(0).normal(size=(12, 14, 14, 1))
    programs = {"with": pairs.compiled_pairs()}
    with mock.patch.dict(pairs.CPU_OPTIONS, clear=True):
        programs["without"] = pairs.compiled_pairs.__wrapped__()
    for nonlinearity in ("relu", "erf"):
        network = Network((3, 3), nonlinearity=nonlinearity, padding="CIRCULAR")

        def run(name: str, network=network) -> None:
            with mock.patch.object(tiles, "compiled_pairs", lambda: programs[name]):
                orbit_kernel(network, x)

        with_options, without = medians([lambda: run("with"), lambda: run("without")], ROUNDS)
        print(f"compiler options, 14 px, {nonlinearity}: {without / with_options:.2f} times as fast with them")


def compare_groups() -> None:
    """Print the time of the orbit kernel per pair and element, and of a symmetric one per computed pair."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4, 16, 16, 3))
    runs = [lambda name=name: orbit_kernel(NETWORK, x, y, group=name) for name in REGISTRY]
    print("orbit kernel, 16 px, float64, ms per pair and element")
    for name, time_of_all in zip(REGISTRY, medians(runs, ROUNDS), strict=True):
        print(f"{name:>4} {1e3 * time_of_all / len(x) / len(y) / group(name).order:8.2f}")


def random_blocks(acting: FiniteGroup, n: int) -> np.ndarray:
    """B[g, i, j] of random features on the group, which the group permutes."""
    features = np.random.default_rng(0).normal(size=(n, acting.order, 3 * n))
    moved = [features[:, acting.multiplication_table[acting.inverse(g)]].reshape(n, -1) for g in acting.elements]
    return np.stack([features.reshape(n, -1) @ orbit.T for orbit in moved]) / n


def compare_solves() -> None:
    """Print the time of the augmented solve by Fourier blocks, per element, and against dense Cholesky."""
    rng = np.random.default_rng(0)
    n = SOLVE_SAMPLES
    for name in REGISTRY:
        acting = group(name)
        b = random_blocks(acting, n)
        for labels, targets in {
            "any": rng.normal(size=(acting.order * n, 9)),
            "constant on orbits": rng.normal(size=(n, 9)).repeat(acting.order, axis=0),
        }.items():
            fast = medians([lambda a=acting, b=b, t=targets: augmented_solve(a, b, t)], 3 * ROUNDS)[0]
            each = 1e3 * fast / acting.order
            print(f"augmented solve, {name}, N = {n}, labels {labels}: {1e3 * fast:.1f} ms, per element {each:.2f}")
            if name in DENSE:
                compare_with_dense(acting, b, targets)


def compare_with_dense(acting: FiniteGroup, b: np.ndarray, targets: np.ndarray) -> None:
    """Print ratios of the time of dense Cholesky to that of the Fourier blocks, in turn."""
    dense = augmented_matrix(b, acting)
    runs = [
        lambda: augmented_solve(acting, b, targets),
        lambda: cho_solve(cho_factor(dense), targets),
        lambda: cho_solve(cho_factor(augmented_matrix(b, acting)), targets),
    ]
    error = np.abs(runs[0]() - runs[1]()).max()
    fast, ready, assembled = medians(runs, ROUNDS)
    print(
        f"    dense Cholesky {1e3 * ready:.0f} ms (ratio {ready / fast:.1f}), with its matrix built first "
        f"{1e3 * assembled:.0f} ms (ratio {assembled / fast:.1f}); largest difference {error:.0e}"
    )


if __name__ == "__main__":
    compare_kernels()
    compare_options()
    compare_groups()
    compare_solves()
