"""The mean of trained networks at order 1/n: prepare the points, refine the quadrature, add up the sources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from ntklab.activations import Activation
from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.finite_width.architecture import Architecture, PerLayer, WholeNumber, described, flattened
from ntklab.finite_width.solver import report_errors
from ntklab.finite_width.training.exponentials import Clock, Flow, Steps
from ntklab.finite_width.training.result import Mean, TrainedMean
from ntklab.finite_width.training.sources import System, drift_terms, drifted, respond, source_terms
from ntklab.finite_width.training.tensors import SOURCES, Problem, Tensors
from ntklab.network import Network

REFINEMENT = 4 / 3
"""Factor between successive numbers of nodes."""
MAX_NODES = 400
FLOOR = 1e-9
"""Relative error of the `tables` of means, which refinement does not reach."""
BLOCK = 2**23
"""Components of one tensor, for as many test points at a time as that allows: 64 MiB, of which some fifty are alive."""


@runtime_checkable
class Descent(Protocol):
    """Gradient descent on a squared loss, as described by `ntklab.kernels.Dynamics`, which this library part may not import.

    Attributes:
        learning_rate: of a step; times count steps, and the flow's time is learning_rate * t.
        kind: "flow" or "steps".
        loss: "sum" for 1/2 sum_a (z_a - y_a)^2, "mean" for that divided by the number of training points.
        ridge: 0.
    """

    learning_rate: float
    kind: str
    loss: str
    ridge: float


def mean_correction(
    x_train: ArrayLike,
    y: ArrayLike,
    x_test: ArrayLike,
    times: ArrayLike,
    activation: Activation | str | None = None,
    depth: WholeNumber | None = None,
    widths: Sequence[WholeNumber] | np.ndarray | None = None,
    c_w: PerLayer | None = None,
    c_b: PerLayer | None = None,
    lambda_w: PerLayer | None = None,
    lambda_b: PerLayer | None = None,
    dynamics: Descent | None = None,
    sources: Sequence[str] = tuple(SOURCES),
    drift_between_tests: bool = True,
    nodes: int | None = None,
    tolerance: float = 1e-6,
    *,
    network: Network | None = None,
) -> TrainedMean:
    """The mean output of trained networks with one output, to order 1/n, at test and training points.

    Networks are those of `solve`, of n = widths[-1] neurons in the last hidden layer and others in proportion, and are
    trained on all points at once by gradient flow or gradient descent, every parameter with its factor lambda:

        d theta/dt = - lambda dL/d theta,    L = 1/2 sum_a (z(x_a) - y_a)^2

        E[z(x, t)] = m0(x, t) + correction(x, t)/n + O(1/n^2)

    The correction has four sources: the NTK's mean at initialisation (Theta1), its fluctuations (AB), its change during
    training along the random initial output (PQ), and along the residual (ddNTK). All time integrals are in closed form, so
    that any time, infinity included, costs the same. `sources.py` has the formulas.

    The expectations that the tensors need are refined until the result changes by less than `tolerance`. With N training
    and M test points there are N^4/24 + M N^3/6 (+ M^2 N^2/4 for the NTK between different test points) sets of four points,
    0.3 to 5 ms each for a layer and a number of nodes, at 30 to 100 of which results settle. Memory is some fifty arrays of
    (N + M)^4 numbers; without `drift_between_tests` test points come in blocks, so that it does not grow with M. GeLU at
    depth 3, one core: 1 s for 4 + 4 points, 1 minute and 0.2 GiB for 16 + 4 (`benchmarks/training_correction.py`).

    Source: Guillen, Misof & Gerken, arXiv 2508.11522v4, for the tensors; the trained mean is beyond the paper.

    Args:
        x_train, x_test: inputs (n, ...) and (m, ...), flattened; m may be 0.
        y: labels, (n,).
        times: as in `dynamics`; by default the time of the gradient flow.
        activation, depth, widths, c_w, c_b, lambda_w, lambda_b: see `solve`; depth 3 by default.
        dynamics: an `ntklab.kernels.Dynamics` without ridge; None: gradient flow on the sum loss.
        sources: which of "Theta1", "AB", "PQ", "ddNTK" to compute; only the tensors of these are.
        drift_between_tests: whether to compute the drift of the NTK between different test points.
        nodes: of the coarsest quadrature, per dimension; None: the activation's.
        tolerance: the nodes are refined until no source, and no entry of the drift, changes by more, relative to the largest.
        network: as for `solve`, in the place of activation, depth, c_w, c_b, lambda_w and lambda_b.

    Warns:
        QuadratureWarning: if a source or the drift still changes by more than `tolerance` at the last refinement.

    Raises:
        QuadratureError: if it changes by more than 1e-2 (and `tolerance`) even then.
        InputError: for bad input, a tensor that does not exist for an activation with a kink, infinite time where the training
            NTK is singular, or a learning rate at which training diverges.
    """
    activation, architecture = described(
        network, activation, widths, default_depth=3,
        depth=depth, c_w=c_w, c_b=c_b, lambda_w=lambda_w, lambda_b=lambda_b,
    )  # fmt: skip
    x_train, y = flattened(x_train, "x_train"), as_array(y, "y", "n", dtype=np.float64)
    x_test = flattened(x_test, "x_test") if np.size(x_test) else np.zeros((0, x_train.shape[1]))
    training = Training.of(times, dynamics, len(x_train))
    _check(x_train, y, x_test, activation, architecture, sources)
    points = Points.of(x_train, y, x_test)
    problem = Problem(
        points.x,
        points.training,
        2 if drift_between_tests else 1,
        activation,
        architecture,
        tuple(dict.fromkeys(sources)),
    )
    found = _refined(problem, points, training, nodes or activation.nodes, tolerance)
    if activation.smooth:
        report_errors(dict(found.errors), tolerance)
    return found


def _check(
    x_train: np.ndarray,
    y: np.ndarray,
    x_test: np.ndarray,
    activation: Activation,
    architecture: Architecture,
    sources: Sequence[str],
) -> None:
    if len(x_train) == 0 or len(y) != len(x_train):
        raise InputError(f"{len(x_train)} training points and {len(y)} labels: one label for each, and at least one")
    if x_train.shape[1] != x_test.shape[1]:
        raise InputError(f"x_train and x_test have {x_train.shape[1]} and {x_test.shape[1]} coordinates")
    if architecture.depth < 2:
        raise InputError("depth=1: a linear model has no corrections; at least one hidden layer")
    unknown = [source for source in sources if source not in SOURCES]
    if unknown or not sources:
        raise InputError(f"sources={list(sources)}: at least one of {', '.join(SOURCES)}")
    if "ddNTK" in sources and not activation.smooth:
        raise InputError(
            f"source ddNTK does not exist for {activation.name}: second derivatives of the NTK diverge at coincident inputs; "
            'ask for the others, sources=("Theta1", "AB", "PQ"), or choose a smooth activation'
        )


@dataclass(frozen=True)
class Training:
    """When to look at training, and with which steps: the rate is that of the sum loss."""

    times: np.ndarray
    rate: float
    discrete: bool

    @classmethod
    def of(cls, times: Sequence[float | int], dynamics: Descent | None, samples: int) -> "Training":
        """Check; `InputError` names what is wrong."""
        times = np.array(times, float).reshape(-1)
        discrete = dynamics is not None and dynamics.kind == "steps"
        if not len(times) or not np.all(times >= 0) or (discrete and np.any(times[np.isfinite(times)] % 1)):
            raise InputError(f"times={times.tolist()}: at least one, none negative; steps are whole, or infinity")
        if dynamics is not None and dynamics.ridge:
            raise InputError(f"ridge={dynamics.ridge}: the correction is that of training without ridge")
        rate = 1.0 if dynamics is None else float(dynamics.learning_rate)
        return cls(times, rate / (samples if dynamics is not None and dynamics.loss == "mean" else 1), discrete)

    def clocks(self, system: System) -> Iterator[Clock]:
        """One for each time; `InputError` where training has no limit."""
        lowest, highest = system.values.min(), self.rate * system.values.max()
        if np.isinf(self.times).any() and lowest <= 0:
            raise InputError(
                "times: the NTK of the training points is singular (for example more points than the activation tells apart), "
                "so that there is no limit of infinite time at order 1/n; take finite times"
            )
        if self.discrete and (highest > 2 or (highest == 2 and np.isinf(self.times).any())):
            raise InputError(
                f"learning rate: the largest eigenvalue of the training NTK times the step is {highest:.3g}; gradient descent "
                "diverges above 2"
            )
        for time in self.times:
            yield Steps(self.rate, float(time)) if self.discrete else Flow(float(self.rate * time if time else 0.0))


@dataclass(frozen=True)
class Points:
    """Distinct inputs, training points first, and where those that were given are among them.

    Attributes:
        x: (point, n0).
        training: how many are training points.
        y: mean label of each training point; counts: how often it occurs.
        train, test: (given point,), place among the distinct ones.
    """

    x: Float[np.ndarray, "point n0"]
    training: int
    y: Float[np.ndarray, " distinct"]
    counts: Float[np.ndarray, " distinct"]
    train: Int[np.ndarray, " train"]
    test: Int[np.ndarray, " test"]

    @classmethod
    def of(cls, x_train: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> "Points":
        place: dict[bytes, int] = {}
        # Adding zero makes -0.0 and 0.0 one input.
        index = np.array(
            [place.setdefault((row + 0.0).tobytes(), len(place)) for row in [*x_train, *x_test]], dtype=int
        )
        train, test = index[: len(x_train)], index[len(x_train) :]
        distinct = int(train.max()) + 1
        x = np.empty((len(place), x_train.shape[1]))
        x[index] = np.concatenate([x_train, x_test])
        counts = np.bincount(train, minlength=distinct).astype(float)
        return cls(x, distinct, np.bincount(train, y, distinct) / counts, counts, train, test)

    def blocks(self, together: bool) -> list[np.ndarray]:
        """The training points with all test points, or with as many at a time as memory allows."""
        train, tests = np.arange(self.training), np.arange(self.training, len(self.x))
        size = len(tests) if together else max(int(BLOCK**0.25) - len(train), len(train) // 4, 1)
        return [np.concatenate([train, tests[k : k + size]]) for k in range(0, max(len(tests), 1), max(size, 1))]


@dataclass(frozen=True)
class Values:
    """What is computed at one number of nodes, at the distinct points.

    Attributes:
        leading: infinite-width mean, (time, point).
        sources: (time, point) each.
        drift: of the NTK by source, (time, point, point) each, NaN between test points of different blocks.
        spread: relative fluctuation and shift of the NTK where it matters, times n, (time, point); see `result`.
    """

    leading: np.ndarray
    sources: dict[str, np.ndarray]
    drift: dict[str, np.ndarray]
    spread: np.ndarray


def _refined(problem: Problem, points: Points, training: Training, nodes: int, tolerance: float) -> TrainedMean:
    coarse = _values(problem, points, training, nodes)
    while True:
        # Even, so that no node is zero.
        nodes = 2 * round(REFINEMENT * nodes / 2)
        fine = _values(problem, points, training, nodes)
        errors = _errors(coarse, fine)
        settled = max(errors.values()) <= tolerance or REFINEMENT * nodes > MAX_NODES
        if settled or problem.activation.exact or not problem.activation.smooth:
            break
        coarse = fine
    return _result(points, training, fine, errors, nodes)


def _errors(coarse: Values, fine: Values) -> dict[str, float]:
    """Of the finer values, relative to the largest value of all sources, or of the drift.

    With h the spacing of nodes, the error is exp(-c / h) where the activation has poles, and falls faster where it has
    none; from one number of nodes to r times as many it falls to its own power r. The factor ten is for what multiplies
    it; the estimate is never larger than the change itself.
    """

    def error(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> dict[str, float]:
        size = max((np.nanmax(np.abs(value), initial=0.0) for value in b.values()), default=0.0) or 1.0
        changes = {key: float(np.nanmax(np.abs(a[key] - b[key]), initial=0.0) / size) for key in b}
        return {key: FLOOR + min(change, 10 * change**REFINEMENT) for key, change in changes.items()}

    drift = error({"drift": sum(coarse.drift.values())}, {"drift": sum(fine.drift.values())}) if fine.drift else {}
    leading = error({"leading": coarse.leading}, {"leading": fine.leading})
    return {**leading, **error(coarse.sources, fine.sources), **drift}


def _values(problem: Problem, points: Points, training: Training, nodes: int) -> Values:
    times, size, first = len(training.times), len(points.x), points.training
    leading, spread = np.zeros((2, times, size))
    sources = {source: np.zeros((times, size)) for source in problem.sources}
    drift = {s: np.full((times, size, size), np.nan) for s in problem.sources if s in ("PQ", "ddNTK")}
    blocks = points.blocks(together=problem.tests > 1)
    for block, tensors in zip(blocks, problem.solve(nodes, blocks), strict=True):
        system = System.of(tensors.theta[:first, :first], tensors.K[:first, :first], points.y, points.counts)
        terms = {s: source_terms(s, tensors, system, training.discrete) for s in problem.sources}
        moves = {s: drift_terms(s, tensors, system, training.discrete) for s in drift}
        coupling = tensors.theta[:, :first] @ system.basis
        for k, clock in enumerate(training.clocks(system)):
            for source, some in terms.items():
                trained, tested = respond(some, tensors.theta[first:, :first], system, clock)
                sources[source][k, block] = np.concatenate([trained, tested])
            for source, some in moves.items():
                drift[source][k][np.ix_(block, block)] = drifted(some, len(block), system, clock)
            learned = clock.integral(clock.still, clock.node(system.values))
            leading[k, block] = coupling @ (learned * system.y)
            spread[k, block] = _spread(
                tensors, {s: d[k, :first, :first] for s, d in drift.items()}, coupling, learned, system
            )
    return Values(leading, sources, drift, spread)


def _spread(
    tensors: Tensors, drift: dict[str, np.ndarray], coupling: np.ndarray, learned: np.ndarray, system: System
) -> np.ndarray:
    """n times the squared relative fluctuation plus the relative shift of the NTK's eigenvalues, averaged over modes.

    Modes count by their share in the output, of labels and random initial output, and as far as they have been learned.
    """
    train = slice(len(system.values))
    values = np.where(system.values > 0, system.values, np.inf)
    relative = np.zeros_like(values)
    if "A" in tensors.tensors:
        C = system.rotate(tensors.covariance[train, train, train, train], range(4))
        relative += np.abs(np.einsum("iiii->i", C)) / values**2
    for shift in [*drift.values(), *([tensors["Theta1"][train, train]] if "Theta1" in tensors.tensors else [])]:
        relative += np.abs(np.einsum("ai,ab,bi->i", system.basis, shift, system.basis)) / values
    relative *= np.minimum(1, learned * system.values)
    share = np.abs(coupling * learned) * np.sqrt(system.y**2 + np.maximum(system.K.diagonal(), 0))
    total = share.sum(axis=1)
    return share @ relative / np.where(total > 0, total, 1)


def _result(points: Points, training: Training, values: Values, errors: dict[str, float], nodes: int) -> TrainedMean:
    scale = float(np.abs(points.y).max())

    def mean(at: np.ndarray) -> Mean:
        return Mean(
            values.leading[:, at], {s: value[:, at] for s, value in values.sources.items()}, values.spread[:, at], scale
        )

    given = np.concatenate([points.train, points.test])
    drift = {s: value[:, given[:, None], given] for s, value in values.drift.items()}
    return TrainedMean(training.times, mean(points.test), mean(points.train), drift, errors, nodes)
