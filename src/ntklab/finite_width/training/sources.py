"""How a trained mean moves at order 1/n: the sources in the eigenbasis of the training NTK, and the response to them.

At first order a source S(d, t) pushes the output at d, and what it does to the training points is propagated by the
infinite-width dynamics. In the eigenbasis each source is a sum over modes of a number and a product of decays, nested in time;
the response adds one or two intervals to the nest. Letters a, b, c are modes below, ab the decay of both.

    source    number                                          decays, for the flow
    Theta1    - Theta1_da y_a                                 a
    AB        C_daac y_c                                      a, c          C = cov(NTK, NTK)
    PQ        V_dabb y_a + V_daba y_b                         a, ab         V_dabc = W_dabc + W_adbc, W = E[dNTK z]
    ddNTK     - (E_dabc + E_adbc) Y_abc                       a, ab, abc    E = change of dNTK, Y = -E[eps eps eps] at t = 0

    Y_abc = y_a y_b y_c + K_ab y_c + K_bc y_a + K_ca y_b

One discrete step of gradient descent moves z by - eta NTK eps + eta^2/2 dNTK eps eps - eta^3/6 ddI eps eps eps and the NTK of
(1, 2) by - eta (dNTK(1; 2, a) + dNTK(2; 1, a)) eps_a + eta^2 (ddI(1; 2, a, b)/2 + ddI(2; 1, a, b)/2 + ddII(1, 2, a, b))
eps_a eps_b, to the order of the hierarchy (everything else is smaller than 1/n in the mean). So steps have in addition

    PQ        eta W_dabb y_a                                  ab
    ddNTK     - eta ((I_dabc + I_adbc)/2 + II_dabc) Y_abc     a, abc        I = E[ddI], II = E[ddII]
    ddNTK     - eta/2 E_dabc Y_abc                            ab, abc
    ddNTK     - eta^2/6 I_dabc Y_abc                          abc

and a factor from `Clock.lag` for every decay but the last, which spans whole steps of its own. The NTK itself moves by

    PQ        - V_dabb                                        still, b
    ddNTK     (E_dabc + E_adbc) (y_b y_c + K_bc)              still, b, bc
    ddNTK     eta ((I_dabc + I_adbc)/2 + II_dabc) (...)       still, bc     (steps only)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ntklab.finite_width.training.exponentials import Clock
from ntklab.finite_width.training.tensors import Tensors

Nest = Callable[[Clock, "System"], tuple[np.ndarray, tuple[np.ndarray, ...]]]
"""Factor and nodes of the decays of a term."""


@dataclass(frozen=True)
class System:
    """The training set in the eigenbasis of H = sqrt(m) Theta sqrt(m).

    A training point that occurs m times, with labels of mean y, acts like one point whose residual is weighted by sqrt(m).

    Attributes:
        values: eigenvalues of H, ascending; those of rounding size are zero.
        basis: (training point, mode), sqrt(m) times the eigenvectors: takes a slot of a tensor to the modes.
        back: (training point, mode), takes modes to outputs.
        y: labels, (mode,).
        K: NNGP kernel, (mode, mode).
    """

    values: Float[np.ndarray, " mode"]
    basis: Float[np.ndarray, "point mode"]
    back: Float[np.ndarray, "point mode"]
    y: Float[np.ndarray, " mode"]
    K: Float[np.ndarray, "mode mode"]

    @classmethod
    def of(
        cls,
        theta: Float[np.ndarray, "point point"],
        K: Float[np.ndarray, "point point"],
        y: Float[np.ndarray, " point"],
        counts: Float[np.ndarray, " point"],
    ) -> "System":
        root = np.sqrt(counts)[:, None]
        values, vectors = np.linalg.eigh(root * theta * root.T)
        rounding = 4 * len(values) * np.finfo(float).eps * np.abs(values).max()
        values = np.where(np.abs(values) <= rounding, 0.0, values)
        basis = root * vectors
        return cls(values, basis, vectors / root, basis.T @ y, basis.T @ K @ basis)

    def axis(self, clock: Clock, position: int, of: int) -> np.ndarray:
        """The nodes of the modes along one of several axes."""
        return clock.node(self.values).reshape([-1 if k == position else 1 for k in range(of)])

    def rotate(self, X: np.ndarray, slots: Iterable[int]) -> np.ndarray:
        """Take slots of a tensor, over the training points, to the modes."""
        for slot in slots:
            X = np.moveaxis(np.tensordot(X, self.basis, axes=(slot, 0)), -1, slot)
        return X

    @cached_property
    def third_moment(self) -> Float[np.ndarray, "mode mode mode"]:
        """Y_abc."""
        y, K = self.y, self.K
        cubic = np.einsum("a,b,c->abc", y, y, y)
        return cubic + np.einsum("ab,c->abc", K, y) + np.einsum("bc,a->abc", K, y) + np.einsum("ca,b->abc", K, y)

    @cached_property
    def second_moment(self) -> Float[np.ndarray, "mode mode"]:
        """y_b y_c + K_bc."""
        return np.outer(self.y, self.y) + self.K


@dataclass(frozen=True)
class Term:
    """A part of a source, (point, mode, ...): what multiplies a nest of decays that depends on the same modes."""

    numbers: np.ndarray
    nest: Nest
    power: int = 0
    """Of the step size: terms of the discreteness of steps have one, and vanish for the flow."""

    def weights(self, clock: Clock, system: System, *before: np.ndarray | float) -> np.ndarray:
        """Time integral over the nest after further intervals, whose nodes may have axes before those of the modes."""
        factor, nodes = self.nest(clock, system)
        return clock.step**self.power * factor * clock.integral(*before, *nodes)


def _axes(clock: Clock, system: System, number: int) -> list[np.ndarray]:
    return [system.axis(clock, k, number) for k in range(number)]


def _alone(clock: Clock, system: System):
    return np.ones(1), (system.axis(clock, 0, 1),)


def _parallel(clock: Clock, system: System):
    """a, then c."""
    return np.ones((1, 1)), tuple(_axes(clock, system, 2))


def _nested(clock: Clock, system: System):
    """b ends before a does."""
    a, b = _axes(clock, system, 2)
    return clock.lag(a), (a, clock.both(a, b))


def _together(clock: Clock, system: System):
    a, b = _axes(clock, system, 2)
    return np.ones((1, 1)), (clock.both(a, b),)


def _nested_twice(clock: Clock, system: System):
    """c ends before b, b before a."""
    a, b, c = _axes(clock, system, 3)
    ab = clock.both(a, b)
    return clock.lag(a) * clock.lag(ab), (a, ab, clock.both(ab, c))


def _two_in_one(clock: Clock, system: System):
    """b and c end in the same step, before a."""
    a, b, c = _axes(clock, system, 3)
    return clock.lag(a), (a, clock.both(clock.both(a, b), c))


def _one_in_two(clock: Clock, system: System):
    a, b, c = _axes(clock, system, 3)
    ab = clock.both(a, b)
    return clock.lag(ab), (ab, clock.both(ab, c))


def _all_together(clock: Clock, system: System):
    a, b, c = _axes(clock, system, 3)
    return np.ones((1, 1, 1)), (clock.both(clock.both(a, b), c),)


def source_terms(source: str, tensors: Tensors, system: System, discrete: bool) -> list[Term]:
    """The terms of a source, with points on the first axis; the first points are the training points."""
    train = slice(len(system.values))
    return {"Theta1": _theta1, "AB": _ab, "PQ": _pq, "ddNTK": _dd}[source](tensors, system, train, discrete)


def _theta1(tensors: Tensors, system: System, train: slice, discrete: bool) -> list[Term]:
    return [Term(-system.rotate(tensors["Theta1"][:, train], [1]) * system.y, _alone)]


def _ab(tensors: Tensors, system: System, train: slice, discrete: bool) -> list[Term]:
    C = system.rotate(tensors.covariance[:, train, train, train], [1, 2, 3])
    return [Term(np.einsum("daac,c->dac", C, system.y), _parallel)]


def _pq(tensors: Tensors, system: System, train: slice, discrete: bool) -> list[Term]:
    W, y = tensors.first, system.y
    V = system.rotate(_both_ways(W)[:, train, train, train], [1, 2, 3])
    terms = [Term(np.einsum("dabb,a->dab", V, y) + np.einsum("daba,b->dab", V, y), _nested)]
    if discrete:
        rotated = system.rotate(W[:, train, train, train], [1, 2, 3])
        terms.append(Term(np.einsum("dabb,a->dab", rotated, y), _together, power=1))
    return terms


def _dd(tensors: Tensors, system: System, train: slice, discrete: bool) -> list[Term]:
    def term(X: np.ndarray, nest: Nest, power: int = 0) -> Term:
        return Term(-system.rotate(X[:, train, train, train], [1, 2, 3]) * system.third_moment, nest, power)

    terms = [term(_both_ways(tensors.change), _nested_twice)]
    if discrete:
        terms += [
            term(_one_step(tensors), _two_in_one, 1),
            term(tensors.change / 2, _one_in_two, 1),
            term(tensors.third / 6, _all_together, 2),
        ]
    return terms


def _both_ways(X: np.ndarray) -> np.ndarray:
    """X_1234 + X_2134."""
    return X + X.swapaxes(0, 1)


def _one_step(tensors: Tensors) -> np.ndarray:
    """n times the mean change of the NTK(1, 2) in one step along gradients at 3 and 4, at second order."""
    return _both_ways(tensors.third) / 2 + tensors.second


def respond(terms: list[Term], theta: np.ndarray, system: System, clock: Clock) -> tuple[np.ndarray, np.ndarray]:
    """What sources do to the mean output, n times: at the training points and at the further points.

    Args:
        theta: NTK between the further points and the training points.
    """
    size = len(system.values)
    moved, far = np.zeros(size), np.zeros(len(theta))
    coupling = theta @ system.basis
    for term in terms:
        modes = term.numbers.ndim - 1
        i = clock.node(system.values).reshape((-1,) + (1,) * modes)
        trained = system.rotate(term.numbers[:size], [0])
        moved -= _dot(trained, term.weights(clock, system, i))
        far -= _dot(term.numbers[size:], term.weights(clock, system, clock.still)[None])
        if len(far):
            far += coupling @ _dot(trained, term.weights(clock, system, clock.still, i))
    return system.back @ moved, far


def _dot(numbers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over the modes, for each point."""
    return (numbers * weights).reshape(len(numbers), -1).sum(axis=1)


def drift_terms(source: str, tensors: Tensors, system: System, discrete: bool) -> list[Term]:
    """The terms of the mean change of the NTK, numbers with the two points on the first two axes."""
    train = slice(len(system.values))
    if source == "PQ":
        V = system.rotate(_both_ways(tensors.first)[:, :, train, train], [2, 3])
        return [Term(-np.einsum("pqbb->pqb", V), _alone)]
    if source == "ddNTK":
        moment = system.second_moment
        E = system.rotate(_both_ways(tensors.change)[:, :, train, train], [2, 3]) * moment
        terms = [Term(E, _nested)]
        if discrete:
            X = system.rotate(_one_step(tensors)[:, :, train, train], [2, 3]) * moment
            terms.append(Term(X, _together, power=1))
        return terms
    return []


def drifted(terms: list[Term], size: int, system: System, clock: Clock) -> np.ndarray:
    """n times the mean change of the NTK since initialisation, (point, point)."""
    total = np.zeros((size, size))
    for term in terms:
        weights = term.weights(clock, system, clock.still)
        total += (term.numbers * weights).reshape(size, size, -1).sum(axis=-1)
    return total
