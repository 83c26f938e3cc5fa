"""Monte Carlo over random networks: every tensor of order 1/n with standard errors, layer by layer.

The default estimators integrate all weights out exactly and draw preactivations only (`collapsed`; R, S, T and U by other
means): unbiased for n times the cumulant at finite n, which equals the tensor up to O(1/n), at a cost
linear in the width. Those that draw whole networks, and the printed ones of the paper, are options, for cross-checks and for
figures like for like. Networks are drawn in batches with seeds of their own; the standard error is that of the mean over
batches, which is right also for covariances.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jax import enable_x64
from numpy.typing import ArrayLike

from ntklab.activations import Activation
from ntklab.errors import InputError
from ntklab.finite_width import collapsed, random_directions, sampled_weights
from ntklab.finite_width.architecture import PerLayer, WholeNumber, chosen, described, flattened
from ntklab.finite_width.ensemble import DERIVATIVES_OF_NTK, Component, Ensemble, infinite_kernels
from ntklab.finite_width.recursions import MATRICES
from ntklab.finite_width.solver import TENSORS
from ntklab.network import Network
from ntklab.seeds import generator

KERNELS = ("K", "Theta", *MATRICES)
ESTIMATORS = ("collapsed", "directions", "averaged", "printed")
LARGEST_BATCH = 4 * 2**30
"""Bytes of what is kept of the networks of one batch."""


@dataclass(frozen=True)
class Sample(Mapping):
    """Tensor -> list over layers 1, 2, ... of estimates; `stderr` has the same shape.

    Four-slot tensors are arrays (input,) * 4, or vectors over `components` if those were given. Layer 1 is exact.

    Attributes:
        batches: tensor -> (batch, layer, ...), the independent estimates behind value and error.
    """

    batches: dict[str, np.ndarray]

    def __getitem__(self, tensor: str) -> list[np.ndarray]:
        return list(self.batches[tensor].mean(axis=0))

    def stderr(self, tensor: str) -> list[np.ndarray]:
        """Standard errors of the mean over batches, one array for each layer."""
        batches = self.batches[tensor]
        return list(batches.std(axis=0, ddof=1) / np.sqrt(len(batches)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def sample(
    x: ArrayLike,
    activation: Activation | str | None = None,
    widths: Sequence[WholeNumber] | np.ndarray | None = None,
    c_w: PerLayer | None = None,
    c_b: PerLayer | None = None,
    lambda_w: PerLayer | None = None,
    lambda_b: PerLayer | None = None,
    tensors: Sequence[str] = ("Theta1",),
    components: Sequence[Component] | None = None,
    networks: int = 1000,
    batches: int = 30,
    seed: int = 0,
    first_batch: int = 0,
    estimator: str = "collapsed",
    *,
    network: Network | None = None,
) -> Sample:
    """Estimate the tensors from random networks of the given hidden widths, for layers 1 to len(widths) + 1.

    The estimates of four-slot tensors are n times the cumulant at this width (n = widths[l - 2] at layer l), those of K1 and
    Theta1 n times the difference of the mean and the infinite-width kernel, with control variates whose expectations are
    known. `metrics.extrapolation` takes several widths to the limit. Time and memory are linear in the width and do not
    grow with the number of networks but for a few numbers kept of each, at most `LARGEST_BATCH` bytes in a batch.

    Args:
        x, activation, c_w, c_b, lambda_w, lambda_b, tensors: as for `solve`.
        widths: of the hidden layers, all of them.
        components: of the four-slot tensors; None for all of them.
        networks: in all, shared out over the batches.
        batches: independent groups of networks, at least 2; their spread is the standard error.
        seed: root seed. Batch number i has the same networks whatever is asked besides.
        first_batch: number of the first batch, so that batches can be shared out over jobs.
        estimator: "collapsed": all weights integrated out; R, S, T and U, for which there are no such moments yet, are
            averaged to layer 3 and sampled by random directions beyond. "directions": random directions in parameter space
            for F, B and P to U, a noisy but independent check. "averaged": whole networks, with exact averages over the last
            weights only. "printed": those of eqs. (109) to (115), which have a bias of order 1/n more.

        network: as for `solve`: the same object as for `mlp_kernel` (docs/conventions.md), here with `widths`.

    Raises:
        InputError: for bad input, or for what cannot be sampled.
    """
    if widths is None:
        raise InputError("widths: missing; the widths of the hidden layers")
    depth = None if network else len(widths) + 1
    activation, architecture = described(
        network, activation, widths, depth=depth, c_w=c_w, c_b=c_b, lambda_w=lambda_w, lambda_b=lambda_b
    )
    x, tensors = flattened(x), chosen(tensors, TENSORS)
    _check(activation, architecture, tensors, networks, batches, estimator)
    asked = tuple(np.ndindex((len(x),) * 4)) if components is None else tuple(map(tuple, components))
    ensemble = Ensemble(activation, architecture, tensors, asked, x.tobytes(), x.shape[1])
    draws = -(-networks // batches)
    _check_memory(ensemble, draws, batches)
    values = {}
    with enable_x64(True):
        for name, wanted in _shared_out(tensors, estimator, architecture.depth).items():
            # Random directions beside collapsed moments are other networks.
            apart = (name,) if name == "directions" else ()
            streams = (
                generator(seed, "finite_width", *apart, *architecture.widths, first_batch + k) for k in range(batches)
            )
            keys = [int(stream.integers(2**32, dtype=np.uint32)) for stream in streams]
            values |= _estimates(name, replace(ensemble, tensors=wanted), keys, draws)
    return Sample({tensor: _shaped(tensor, values[tensor], ensemble, components is None) for tensor in tensors})


def _shared_out(tensors: Sequence[str], estimator: str, depth: int) -> dict[str, tuple[str, ...]]:
    """Estimator -> its tensors. What `collapsed` has no moments for is averaged over whole networks, which is less noisy than
    random directions, as long as there is a formula: up to layer 3."""
    if estimator != "collapsed":
        return {estimator: tuple(tensors)}
    other = "averaged" if depth <= 3 else "directions"
    wanted = {
        "collapsed": tuple(tensor for tensor in tensors if tensor in collapsed.TENSORS),
        other: tuple(tensor for tensor in tensors if tensor not in collapsed.TENSORS),
    }
    return {name: of for name, of in wanted.items() if of}


def _estimates(name: str, ensemble: Ensemble, keys: Sequence[int], draws: int) -> dict[str, np.ndarray]:
    """Tensor -> (batch, layer, ...) for layers 2 to depth."""
    if name == "collapsed":
        return collapsed.estimates(ensemble, keys, draws)
    if name == "directions":
        return random_directions.estimates(ensemble, keys, draws)
    return sampled_weights.estimates(ensemble, name, keys, draws)


def _shaped(tensor: str, values: np.ndarray, ensemble: Ensemble, every_component: bool) -> np.ndarray:
    """With layer 1, which is exact; all components as an array with one axis for each slot."""
    kernel = tensor in ("K", "Theta")
    first = infinite_kernels(ensemble)[tensor][0] if kernel else np.zeros(values.shape[2:])
    values = np.concatenate([np.broadcast_to(first, (len(values), 1, *first.shape)), values], axis=1)
    if every_component and not kernel and tensor not in MATRICES:
        return values.reshape(*values.shape[:2], *(len(ensemble.x),) * 4)
    return values


def _check(activation, architecture, tensors, networks, batches, estimator) -> None:
    if estimator not in ESTIMATORS:
        raise InputError(f"estimator={estimator!r}: {' or '.join(ESTIMATORS)}")
    if batches < 2 or networks < 2 * batches:
        raise InputError(f"networks={networks}, batches={batches}: at least 2 batches of at least 2 networks")
    wanted = [tensor for tensor in tensors if tensor in DERIVATIVES_OF_NTK]
    if not wanted:
        return
    if estimator == "printed":
        raise InputError(f"tensors {', '.join(wanted)}: the paper prints no estimator; use estimator='collapsed'")
    if not activation.smooth:
        raise InputError(
            f"tensors {', '.join(wanted)}: not sampled for {activation.name}, whose second derivative is no function"
        )
    _check_derivatives(activation, wanted)
    if architecture.depth > 3 and estimator == "averaged":
        raise InputError(
            f"tensors {', '.join(wanted)}: averaged up to layer 3, not {architecture.depth}; use estimator='collapsed'"
        )


def _check_derivatives(activation: Activation, wanted: Sequence[str]) -> None:
    """P, Q, S, T and U need two derivatives of the activation, R three."""
    order = 3 if "R" in wanted else 2
    try:
        activation.derivatives(np.zeros(1), order, np)[order]
    except (ValueError, IndexError, NotImplementedError) as error:
        message = f"tensors {', '.join(wanted)}: need {order} derivatives of {activation.name}, which has fewer"
        raise InputError(message) from error


def _check_memory(ensemble: Ensemble, draws: int, batches: int) -> None:
    """What is kept of each network: kernels, and a few numbers for each component, of every layer."""
    entries = 4 * len(ensemble.x) ** 2 + 8 * len(ensemble.components) * bool(set(ensemble.tensors) - set(KERNELS))
    size = 8 * draws * entries * (ensemble.architecture.depth - 1)
    if size > LARGEST_BATCH:
        needed = -(-batches * size // LARGEST_BATCH)
        raise InputError(
            f"a batch of {draws} networks with {len(ensemble.components)} components takes {size / 2**30:.0f} GiB, "
            f"{LARGEST_BATCH / 2**30:.0f} are allowed; give fewer components or {needed} batches"
        )
