"""The exact identities between kernels, augmented training and group convolutions, measured on one architecture.

G = C4 acts on images by quarter turns rho(g); see the statements in `STATEMENTS` (E2, theorems of sec. 4 and
appendix). Every identity that holds comes with a negative control: the same number where one condition is broken. Errors are
max |left - right| / max |right|.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import jax
import numpy as np
from jax.experimental import enable_x64
from jaxtyping import Float

from ntklab.groups import cyclic
from ntklab.kernels.cnn import cnn_kernel, gcnn_kernel
from ntklab.kernels.direct import gcnn_layers
from ntklab.kernels.dynamics import Dynamics
from ntklab.kernels.mean_prediction import mean_prediction, spectrum
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.network import Network
from ntklab.kernels.result import Kernels

STATEMENTS = {
    "a": "K(rho(g) x, rho(g) y) = K(x, y); control: even filters with SAME padding",
    "b": "Theta(rho(g) X, X) = Pi(g) Theta(X, X) = Theta(X, X) Pi(g); control: even filters with SAME padding",
    "c": "mu_t(rho(g) x) = mu_t(x) for every t after full augmentation; control: no augmentation",
    "d": "augmented training = training with the averaged kernel at equal t; control: equal t under the sum loss",
    "d ridge": "the same at t = infinity with ridge |G| lambda; control: equal ridge relative to the mean diagonal",
    "e": "GCNN with full-image lifting filters = mean over rotations of the MLP; control: without the mean",
    "f": "GCNN = mean over rotations of the CNN; control: mean taken after a nonlinear head",
}
GROUP = cyclic(4)
TIMES = (0.1, 1.0, 10.0, 1e2, 1e3)
"""Training times (learning rate 1, mean loss) at which (c) and (d) are measured."""
RIDGE = 1e-2
"""Ridge of (d), relative to the mean diagonal of the Gram matrix without augmentation."""


@dataclass(frozen=True)
class IdentityError:
    """Worst relative error of one identity (or of its negative control) for one architecture."""

    identity: str
    control: bool
    dtype: str
    architecture: str
    error: float


def relative_error(left: Float[np.ndarray, "*shape"], right: Float[np.ndarray, "*shape"]) -> float:
    """max |left - right| / max |right|."""
    return float(np.max(np.abs(left - right)) / np.max(np.abs(right)))


def _kernel(network: Network) -> Callable[..., Kernels]:
    return cnn_kernel if network.filters else mlp_kernel


def _orbits(x: np.ndarray) -> np.ndarray:
    """All rotations of x as one set, index = 4 sample + rotation."""
    return GROUP.orbit(x).reshape(-1, *x.shape[1:])


def transformation_error(network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> float:
    """(a) for K and Theta, the worst g."""
    kernel = _kernel(network)
    plain = kernel(network, x, y, dtype=dtype)
    turned = [kernel(network, *(np.array(GROUP.act(g, z)) for z in (x, y)), dtype=dtype) for g in GROUP.elements]
    return max(relative_error(k[part], plain[part]) for k in turned for part in (0, 1))


def permutation_error(network: Network, x: np.ndarray, dtype: str) -> float:
    """(b), the worst g."""
    kernel, closed = _kernel(network), _orbits(x)
    gram = kernel(network, closed, dtype=dtype).ntk
    errors = []
    for g in GROUP.elements:
        pi = GROUP.permutation_matrix(g, len(x))
        turned = kernel(network, np.array(GROUP.act(g, closed)), closed, dtype=dtype).ntk
        errors += [relative_error(turned, pi @ gram), relative_error(turned, gram @ pi)]
    return max(errors)


@dataclass(frozen=True)
class _Sets:
    """NTK blocks between the orbits of the training images and those of the test images, head included."""

    train: Float[np.ndarray, "sample 4 sample 4"]
    test: Float[np.ndarray, "test 4 sample 4"]

    @classmethod
    def compute(cls, network: Network, x_train: np.ndarray, x_test: np.ndarray, dtype: str) -> "_Sets":
        kernel, order = _kernel(network), GROUP.order
        closed, off_data = _orbits(x_train), _orbits(x_test)
        train = kernel(network, closed, dtype=dtype).ntk.astype(float)
        test = kernel(network, off_data, closed, dtype=dtype).ntk.astype(float)
        n, m = len(x_train), len(x_test)
        return cls(train.reshape(n, order, n, order), test.reshape(m, order, n, order))


def _predict(gram: np.ndarray, cross: np.ndarray, targets: np.ndarray, dynamics: Dynamics, times=TIMES) -> np.ndarray:
    return mean_prediction(spectrum(gram), cross, targets, times, dynamics)


def _augmented(sets: _Sets, targets: np.ndarray, dynamics: Dynamics, times=TIMES) -> np.ndarray:
    """mu_t at all rotations of the test images after training on the whole orbits, labels constant on them."""
    size = sets.train.shape[0] * GROUP.order
    cross = sets.test.reshape(-1, size)
    return _predict(sets.train.reshape(size, size), cross, targets.repeat(GROUP.order, axis=0), dynamics, times)


def _averaged(sets: _Sets, targets: np.ndarray, dynamics: Dynamics, times=TIMES) -> np.ndarray:
    """mu_t at the test images, not rotated, after training on the images alone with the group-averaged kernel."""
    return _predict(sets.train[:, 0].mean(axis=-1), sets.test[:, 0].mean(axis=-1), targets, dynamics, times)


def invariance_errors(sets: _Sets, targets: np.ndarray) -> tuple[float, float]:
    """(c) with augmentation, and its control without."""
    flow, order = Dynamics(kind="flow"), GROUP.order

    def violation(mean):
        by_rotation = mean.reshape(len(TIMES), -1, order, targets.shape[1])
        return relative_error(by_rotation, np.broadcast_to(by_rotation[:, :, :1], by_rotation.shape))

    cross = sets.test[..., 0].reshape(-1, len(targets))
    bare = _predict(sets.train[:, 0, :, 0], cross, targets, flow)
    return violation(_augmented(sets, targets, flow)), violation(bare)


def augmentation_errors(sets: _Sets, targets: np.ndarray) -> tuple[float, float]:
    """(d) under the mean loss, and its control: the same times under the sum loss."""

    def error(loss):
        flow = Dynamics(learning_rate=1.0 if loss == "mean" else 1 / len(targets), kind="flow", loss=loss)
        return relative_error(_augmented(sets, targets, flow)[:, :: GROUP.order], _averaged(sets, targets, flow))

    return error("mean"), error("sum")


def ridge_errors(sets: _Sets, targets: np.ndarray) -> tuple[float, float]:
    """(d) at t = infinity with ridge |G| lambda, and its control: the same ridge relative to the mean diagonal."""
    averaged_diagonal = np.diagonal(sets.train[:, 0].mean(axis=-1)).mean()
    augmented_diagonal = np.diagonal(sets.train[:, 0, :, 0]).mean()
    right = _averaged(sets, targets, Dynamics(ridge=RIDGE * averaged_diagonal), (np.inf,))

    def error(ridge):
        left = _augmented(sets, targets, Dynamics(ridge=ridge), (np.inf,))
        return relative_error(left[:, :: GROUP.order], right)

    return error(GROUP.order * RIDGE * averaged_diagonal), error(RIDGE * augmented_diagonal)


def _direct_gcnn(network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> Kernels:
    """GCNN kernel of the group layers, not of the fast route."""
    with enable_x64(dtype == "float64"):
        kernel = gcnn_layers(network)[2]
        nngp, ntk = jax.jit(lambda x, y: tuple(kernel(x, y, ("nngp", "ntk"))))(x.astype(dtype), y.astype(dtype))
        return Kernels(np.array(nngp), np.array(ntk))


def _mean_over_rotations(network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> Kernels:
    each = [_kernel(network)(network, x, np.array(GROUP.act(g, y)), dtype=dtype) for g in GROUP.elements]
    return Kernels(*(np.mean(parts, axis=0) for parts in zip(*each, strict=True)))


def _worst(left: Kernels, right: Kernels) -> float:
    return max(relative_error(a, b) for a, b in zip(left, right, strict=True))


def mlp_gcnn_errors(network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> tuple[float, float]:
    """(e) for the MLP `network`: first hidden layer = lifting with the full image, each further one a 1x1 group convolution."""
    filters = (x.shape[1],) + (1,) * (network.dense - 1)
    gcnn = _direct_gcnn(replace(network, filters=filters, dense=0, padding="VALID"), x, y, dtype)
    plain = mlp_kernel(network, x, y, dtype=dtype)
    return _worst(gcnn, _mean_over_rotations(network, x, y, dtype)), _worst(gcnn, plain)


def cnn_gcnn_errors(network: Network, x: np.ndarray, y: np.ndarray, dtype: str) -> tuple[float, float]:
    """(f), its direct side by group layers; with a nonlinear head by averaging at the pooling. Control: after the head."""
    head = replace(network, dense=max(network.dense, 1))
    error = _worst(gcnn_kernel(network, x, y, dtype=dtype), _direct_gcnn(network, x, y, dtype))
    control = _worst(_mean_over_rotations(head, x, y, dtype), gcnn_kernel(head, x, y, dtype=dtype))
    return error, control


def identity_errors(
    network: Network,
    x_train: Float[np.ndarray, "sample row column channel"],
    x_test: Float[np.ndarray, "test row column channel"],
    targets: Float[np.ndarray, "sample output"],
    dtype: str = "float64",
) -> Iterator[IdentityError]:
    """Every identity that applies to the network, with its control: (a)-(e) for an MLP, (a)-(d) and (f) for a CNN."""

    def row(identity, control, error):
        return IdentityError(identity, control, dtype, str(network), error)

    yield row("a", False, transformation_error(network, x_train, x_test, dtype))
    yield row("b", False, permutation_error(network, x_train, dtype))
    if network.filters:
        broken = replace(network, filters=tuple(q + q % 2 for q in network.filters), padding="SAME")
        yield row("a", True, transformation_error(broken, x_train, x_test, dtype))
        yield row("b", True, permutation_error(broken, x_train, dtype))
    sets = _Sets.compute(network, x_train, x_test, dtype)
    last = {"f": cnn_gcnn_errors} if network.filters else {"e": mlp_gcnn_errors}
    measured = {
        "c": invariance_errors(sets, targets),
        "d": augmentation_errors(sets, targets),
        "d ridge": ridge_errors(sets, targets),
    } | {name: measure(network, x_train, x_test, dtype) for name, measure in last.items()}
    for identity, (error, control) in measured.items():
        yield row(identity, False, error)
        yield row(identity, True, control)


def random_network(rng: np.random.Generator, kind: str) -> Network:
    """A random compatible architecture with one to three hidden layers; `kind` is "mlp" or "cnn".

    Filters are larger than 1 x 1, for which pooled kernels ignore rotations and no control could fail.
    """
    common = {
        "nonlinearity": str(rng.choice(["relu", "erf", "leaky_relu", "gelu"])),
        "weight_variance": float(np.round(rng.uniform(0.8, 2.2), 2)),
        "bias_variance": float(rng.choice([0.0, 0.1])),
    }
    if kind == "mlp":
        return Network(dense=int(rng.integers(1, 4)), **common)
    padding = str(rng.choice(["VALID", "SAME", "CIRCULAR"]))
    sides = (3, 5) if padding == "SAME" else (2, 3)
    filters = tuple(int(q) for q in rng.choice(sides, size=rng.integers(1, 3)))
    return Network(filters=filters, padding=padding, dense=int(rng.integers(0, 2)), **common)


def identity_table(
    rng: np.random.Generator, architectures: int, dtypes: tuple[str, ...] = ("float64", "float32"), size: int = 6
) -> list[IdentityError]:
    """Errors over `architectures` random CNNs and as many MLPs, on random images (3 training, 2 test, size x size x 2)."""
    rows = []
    for _ in range(architectures):
        for kind in ("cnn", "mlp"):
            network = random_network(rng, kind)
            x_train, x_test = (rng.normal(size=(n, size, size, 2)) for n in (3, 2))
            targets = rng.normal(size=(3, 2))
            for dtype in dtypes:
                rows += identity_errors(network, x_train, x_test, targets, dtype)
    return rows
