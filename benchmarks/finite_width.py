"""Statistics at finite width: ours against adaptive cubature and against Jacobian contractions, in turn, in one run.

    python benchmarks/finite_width.py [integral] [solver] [sampler]      (one core: taskset -c 0, OMP_NUM_THREADS=1)

Prints times and ratios:
    integral  one four-dimensional Gaussian integral <s0 s1 s'2 s'3> of GeLU at the paper's inputs, alone (most of its cost
              would be shared by the other components), against `scipy.integrate.cubature`, genz-malik, rtol 1e-3
    solver    all thirteen tensors; eight inputs; ReLU to depth 30, each with its reported quadrature error
    sampler   networks per second for the NTK means of layer 4 at width 100, against a vmapped `jax.jacrev` contraction
"""

import os
import sys
import time

os.environ.setdefault("NPROC", "1")

import numpy as np
from scipy.integrate import cubature

from ntklab.activations import get_activation
from ntklab.experiments.finite_width.setups import GELU_CRITICAL, R2, SETUPS
from ntklab.finite_width import gaussian_expectations, solve
from ntklab.finite_width.solver import TENSORS

G = SETUPS["gelu"].x
FACTORS = [(0, 0), (1, 0), (2, 1), (3, 1)]


def timed(function, repeats: int = 1):
    """Shortest time of several calls, and the result of the last."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return min(times), result


def integral() -> None:
    activation = get_activation("gelu")
    K = GELU_CRITICAL * G @ G.T / G.shape[1]
    inverse, norm = np.linalg.inv(K), 1 / np.sqrt((2 * np.pi) ** 4 * np.linalg.det(K))

    def integrand(z):
        value, slope = activation.derivatives(z, 1, np)
        density = norm * np.exp(-0.5 * np.einsum("pa,ab,pb->p", z, inverse, z))
        return value[:, 0] * value[:, 1] * slope[:, 2] * slope[:, 3] * density

    exact = gaussian_expectations(activation, K, 64).product(FACTORS)
    theirs, found = timed(
        lambda: cubature(
            integrand, [-np.inf] * 4, [np.inf] * 4, rule="genz-malik", rtol=1e-3, atol=0, max_subdivisions=10000
        )
    )
    error = abs(float(found.estimate) / exact - 1)
    print(f"integral: cubature {theirs:.2f} s, relative error {error:.1e} (reference {exact:.15g})")
    for nodes in (16, 20, 24, 32):
        ours, value = timed(lambda nodes=nodes: gaussian_expectations(activation, K, nodes).product(FACTORS), 5)
        print(
            f"integral: ours, {nodes} nodes, {ours * 1e3:.1f} ms, relative error {abs(value / exact - 1):.1e}: "
            f"{theirs / ours:.0f} times as fast, error {error / max(abs(value / exact - 1), 1e-16):.0f} times smaller"
        )


def solver() -> None:
    x8 = np.concatenate([G, 0.7 * G[::-1] + 0.2 * G])
    few = ("V", "D", "F", "K1", "Theta1")
    for name, function in {
        "13 tensors, 4 inputs, GeLU, depth 4": lambda: solve(G, "gelu", 4, c_w=GELU_CRITICAL, tensors=TENSORS),
        "V, D, F, K1, Theta1, 8 inputs, GeLU, depth 4": lambda: solve(x8, "gelu", 4, c_w=GELU_CRITICAL, tensors=few),
        "V, D, F, A, B, K1, Theta1, 4 inputs, ReLU, depth 30": lambda: solve(
            np.array(R2), "relu", 30, c_w=2.0, tensors=(*few, "A", "B")
        ),
    }.items():
        seconds, found = timed(function)
        print(
            f"solver: {name}: {seconds:.2f} s, relative change when the nodes are doubled {max(found.errors.values()):.0e}"
        )


def sampler(width: int = 100, networks: int = 64) -> None:
    import jax
    import jax.numpy as jnp
    from jax.experimental import enable_x64

    from ntklab.finite_width import sample

    activation, sizes = get_activation("gelu"), (4, width, width, width, width)

    def outputs(parameters, x):
        for number, W in enumerate(parameters):
            x = W @ (activation(x, jnp) if number else x) / jnp.sqrt(W.shape[1])
        return x

    def contraction(key, channels):
        keys = jax.random.split(key, 4)
        weights = [
            np.sqrt(GELU_CRITICAL) * jax.random.normal(k, (b, a), jnp.float32).astype(jnp.float64)
            for k, a, b in zip(keys, sizes[:-1], (width, width, width, channels), strict=True)
        ]
        jacobian = jax.vmap(lambda x: jax.tree.leaves(jax.jacrev(outputs)(weights, x)))(jnp.asarray(G))
        flat = [leaf.reshape(*leaf.shape[:2], -1) for leaf in jacobian]
        return sum(jnp.einsum("aip,bip->ab", leaf, leaf) for leaf in flat) / channels

    ours_options = {"c_w": GELU_CRITICAL, "tensors": ("Theta",), "batches": 2}
    sample(G, "gelu", [width] * 3, networks=networks, **ours_options)
    ours, _ = timed(lambda: sample(G, "gelu", [width] * 3, networks=networks, seed=1, **ours_options))
    print(f"sampler: ours, all channels of layer 4: {networks / ours:.0f} networks per second")
    with enable_x64(True):
        for channels, count in ((width, 4), (1, networks)):
            run = jax.jit(
                lambda keys, channels=channels: jax.lax.map(
                    lambda k: contraction(k, channels), keys, batch_size=min(len(keys), 8)
                )
            )
            keys = jax.random.split(jax.random.PRNGKey(0), count)
            run(keys).block_until_ready()
            theirs, _ = timed(lambda run=run, keys=keys: run(keys).block_until_ready())
            print(
                f"sampler: jacrev contraction, {channels} channels: {count / theirs:.1f} networks per second; "
                f"ours is {networks / ours * theirs / count:.1f} times as fast"
            )


if __name__ == "__main__":
    for part in sys.argv[1:] or ("integral", "solver", "sampler"):
        {"integral": integral, "solver": solver, "sampler": sampler}[part]()
