"""The exact identities between kernels, augmented training and group convolutions, measured on one architecture.

A group G that permutes pixels, such as C4, acts on images by rho(g); see the statements in `STATEMENTS` (E2, theorems of
sec. 4 and appendix). Every identity that holds comes with a negative control: the same number where one condition is broken.
Errors are max |left - right| / max |right|.

A condition can be broken without anybody noticing: pooled kernels of filters that are small compared with the image hardly
change when it rotates, and a bias hides what change there is. Controls of convolutional networks are therefore measured on
networks that notice rotations (`broken`, `noticing`); the identities hold for those too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import enable_x64
from jaxtyping import Float

from ntklab.activations import leaky_relu
from ntklab.groups import FiniteGroup, pixel_group
from ntklab.kernels import stax_layers as stax
from ntklab.kernels.cnn import cnn_kernel, gcnn_kernel
from ntklab.kernels.direct import gcnn_layers
from ntklab.kernels.dynamics import Dynamics
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.result import Kernels
from ntklab.kernels.stax_layers import THETA0
from ntklab.kernels.wide_ensemble import mean_prediction, spectrum
from ntklab.network import Network

STATEMENTS = {
    "a": "K(rho(g) x, rho(g) y) = K(x, y); control: filters of side 2 with SAME padding",
    "b": "Theta(rho(g) X, X) = Pi(g) Theta(X, X) = Theta(X, X) Pi(g); control: filters of side 2 with SAME padding",
    "c": "mu_t(rho(g) x) = mu_t(x) for every t after full augmentation; control: no augmentation",
    "d": "augmented training = training with the averaged kernel at equal t; control: equal t under the sum loss",
    "d ridge": "the same at t = infinity with ridge |G| lambda; control: equal ridge",
    "e": "GCNN with full-image lifting filters = mean over G of the MLP; control: without the mean",
    "f": "GCNN = mean over G of the CNN; control: mean taken after a nonlinear head",
    "lifting": "NTK of lifting + pooling = its empirical NTK for any weights; control: NTK started from the input kernel",
}
NONLINEARITIES = ("relu", "erf", "leaky_relu", "gelu")
"""Of random architectures, in turn."""
TIMES = (0.1, 1.0, 10.0, 1e2, 1e3)
"""Training times (learning rate 1, mean loss) at which (c) and (d) are measured."""
RIDGES = (1e-2, 1.0)
"""Ridges at which (d) is measured, relative to the mean diagonal of the averaged Gram matrix."""


@dataclass(frozen=True)
class IdentityError:
    """Worst relative error of one identity (or of its negative control) for one group and architecture."""

    identity: str
    control: bool
    group: str
    architecture: str
    nonlinearity: str
    network: str
    dtype: str
    snap: bool
    error: float


def relative_error(left: Float[np.ndarray, "*shape"], right: Float[np.ndarray, "*shape"]) -> float:
    """max |left - right| / max |right|."""
    return float(np.max(np.abs(left - right)) / np.max(np.abs(right)))


def _kernel(network: Network) -> Callable[..., Kernels]:
    return cnn_kernel if network.filters else mlp_kernel


def _orbits(group: FiniteGroup, x: np.ndarray) -> np.ndarray:
    """All transforms of x as one set, index = |G| sample + element."""
    return group.orbit(x).reshape(-1, *x.shape[1:])


def transformation_error(group: FiniteGroup, network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> float:
    """(a) for K and Theta, the worst g."""
    kernel = _kernel(network)
    plain = kernel(network, x, y, dtype=dtype)
    turned = [kernel(network, *(np.array(group.act(g, z)) for z in (x, y)), dtype=dtype) for g in group.elements]
    return max(relative_error(k[part], plain[part]) for k in turned for part in (0, 1))


def permutation_error(group: FiniteGroup, network: Network, x: np.ndarray, dtype: str) -> float:
    """(b), the worst g."""
    kernel, closed = _kernel(network), _orbits(group, x)
    gram = kernel(network, closed, dtype=dtype).ntk
    errors = []
    for g in group.elements:
        pi = group.permutation_matrix(g, len(x))
        turned = kernel(network, np.array(group.act(g, closed)), closed, dtype=dtype).ntk
        errors += [relative_error(turned, pi @ gram), relative_error(turned, gram @ pi)]
    return max(errors)


@dataclass(frozen=True)
class _Sets:
    """NTK blocks between the orbits of the training images and those of the test images, head included."""

    train: Float[np.ndarray, "sample order sample order"]
    test: Float[np.ndarray, "test order sample order"]

    @classmethod
    def compute(
        cls, group: FiniteGroup, network: Network, x_train: np.ndarray, x_test: np.ndarray, dtype: str
    ) -> "_Sets":
        kernel, order = _kernel(network), group.order
        closed, off_data = _orbits(group, x_train), _orbits(group, x_test)
        train = kernel(network, closed, dtype=dtype).ntk.astype(float)
        test = kernel(network, off_data, closed, dtype=dtype).ntk.astype(float)
        n, m = len(x_train), len(x_test)
        return cls(train.reshape(n, order, n, order), test.reshape(m, order, n, order))

    @property
    def order(self) -> int:
        """Of the group."""
        return self.train.shape[1]


def _predict(gram: np.ndarray, cross: np.ndarray, targets: np.ndarray, dynamics: Dynamics, times=TIMES) -> np.ndarray:
    return mean_prediction(spectrum(gram), cross, targets, times, dynamics)


def _augmented(sets: _Sets, targets: np.ndarray, dynamics: Dynamics, times=TIMES) -> np.ndarray:
    """mu_t at all transforms of the test images after training on the whole orbits, labels constant on them."""
    size = sets.train.shape[0] * sets.order
    cross = sets.test.reshape(-1, size)
    return _predict(sets.train.reshape(size, size), cross, targets.repeat(sets.order, axis=0), dynamics, times)


def _averaged(sets: _Sets, targets: np.ndarray, dynamics: Dynamics, times=TIMES) -> np.ndarray:
    """mu_t at the test images, not transformed, after training on the images alone with the group-averaged kernel."""
    return _predict(sets.train[:, 0].mean(axis=-1), sets.test[:, 0].mean(axis=-1), targets, dynamics, times)


def invariance_errors(sets: _Sets, targets: np.ndarray) -> tuple[float, float]:
    """(c) with augmentation, and its control without."""
    flow, order = Dynamics(kind="flow"), sets.order

    def violation(mean):
        on_orbits = mean.reshape(len(TIMES), -1, order, targets.shape[1])
        return relative_error(on_orbits, np.broadcast_to(on_orbits[:, :, :1], on_orbits.shape))

    cross = sets.test[..., 0].reshape(-1, len(targets))
    bare = _predict(sets.train[:, 0, :, 0], cross, targets, flow)
    return violation(_augmented(sets, targets, flow)), violation(bare)


def augmentation_errors(sets: _Sets, targets: np.ndarray) -> tuple[float, float]:
    """(d) under the mean loss, and its control: the same times under the sum loss."""

    def error(loss):
        flow = Dynamics(learning_rate=1.0 if loss == "mean" else 1 / len(targets), kind="flow", loss=loss)
        return relative_error(_augmented(sets, targets, flow)[:, :: sets.order], _averaged(sets, targets, flow))

    return error("mean"), error("sum")


def ridge_errors(sets: _Sets, targets: np.ndarray) -> tuple[float, float]:
    """(d) at t = infinity with ridge |G| lambda, the worst lambda, and its control: lambda for both."""
    diagonal = np.diagonal(sets.train[:, 0].mean(axis=-1)).mean()

    def error(factor, ridge):
        right = _averaged(sets, targets, Dynamics(ridge=ridge), (np.inf,))
        left = _augmented(sets, targets, Dynamics(ridge=factor * ridge), (np.inf,))
        return relative_error(left[:, :: sets.order], right)

    of_group, of_one = (max(error(factor, r * diagonal) for r in RIDGES) for factor in (sets.order, 1))
    return of_group, of_one


def _direct_gcnn(group: FiniteGroup, network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> Kernels:
    """GCNN kernel of the group layers, not of the fast route."""
    with enable_x64(dtype == "float64"):
        kernel = gcnn_layers(network, group)[2]
        nngp, ntk = jax.jit(lambda x, y: tuple(kernel(x, y, ("nngp", "ntk"))))(x.astype(dtype), y.astype(dtype))
        return Kernels(np.array(nngp), np.array(ntk))


def _group_mean(group: FiniteGroup, network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> Kernels:
    each = [_kernel(network)(network, x, np.array(group.act(g, y)), dtype=dtype) for g in group.elements]
    return Kernels(*(np.mean(parts, axis=0) for parts in zip(*each, strict=True)))


def _worst(left: Kernels, right: Kernels) -> float:
    return max(relative_error(a, b) for a, b in zip(left, right, strict=True))


def mlp_gcnn_errors(
    group: FiniteGroup, network: Network, x: np.ndarray, y: np.ndarray, dtype: str
) -> tuple[float, float]:
    """(e) for the MLP `network`: first hidden layer = lifting with the full image, each further one a 1x1 group convolution."""
    filters = (x.shape[1],) + (1,) * (network.dense - 1)
    gcnn = _direct_gcnn(group, replace(network, filters=filters, dense=0, padding="VALID"), x, y, dtype)
    plain = mlp_kernel(network, x, y, dtype=dtype)
    return _worst(gcnn, _group_mean(group, network, x, y, dtype)), _worst(gcnn, plain)


def cnn_gcnn_error(group: FiniteGroup, network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> float:
    """(f), its direct side by group layers; with a nonlinear head by averaging at the pooling."""
    return _worst(gcnn_kernel(network, x, y, group=group, dtype=dtype), _direct_gcnn(group, network, x, y, dtype))


def after_the_head_error(group: FiniteGroup, network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> float:
    """Control of (f) for a network with a nonlinear head: averaging after it."""
    return _worst(_group_mean(group, network, x, y, dtype), gcnn_kernel(network, x, y, group=group, dtype=dtype))


def lifting_errors(group: FiniteGroup, network: Network, x: np.ndarray, dtype: str) -> tuple[float, float]:
    """A network of one lifting convolution and pooling, linear in its weights, so that one draw has the exact NTK.

    It decides that the NTK of the input is zero; control: theta0="input", the convention of the public code.
    """

    def layers(theta0):
        convolution = stax.LiftingConv(
            1, network.filters[0], group=group, padding=network.padding, theta0=theta0,
            W_std=network.weight_variance**0.5, b_std=network.bias_variance**0.5 or None,
        )  # fmt: skip
        return stax.serial(convolution, stax.GroupPool(), stax.GlobalAvgPool())

    with enable_x64(dtype == "float64"):
        init, apply, _ = layers("zero")
        images = jnp.asarray(x, dtype)
        parameters = jax.tree.map(lambda leaf: leaf.astype(dtype), init(jax.random.PRNGKey(0), images.shape)[1])
        gradient = jax.jacobian(lambda p: apply(p, images)[:, 0])(parameters)
        rows = np.concatenate([np.asarray(leaf).reshape(len(x), -1) for leaf in jax.tree.leaves(gradient)], axis=1)
        kernels = [partial(layers(theta0)[2], x2=None, get="ntk") for theta0 in THETA0]
        zero, started = (np.asarray(jax.jit(kernel)(images)) for kernel in kernels)
    return relative_error(zero, rows @ rows.T), relative_error(started, rows @ rows.T)


def _rows(
    group: FiniteGroup, network: Network, dtype: str, found: Iterable[tuple[str, bool, float]]
) -> list[IdentityError]:
    name = network.nonlinearity.name
    base = name.removesuffix(" without snap")
    architecture = "cnn" if network.filters else "mlp"
    common = architecture, base.partition("(")[0], str(network), dtype, base == name
    return [IdentityError(identity, control, group.name, *common, error) for identity, control, error in found]


def broken(network: Network) -> Network:
    """The same number of convolutions, none of which commutes with rotations: even filters, zero padding."""
    return replace(network, filters=(2,) * len(network.filters), padding="SAME", bias_variance=0.0)


def noticing(network: Network, size: int) -> Network:
    """A compatible network with a nonlinear head that tells rotated images of that size apart: one large filter, no bias."""
    return replace(network, filters=(size - 1,), padding="VALID", dense=max(network.dense, 1), bias_variance=0.0)


def augmentation_identity_errors(
    group: FiniteGroup, network: Network, x_train: np.ndarray, x_test: np.ndarray, targets: np.ndarray, dtype: str
) -> list[IdentityError]:
    """(a) to (d), which concern one architecture alone, and the controls of (d) and, for an MLP, of (c)."""
    sets = _Sets.compute(group, network, x_train, x_test, dtype)
    invariance, without = invariance_errors(sets, targets)
    found = [
        ("a", False, transformation_error(group, network, x_train, x_test, dtype)),
        ("b", False, permutation_error(group, network, x_train, dtype)),
        ("c", False, invariance),
    ]
    if not network.filters:
        found.append(("c", True, without))
    for identity, measure in {"d": augmentation_errors, "d ridge": ridge_errors}.items():
        error, control = measure(sets, targets)
        found += [(identity, False, error), (identity, True, control)]
    return _rows(group, network, dtype, found)


def group_identity_errors(
    group: FiniteGroup, network: Network, x_train: np.ndarray, x_test: np.ndarray, dtype: str
) -> list[IdentityError]:
    """(e) for an MLP, (f) and the lifting layer's NTK for a CNN, with the controls of (e) and of lifting."""
    if not network.filters:
        error, control = mlp_gcnn_errors(group, network, x_train, x_test, dtype)
        return _rows(group, network, dtype, [("e", False, error), ("e", True, control)])
    error, control = lifting_errors(group, network, x_test, dtype)
    found = [("f", False, cnn_gcnn_error(group, network, x_train, x_test, dtype))]
    return _rows(group, network, dtype, [*found, ("lifting", False, error), ("lifting", True, control)])


def control_errors(
    group: FiniteGroup, network: Network, x_train: np.ndarray, x_test: np.ndarray, targets: np.ndarray, dtype: str
) -> list[IdentityError]:
    """Controls of (a), (b), (c) and (f) for the CNN `network`, the latter two beside the identity for the same network."""
    wrong, right = broken(network), noticing(network, x_train.shape[1])
    found = [
        ("a", True, transformation_error(group, wrong, x_train, x_test, dtype)),
        ("b", True, permutation_error(group, wrong, x_train, dtype)),
    ]
    invariance, without = invariance_errors(_Sets.compute(group, right, x_train, x_test, dtype), targets)
    compatible = [
        ("c", False, invariance),
        ("c", True, without),
        ("f", False, cnn_gcnn_error(group, right, x_train, x_test, dtype)),
        ("f", True, after_the_head_error(group, right, x_train, x_test, dtype)),
    ]
    return _rows(group, wrong, dtype, found) + _rows(group, right, dtype, compatible)


def identity_errors(
    group: FiniteGroup,
    network: Network,
    x_train: Float[np.ndarray, "sample row column channel"],
    x_test: Float[np.ndarray, "test row column channel"],
    targets: Float[np.ndarray, "sample output"],
    dtype: str = "float64",
) -> list[IdentityError]:
    """Every identity that applies to the network, with its control: (a)-(e) for an MLP, all but (e) for a CNN."""
    rows = augmentation_identity_errors(group, network, x_train, x_test, targets, dtype)
    rows += group_identity_errors(group, network, x_train, x_test, dtype)
    return rows + (control_errors(group, network, x_train, x_test, targets, dtype) if network.filters else [])


def without_snap(network: Network) -> Network | None:
    """The same network with the rounding errors of its duals at coincident inputs left in; None if there are none."""
    slopes = network.nonlinearity.slopes
    return None if slopes is None else replace(network, nonlinearity=leaky_relu(slopes[0], snap=False))


def random_network(rng: np.random.Generator, architecture: str, nonlinearity: str) -> Network:
    """A random compatible network with one to three hidden layers; `architecture` is "mlp" or "cnn".

    Filters are larger than 1 x 1, for which pooled kernels ignore rotations and no control could fail.
    """
    common = {
        "nonlinearity": nonlinearity,
        "weight_variance": float(np.round(rng.uniform(0.8, 2.2), 2)),
        "bias_variance": float(rng.choice([0.0, 0.1])),
    }
    if architecture == "mlp":
        return Network(dense=int(rng.integers(1, 4)), **common)
    padding = str(rng.choice(["VALID", "SAME", "CIRCULAR"]))
    sides = (3, 5) if padding == "SAME" else (2, 3)
    filters = tuple(int(q) for q in rng.choice(sides, size=rng.integers(1, 3)))
    return Network(filters=filters, padding=padding, dense=int(rng.integers(0, 2)), **common)


def identity_table(
    rng: np.random.Generator,
    architectures: int,
    groups: Iterable[str],
    size: int,
    log: Callable[[str], None] = lambda line: None,
) -> list[IdentityError]:
    """Errors of as many random CNNs and MLPs on random images (3 training, 2 test, size x size x 2), for every group.

    In float64 and float32, and for rectifiers also in float64 without the snap at coincident inputs.
    """
    rows = []
    for number in range(architectures):
        for architecture in ("cnn", "mlp"):
            network = random_network(rng, architecture, NONLINEARITIES[number % len(NONLINEARITIES)])
            x_train, x_test = (rng.normal(size=(n, size, size, 2)) for n in (3, 2))
            targets = rng.normal(size=(3, 2))
            for group in map(pixel_group, groups):
                rows += _of_group(group, network, x_train, x_test, targets)
            log(f"{number + 1}/{architectures} {architecture}: {network}")
    return rows


def _of_group(
    group: FiniteGroup, network: Network, x_train: np.ndarray, x_test: np.ndarray, targets: np.ndarray
) -> list[IdentityError]:
    """In both precisions, and the identities in float64 without the snap."""
    rows = []
    for dtype in ("float64", "float32"):
        rows += identity_errors(group, network, x_train, x_test, targets, dtype)
    unsnapped = without_snap(network)
    if unsnapped:
        found = augmentation_identity_errors(group, unsnapped, x_train, x_test, targets, "float64")
        rows += [row for row in found if not row.control]
    return rows
