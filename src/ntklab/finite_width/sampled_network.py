"""One random network, layer by layer: preactivations, NTK between all neurons, and averages over the next layer's weights.

Given all layers up to l, the weights of layer l + 1 are Gaussian, so that averages over them are exact sums over the neurons
of layer l (Wick's theorem): `averaged` returns those sums, for every tensor, whose mean over networks is the tensor at layer
l + 1 plus O(1/n). `printed` returns what the estimators printed in the paper are made of: products at layer l + 1 itself.

Everything is plain JAX for one network; `sampling` maps it over many. Slots are the samples' numbers, as in `solver.solve`.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ntklab.activations import Activation


class Below(NamedTuple):
    """Layer 1 and the weights between it and layer 2, from which the second and third derivatives of layer 2 follow."""

    derivatives: Float[Array, "order n width1"]
    theta: Float[Array, "n n"]
    weights: Float[Array, "width2 width1"]
    lambda_w: float


class State(NamedTuple):
    """Layer l of one network.

    Attributes:
        z: preactivations, (input, neuron).
        ntk: Thhat_jk(a, b), (a, b, j, k).
        derivatives: sigma, sigma', ... at z, (order, input, neuron).
        below: what dNTK and ddNTK of this layer are made of; None at layer 1, where they vanish.
    """

    z: Float[Array, "n width"]
    ntk: Float[Array, "n n width width"]
    derivatives: Float[Array, "order n width"]
    below: Below | None


def first_layer(activation: Activation, highest: int, z: Float[Array, "n width"], theta: Float[Array, "n n"]) -> State:
    """Layer 1: its preactivations are exactly Gaussian, its NTK is Theta times the unit matrix."""
    ntk = theta[:, :, None, None] * jnp.eye(z.shape[1])
    return State(z, ntk, activation.derivatives(z, highest, jnp), None)


def next_layer(
    state: State,
    activation: Activation,
    highest: int,
    weights: Float[Array, "new width"],
    bias: Float[Array, " new"],
    lambda_w: float,
    lambda_b: float,
    first: bool,
) -> State:
    """The layer after it, with its NTK between all pairs of neurons:

        Thhat'_ij(a, b) = delta_ij (lambda_b + lambda_w mean_k a_k(a) a_k(b))
            + (1/n) sum_km W_ik W_jm s'_k(a) s'_m(b) Thhat_km(a, b)

    `first`: the state is layer 1, whose NTK is diagonal; dNTK and ddNTK can be had of the layer after it.
    """
    s0, s1 = state.derivatives[0], state.derivatives[1]
    inputs, n = s0.shape
    z = bias + s0 @ weights.T / jnp.sqrt(n)
    direct = lambda_b + lambda_w * s0 @ s0.T / n
    rows, columns = jnp.triu_indices(inputs)
    if first:
        moving = weights[None] * (s1[rows] * s1[columns] * state.ntk[rows, columns, 0, 0, None])[:, None, :]
        through = moving @ weights.T
    else:
        through = (weights[None] * s1[rows][:, None, :]) @ state.ntk[rows, columns]
        through = through @ (weights[None] * s1[columns][:, None, :]).transpose(0, 2, 1)
    pairs = through / n + direct[rows, columns, None, None] * jnp.eye(len(weights))
    ntk = jnp.zeros((inputs, inputs, *pairs.shape[1:]), pairs.dtype)
    ntk = ntk.at[columns, rows].set(pairs.transpose(0, 2, 1)).at[rows, columns].set(pairs)
    below = Below(state.derivatives, state.ntk[:, :, 0, 0], weights, lambda_w) if first else None
    return State(z, ntk, activation.derivatives(z, highest, jnp), below)


# ---- second and third derivatives of layer 2; only the neuron patterns below occur in averages ----


def dntk(below: Below | None, x, y, z, width: int) -> tuple[Array, Array]:
    """dThhat_jkk(x; y, z) and dThhat_jjk(x; y, z), (j, k) each.

    dThhat_jkm(0; 1, 2) = n^{-3/2} { sum_i W_ji W_ki W_mi s''_i(0) s'_i(1) s'_i(2) Theta_01 Theta_02
        + delta_jk lam sum_i a_i(1) s'_i(0) s'_i(2) Theta_02 W_mi + delta_jm lam sum_i a_i(2) s'_i(0) s'_i(1) Theta_01 W_ki }
    """
    if below is None:
        zero = jnp.zeros((width, width))
        return zero, zero
    (s0, s1, s2, *_), theta, W, lam = below
    scale, one = W.shape[1] ** -1.5, jnp.eye(len(W))
    cubic = s2[x] * s1[y] * s1[z] * theta[x, y] * theta[x, z]
    with_y = lam * theta[x, z] * (W @ (s0[y] * s1[x] * s1[z]))
    with_z = lam * theta[x, y] * (W @ (s0[z] * s1[x] * s1[y]))
    jkk = (W * cubic) @ (W * W).T + one * (with_y + with_z)
    jjk = (W * W * cubic) @ W.T + with_y[None, :] + one * with_z
    return scale * jkk, scale * jjk


def ddntk_first(below: Below | None, a, b, c, d, width: int) -> Array:
    """ddIhat_jjkk(a; b, c, d), (j, k)."""
    if below is None:
        return jnp.zeros((width, width))
    (s0, s1, s2, s3, *_), theta, W, lam = below
    W2 = W * W
    quartic = s3[a] * s1[b] * s1[c] * s1[d] * theta[a, b] * theta[a, c] * theta[a, d]

    def direct(e, f, g):  # the parameter of leg e is a weight of layer 2
        return lam * theta[a, f] * theta[a, g] * (W2 @ (s0[e] * s2[a] * s1[f] * s1[g]))

    local = jnp.eye(len(W)) * (direct(c, b, d) + direct(d, b, c))
    return ((W2 * quartic) @ W2.T + direct(b, c, d)[None, :] + local) / W.shape[1] ** 2


def ddntk_second(below: Below | None, a, b, c, d, width: int) -> tuple[Array, Array, Array]:
    """ddIIhat(a, b, c, d) at neurons jjkk, jkjk and jkkj, (j, k) each."""
    if below is None:
        return (jnp.zeros((width, width)),) * 3
    (s0, s1, s2, *_), theta, W, lam = below
    W2, one = W * W, jnp.eye(len(W))
    quartic = (W2 * (s2[a] * s2[b] * s1[c] * s1[d] * theta[a, c] * theta[a, b] * theta[b, d])) @ W2.T
    ab = lam * theta[a, c] * theta[b, d] * (W2 @ (s1[a] * s1[b] * s1[c] * s1[d]))
    ac = lam * theta[b, d] * theta[a, b] * (W2 @ (s1[a] * s0[c] * s1[d] * s2[b]))
    bd = lam * theta[a, c] * theta[a, b] * (W2 @ (s1[b] * s0[d] * s1[c] * s2[a]))
    both = lam**2 * theta[a, b] * jnp.sum(s1[a] * s0[c] * s1[b] * s0[d])
    jjkk = quartic + ab[None, :] + one * (ac + bd + both)
    jkjk = quartic + one * ab + ac[None, :] + bd[:, None] + both
    jkkj = quartic + one * (ab + ac + bd + both)
    return tuple(pattern / W.shape[1] ** 2 for pattern in (jjkk, jkjk, jkkj))


# ---- averages over the weights of layer l + 1 ----


def kernels(state: State, c_w: float, c_b: float, lambda_w: float, lambda_b: float) -> tuple[Array, Array]:
    """g and w, whose means are K + K1/n and Theta + Theta1/n of the next layer."""
    s0, s1 = state.derivatives[0], state.derivatives[1]
    n = s0.shape[1]
    activity = s0 @ s0.T / n
    own = jnp.einsum("aj,bj,abjj->ab", s1, s1, state.ntk) / n
    return c_b + c_w * activity, lambda_b + lambda_w * activity + c_w * own


def averaged(tensor: str, state: State, component: Int[Array, "4"], c_w: float, lambda_w: float) -> Array:
    """One component of F, B, P, Q, R, S, T or U at the next layer, averaged over its weights."""
    return AVERAGED[tensor](state, component, c_w, lambda_w)


def _per_neuron(total: Array, state: State) -> Array:
    return jnp.sum(total) / state.z.shape[1]


def _f(s: State, component, C, lam):
    a, b, c, d = component
    s0, s1 = s.derivatives[:2]
    return C**2 * ((s0[a] * s1[b]) @ s.ntk[b, d] @ (s0[c] * s1[d])) / s.z.shape[1]


def _b(s: State, component, C, lam):
    a, b, c, d = component
    s1 = s.derivatives[1]
    return C**2 * ((s1[a] * s1[b]) @ (s.ntk[a, c] * s.ntk[b, d]) @ (s1[c] * s1[d])) / s.z.shape[1]


def _p(s: State, component, C, lam):
    a, b, c, d = component
    s0, s1, s2 = s.derivatives[:3]
    jkk, _ = dntk(s.below, a, b, c, s.z.shape[1])
    inner = s2[a][:, None] * s.ntk[a, b] * s.ntk[a, c] + s1[a][:, None] * jkk
    return C**2 * _per_neuron(s0[d][:, None] * (s1[b] * s1[c]) * inner, s)


def _q(s: State, component, C, lam):
    a, b, c, d = component
    s0, s1, s2 = s.derivatives[:3]
    _, jjk = dntk(s.below, a, b, c, s.z.shape[1])
    inner = (s2[a] * jnp.diag(s.ntk[a, b]))[:, None] * s.ntk[a, c] + s1[a][:, None] * jjk
    direct = lam * C * (s0[b] * s1[a])[:, None] * s.ntk[a, c] * (s1[c] * s0[d])
    return _per_neuron(direct + C**2 * s1[b][:, None] * (s0[d] * s1[c]) * inner, s)


def _r(s: State, component, C, lam):
    a, b, c, d = component
    s0, s1, s2, s3 = s.derivatives[:4]
    n, ntk = s.z.shape[1], s.ntk
    acd, _ = dntk(s.below, a, c, d, n)
    _, abd = dntk(s.below, a, b, d, n)
    _, abc = dntk(s.below, a, b, c, n)
    own = jnp.diag(ntk[a, b])[:, None]
    direct = s2[a][:, None] * ntk[a, c] * ntk[a, d] + s1[a][:, None] * acd
    third = s3[a][:, None] * own * ntk[a, c] * ntk[a, d]
    second = s2[a][:, None] * (own * acd + ntk[a, c] * abd + ntk[a, d] * abc)
    first = s1[a][:, None] * ddntk_first(s.below, a, b, c, d, n)
    inner = lam * C * s0[b][:, None] * direct + C**2 * s1[b][:, None] * (third + second + first)
    return _per_neuron((s1[c] * s1[d]) * inner, s)


def _s(s: State, component, C, lam):
    a, b, c, d = component
    s1, s2 = s.derivatives[1], s.derivatives[2]
    n, ntk = s.z.shape[1], s.ntk
    _, bad = dntk(s.below, b, a, d, n)  # dThhat_jkj(b; d, a)
    _, abc = dntk(s.below, a, b, c, n)  # dThhat_jkj(a; c, b)
    jjkk, _, _ = ddntk_second(s.below, a, b, c, d, n)
    inner = (s2[a] * s2[b] * jnp.diag(ntk[a, b]))[:, None] * ntk[a, c] * ntk[b, d]
    inner += (s2[a] * s1[b])[:, None] * ntk[a, c] * bad
    inner += (s1[a] * s2[b])[:, None] * abc * ntk[b, d]
    inner += (s1[a] * s1[b])[:, None] * jjkk
    direct = (s1[a] * s1[b])[:, None] * ntk[a, c] * ntk[b, d]
    return _per_neuron((s1[c] * s1[d]) * (lam * C * direct + C**2 * inner), s)


def _t(s: State, component, C, lam):
    a, c, b, d = component  # the slots of T are legs 1, 3, 2, 4
    s0, s1, s2 = s.derivatives[:3]
    n, ntk = s.z.shape[1], s.ntk
    _, abc = dntk(s.below, a, c, b, n)  # dThhat_jjk(a; c, b)
    bda = dntk(s.below, b, d, a, n)[1].T  # dThhat_kkj(b; d, a)
    _, jkjk, _ = ddntk_second(s.below, a, b, c, d, n)
    ac, bd, ab = jnp.diag(ntk[a, c]), jnp.diag(ntk[b, d]), ntk[a, b]

    def rows(v):
        return v[:, None]

    direct = lam**2 * rows(s1[a] * s0[c]) * ab * (s1[b] * s0[d])
    right = lam * C * rows(s1[a] * s0[c]) * s1[d] * (s2[b] * bd * ab + s1[b] * bda)
    left = lam * C * (s1[b] * s0[d]) * rows(s1[c]) * (rows(s2[a] * ac) * ab + rows(s1[a]) * abc)
    inner = rows(s2[a] * ac) * s2[b] * ab * bd + rows(s2[a] * ac) * s1[b] * bda
    inner += rows(s1[a]) * s2[b] * abc * bd + rows(s1[a]) * s1[b] * jkjk
    return _per_neuron(direct + right + left + C**2 * rows(s1[c]) * s1[d] * inner, s)


def _u(s: State, component, C, lam):
    a, d, b, c = component  # the slots of U are legs 1, 4, 2, 3
    s1, s2 = s.derivatives[1], s.derivatives[2]
    n, ntk = s.z.shape[1], s.ntk
    bda = dntk(s.below, b, d, a, n)[0].T  # dThhat_kjj(b; d, a)
    acb, _ = dntk(s.below, a, c, b, n)  # dThhat_jkk(a; c, b)
    _, _, jkkj = ddntk_second(s.below, a, b, c, d, n)
    inner = s2[a][:, None] * s2[b] * ntk[a, c] * ntk[a, b] * ntk[b, d].T
    inner += s2[a][:, None] * s1[b] * ntk[a, c] * bda
    inner += s1[a][:, None] * s2[b] * acb * ntk[b, d].T
    inner += s1[a][:, None] * s1[b] * jkkj
    return C**2 * _per_neuron(s1[d][:, None] * s1[c] * inner, s)


AVERAGED = {"F": _f, "B": _b, "P": _p, "Q": _q, "R": _r, "S": _s, "T": _t, "U": _u}


# ---- products at layer l itself, for the estimators printed in the paper ----


def printed(state: State) -> tuple[Array, Array]:
    """Channel means of z_i(a) z_i(b) and of Thhat_ii(a, b), eqs. (109, 110)."""
    n = state.z.shape[1]
    return state.z @ state.z.T / n, jnp.einsum("abjj->ab", state.ntk) / n


def printed_products(state: State, component: Int[Array, "4"]) -> dict[str, Array]:
    """Sums over channels that enter eqs. (111) to (115)."""
    a, b, c, d = component
    z, ntk, n = state.z, state.ntk, state.z.shape[1]
    return {
        "V": jnp.sum(z[a] * z[b] * z[c] * z[d]) / n,
        "B": jnp.sum(ntk[a, c] * ntk[b, d]) / n**2,
        "F": z[a] @ ntk[b, d] @ z[c] / n**2,
    }
