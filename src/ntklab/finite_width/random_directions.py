"""Tensors at any depth from fields along random directions in parameter space; no weight is ever drawn.

Beyond the paper. Every network gets three directions xi^1, xi^2, xi^3, independent standard normal numbers for every parameter,
and D_p = sum_mu sqrt(lambda_mu) xi^p_mu d/dtheta_mu. The fields f_S = (prod_{p in S} D_p) z, S a subset of {1, 2, 3}, are linear
in the weights of their layer and in these weights' directions. Given the layer before, those of one neuron are hence
Gaussian, and independent of those of other neurons, with the covariance

    Sigma'_{S,S'}(a,b) = C_W M_{S,S'}(a,b) + lambda_W sum_{p in S and S'} M_{S-p,S'-p}(a,b)
                         + C_b [S = S' = {}] + lambda_b [S = S' = {p}]
    M_{S,S'}(a,b)      = (1/n) sum_j phi_{S,j}(a) phi_{S',j}(b),       phi_S = (prod_{p in S} D_p) sigma(z)
    phi_S              = sum over the partitions of S of sigma^(number of blocks)(z) prod_{blocks} f_block

At layer 1 f_{} ~ N(0, K) and f_p ~ N(0, Theta), and the higher fields are zero. The mean of f_p(a) f_p(b) over directions is
the NTK, and so on: products of two entries of Sigma of one network have the tensors for means (`PRODUCTS`). They stand for two
different neurons, so that n times their mean is n times the cumulant of the layer at this width, without further bias.
Cost and memory are linear in the width, but the estimates are noisy: the error of one network does not fall with the width,
where that of estimators without random directions does, and the tails are heavy.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
from jax import enable_x64
from jaxtyping import Array, Float

from ntklab.activations import Activation
from ntklab.errors import InputError
from ntklab.finite_width.collapsed.moments import DEPENDENT, Constants
from ntklab.finite_width.ensemble import Ensemble

CHUNK = 128
"""Networks computed side by side."""
DIRECTIONS = "pqr"

PRODUCTS = {
    "F": (("", 0, "p", 1), ("", 2, "p", 3)),
    "B": (("p", 0, "q", 1), ("p", 2, "q", 3)),
    "P": (("pq", 0, "", 3), ("p", 1, "q", 2)),
    "Q": (("pq", 0, "p", 1), ("q", 2, "", 3)),
    "R": (("pqr", 0, "p", 1), ("q", 2, "r", 3)),
    "S": (("pq", 0, "qr", 1), ("p", 2, "r", 3)),
    "T": (("pq", 0, "p", 1), ("qr", 2, "r", 3)),
    "U": (("pq", 0, "r", 1), ("qr", 2, "p", 3)),
}
"""Tensor -> (S, slot, S', slot') of the two entries Sigma_{S,S'} whose product is averaged over the orders of p, q, r."""

TENSORS = tuple(PRODUCTS)
"""What can be sampled in this way."""

Field = frozenset[int]


def estimates(ensemble: Ensemble, keys: Sequence[int], draws: int) -> dict[str, np.ndarray]:
    """Tensor -> (batch, layer, component) for layers 2 to depth, `draws` networks in the batch of each key."""
    batches = [drawn(ensemble, key, draws) for key in keys]
    return {tensor: np.stack([batch[tensor].mean(axis=-1) for batch in batches]) for tensor in ensemble.tensors}


def drawn(ensemble: Ensemble, key: int, networks: int) -> dict[str, np.ndarray]:
    """One unbiased estimate for each network, of n times the cumulant behind each tensor at this width, layer by layer.

    With C = Sigma of the layer, n the width that feeds it, and p, q, r distinct (the six orders are averaged):

        F[a,b,c,d]   n C({},a; p,b) C({},c; p,d)         B[a,b,c,d]   n C(p,a; q,b) C(p,c; q,d)
        P[0,1,2,3]   n C(pq,0; {},3) C(p,1; q,2)         Q[0,1,2,3]   n C(pq,0; p,1) C(q,2; {},3)
        R[0,1,2,3]   n C(pqr,0; p,1) C(q,2; r,3)         S[a,b,c,d]   n C(pq,a; rq,b) C(p,c; r,d)
        T[a,b,c,d]   n C(pq,a; p,b) C(rq,c; r,d)         U[a,b,c,d]   n C(pq,a; r,b) C(rq,c; p,d)

    Args:
        ensemble: with tensors of F, B, P, Q, R, S, T, U, and a smooth activation but for F and B.
        key: seed; network number i is the same whatever the number of networks.
        networks: how many.

    Returns:
        Tensor -> (layer, component, network) for layers 2, 3, ..., depth, and "g" -> (layer, input, input, network),
        Sigma_{{},{}}, whose mean is that of z z.

    Raises:
        InputError: for tensors that are not among these, or a kinked activation for P to U.
    """
    tensors = ensemble.tensors
    _check(ensemble.activation, tensors)
    fields = _fields(tensors)
    entries = _entries(tensors, ensemble.components, fields, len(ensemble.x))
    parts = []
    with enable_x64(True):
        root, first = jax.random.PRNGKey(key), _first(fields, *ensemble.first)
        for start in range(0, networks, CHUNK):
            # Whole chunks: a shorter last one would be a second program to compile.
            keys = jax.vmap(partial(jax.random.fold_in, root))(jnp.arange(start, start + CHUNK))
            parts.append(_chunk(ensemble, fields, entries, first, keys))
    products, g = (np.concatenate(part, axis=-1)[..., :networks] for part in zip(*parts, strict=True))
    return {"g": g, **{tensor: products[:, number] for number, tensor in enumerate(tensors)}}


def _check(activation: Activation, tensors: Sequence[str]) -> None:
    if not tensors or not set(tensors) <= set(PRODUCTS):
        raise InputError(f"tensors={list(tensors)}: at least one of {', '.join(PRODUCTS)}")
    kinked = [tensor for tensor in tensors if tensor not in ("F", "B")]
    if kinked and not activation.smooth:
        raise InputError(
            f"tensors {', '.join(kinked)}: not for {activation.name}, whose second derivative is no function; "
            "F and B are, or take a smooth activation"
        )


# ---- which fields, which entries ----


def _fields(tensors: Sequence[str]) -> tuple[Field, ...]:
    """All subsets of the directions up to the size that the tensors need, small ones first."""
    largest = max(len(entry[slot]) for tensor in tensors for entry in PRODUCTS[tensor] for slot in (0, 2))
    names = ("", "p", "q", "r", "pq", "pr", "qr", "pqr")
    return tuple(frozenset(map(DIRECTIONS.index, name)) for name in names if len(name) <= largest)


def _entries(tensors, components, fields: Sequence[Field], inputs: int) -> np.ndarray:
    """Where the factors stand in the flattened Sigma, (tensor, factor, order, component)."""
    number = {field: k for k, field in enumerate(fields)}

    def row(name: str, order: Sequence[int], slot: int) -> np.ndarray:
        field = frozenset(order[DIRECTIONS.index(p)] for p in name)
        return number[field] * inputs + np.array(components)[:, slot]

    def place(entry, order) -> np.ndarray:
        S, a, other, b = entry
        return row(S, order, a) * len(fields) * inputs + row(other, order, b)

    return np.array([
        [[place(entry, order) for order in permutations(range(3))] for entry in PRODUCTS[tensor]]
        for tensor in tensors
    ])  # fmt: skip


def _first(fields: Sequence[Field], K: np.ndarray, theta: np.ndarray) -> Float[Array, "network row row"]:
    """Sigma of layer 1, the same for all networks; a row is a field at an input."""
    r = len(K)
    sigma = np.zeros((len(fields), r, len(fields), r))
    for k, field in enumerate(fields):
        if len(field) < 2:
            sigma[k, :, k] = theta if field else K
    return jnp.broadcast_to(jnp.asarray(sigma.reshape(len(fields) * r, -1)), (CHUNK, *(len(fields) * r,) * 2))


# ---- one chunk of networks ----


def _chunk(ensemble, fields, entries, sigma, keys) -> tuple[np.ndarray, np.ndarray]:
    """Products (layer, tensor, component, network) and g (layer, input, input, network)."""
    products, kernels = [], []
    for layer, width in enumerate(ensemble.architecture.widths, 1):
        constants = Constants.of(ensemble.architecture, layer)
        sigma, product, g = _step(ensemble.activation, fields, width, keys, layer, sigma, constants, entries)
        products.append(product)
        kernels.append(g)
    return tuple(np.moveaxis(np.stack(values), 1, -1) for values in (products, kernels))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _step(activation, fields, width: int, keys, layer, sigma, constants: Constants, entries):
    """Draw a layer of `width` neurons with covariance sigma, (network, row, row): Sigma, products and g of the next one."""
    rows = sigma.shape[-1]
    inputs = rows // len(fields)
    keys = jax.vmap(lambda key: jax.random.fold_in(key, layer))(keys)
    u = jax.vmap(lambda key: jax.random.normal(key, (rows, width), jnp.float32))(keys).astype(jnp.float64)
    f = (root(sigma) @ u).reshape(len(u), len(fields), inputs, width)
    phi = _activated(activation, fields, jnp.moveaxis(f, 1, 0))
    phi = jnp.moveaxis(phi, 0, 1).reshape(len(u), rows, width)
    M = (phi @ jnp.swapaxes(phi, 1, 2) / width).reshape(len(u), len(fields), inputs, len(fields), inputs)
    new = _covariance(fields, M, constants)
    flat = new.reshape(len(u), rows * rows)
    product = width * jnp.mean(flat[:, entries[:, 0]] * flat[:, entries[:, 1]], axis=2)
    return new.reshape(sigma.shape), product, new[:, 0, :, 0]


def root(sigma: Float[Array, "network row row"]) -> Float[Array, "network row row"]:
    """L, lower triangular, with sigma = L L^T: Cholesky without pivoting; columns of dependent rows are zero."""
    rows = jnp.arange(sigma.shape[-1])

    def column(j, state):
        rest, L = state
        pivot = rest[:, j, j]
        kept = pivot > DEPENDENT * sigma[:, j, j]
        scale = jnp.where(kept, 1 / jnp.sqrt(jnp.where(kept, pivot, 1.0)), 0.0)
        new = jnp.where(rows >= j, rest[:, :, j] * scale[:, None], 0.0)
        return rest - new[:, :, None] * new[:, None, :], L.at[:, :, j].set(new)

    return jax.lax.fori_loop(0, len(rows), column, (sigma, jnp.zeros_like(sigma)))[1]


def _activated(activation: Activation, fields: Sequence[Field], f: Float[Array, "field ..."]) -> Array:
    """phi_S of every field, by the formula of Faa di Bruno."""
    number = {field: k for k, field in enumerate(fields)}
    s = activation.derivatives(f[0], max(map(len, fields)), jnp)
    found = []
    for field in fields:
        terms = [_times(s[len(blocks)], [f[number[block]] for block in blocks]) for blocks in partitions(field)]
        found.append(sum(terms[1:], terms[0]))
    return jnp.stack(found)


def _times(value: Array, factors: Sequence[Array]) -> Array:
    """value times all factors."""
    for factor in factors:
        value = value * factor
    return value


@lru_cache
def partitions(field: Field) -> tuple[tuple[Field, ...], ...]:
    """All partitions of a set into blocks."""
    if not field:
        return ((),)
    first, *others = sorted(field)
    found = []
    for blocks in partitions(frozenset(others)):
        found.append((frozenset([first]), *blocks))
        found += [(*blocks[:k], block | {first}, *blocks[k + 1 :]) for k, block in enumerate(blocks)]
    return tuple(found)


def _covariance(fields: Sequence[Field], M: Float[Array, "network S a S2 b"], constants: Constants) -> Array:
    """Sigma of the next layer."""
    new = constants.c_w * M
    for p in range(len(DIRECTIONS)):
        with_p, without_p = (np.array(side) for side in zip(*_pairs(fields, p), strict=True))
        direct = M[:, without_p][:, :, :, without_p]
        new = new.at[:, with_p[:, None], :, with_p[None, :], :].add(
            constants.lambda_w * jnp.transpose(direct, (1, 3, 0, 2, 4))
        )
    for k, field in enumerate(fields):
        if len(field) < 2:
            new = new.at[:, k, :, k].add(constants.lambda_b if field else constants.c_b)
    return new


def _pairs(fields: Sequence[Field], p: int) -> Iterator[tuple[int, int]]:
    """Numbers of S and of S - p, for all S that hold p."""
    return ((k, fields.index(field - {p})) for k, field in enumerate(fields) if p in field)
