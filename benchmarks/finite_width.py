"""Statistics at finite width: ours against adaptive cubature and against Jacobian contractions, in turn, in one run.

    python benchmarks/finite_width.py [integral] [solver] [wide] [sampler] [collapsed] [width]   (one core: taskset -c 0)

Prints times and ratios:
    integral  one four-dimensional Gaussian integral <s0 s1 s'2 s'3> of GeLU at the paper's inputs, alone (most of its cost
              would be shared by the other components), against `scipy.integrate.cubature`, genz-malik, rtol 1e-3
    solver    all thirteen tensors; eight inputs; ReLU to depth 30, each with its reported quadrature error
    wide      tanh at weight variances up to 50, where Gauss-Hermite nodes miss its bend: time and what doubling still changes
    sampler   networks per second for the NTK means of layer 4 at width 100, against a vmapped `jax.jacrev` contraction
    collapsed K, Theta, V, D, F, A, B, six components: all weights integrated out against whole networks, both compiled
    width     time of collapsed sampling against width, to 4096, with what drawing the normals and the matrix products alone take
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


def wide() -> None:
    for c_w in (1.5, 5.0, 50.0):
        for inputs in (1, 2, 4):
            seconds, solution = timed(lambda n=inputs, c=c_w: solve(G[:n], "tanh", 6, c_w=c))
            finer = solve(G[:inputs], "tanh", 6, c_w=c_w, nodes=solution.nodes, tolerance=np.inf)
            changed = np.abs(finer["Theta1"][-1] / solution["Theta1"][-1] - 1).max()
            print(
                f"wide: c_w {c_w:6g}, {inputs} inputs: {seconds:.2f} s, said {solution.errors['Theta1']:.0e}, is {changed:.0e}"
            )


def sampler(width: int = 100, networks: int = 64) -> None:
    import jax
    import jax.numpy as jnp
    from jax import enable_x64

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

    ours_options = {"c_w": GELU_CRITICAL, "tensors": ("Theta",), "batches": 2, "estimator": "averaged"}
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


FIRST_ORDER = ("K", "Theta", "V", "D", "F", "A", "B")


def per_network(name: str, width: int, depth: int, networks: int, estimator: str, tensors=FIRST_ORDER) -> float:
    """Milliseconds, without compiling."""
    from ntklab.finite_width import sample

    of = SETUPS[name]
    options = {"c_w": of.c_w, "tensors": tensors, "components": of.components, "batches": 2, "estimator": estimator}
    run = lambda seed: sample(of.x, of.activation, [width] * (depth - 1), networks=networks, seed=seed, **options)  # noqa: E731
    run(0)
    return 1e3 * timed(lambda: run(1), 2)[0] / networks


def collapsed() -> None:
    for name, width, depth, few, many in (
        ("gelu", 100, 4, 128, 4096),
        ("gelu", 1000, 4, 4, 2048),
        ("relu_depth", 64, 30, 20, 1024),
        ("relu_depth", 200, 30, 4, 1024),
    ):
        theirs, ours = (per_network(name, width, depth, n, of) for n, of in ((few, "averaged"), (many, "collapsed")))
        print(
            f"collapsed: {SETUPS[name].activation}, depth {depth}, width {width}: whole networks {theirs:.2f} ms, collapsed "
            f"{ours:.2f} ms each: {theirs / ours:.0f} times as fast"
        )


def width() -> None:
    """The rows of the matrix products are those of the six components of the GeLU figures."""
    from ntklab.finite_width.collapsed.networks import Program, Stage

    of = SETUPS["gelu"]
    program = Program(get_activation("gelu"), FIRST_ORDER, of.components, 4)
    requests = program.requests(Stage(False, False))
    rng, network = np.random.default_rng(0), 16
    for n in (256, 512, 1024, 2048, 4096):
        ours = per_network("gelu", n, 4, 512, "collapsed")
        products = [
            (rng.standard_normal((network, len(rows), n)), rng.standard_normal((network, n, len(requests.ends[kind]))))
            for kind, rows in requests.rows.items()
            if kind != (0, 0)
        ]
        matrices = 3e3 * timed(lambda products=products: [a @ b for a, b in products], 5)[0] / network
        normals = 3e3 * timed(lambda n=n: rng.standard_normal((network, 4, n), np.float32), 5)[0] / network
        print(
            f"width: {n}: {ours:.3f} ms a network, {1e3 * ours / n:.3f} us a neuron; NumPy's normals {normals:.3f} ms and "
            f"matrix products {matrices:.3f} ms alone: {100 * (normals + matrices) / ours:.0f} % of it"
        )


if __name__ == "__main__":
    for part in sys.argv[1:] or ("integral", "solver", "wide", "sampler", "collapsed", "width"):
        parts = {
            "integral": integral, "solver": solver, "wide": wide, "sampler": sampler, "collapsed": collapsed, "width": width
        }  # fmt: skip
        parts[part]()
