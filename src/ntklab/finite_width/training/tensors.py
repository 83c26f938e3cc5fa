"""The tensors that act on a trained mean, for training and test points, from the recursions of `solve`.

A component of a correction has at most one test point (two for the NTK between test points) besides training points, and the
recursions stay within a component's own points. So only such sets are integrated over, and all others are NaN.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from ntklab.activations import Activation
from ntklab.finite_width.architecture import Architecture
from ntklab.finite_width.gaussian import Factors, GaussianExpectations
from ntklab.finite_width.orthants import KinkedExpectations
from ntklab.finite_width.recursions import MATRICES, RECURSIONS, Layer
from ntklab.finite_width.solver import closure
from ntklab.finite_width.training.local_moments import LocalMoments, local_moments
from ntklab.finite_width.training.smoothed import SmoothedQuadrature

SOURCES: dict[str, tuple[str, ...]] = {
    "Theta1": ("Theta1",),
    "AB": ("A", "B"),
    "PQ": ("P", "Q"),
    "ddNTK": ("R", "S", "T", "U"),
}
"""What moves the mean, and the tensors it is made of."""

Matrix = Float[np.ndarray, "n n"]
Quartic = Float[np.ndarray, "n n n n"]


@dataclass(frozen=True)
class Tensors:
    """Of the last layer, at some points, and in the combinations in which one output channel sees them.

    Attributes:
        K, theta: infinite-width kernels.
        tensors: name -> array over the points, only those of the sources that were asked for.
    """

    K: Matrix
    theta: Matrix
    tensors: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.tensors[name]

    @cached_property
    def covariance(self) -> Quartic:
        """n cov(NTK(1,2), NTK(3,4)) = A_1234 + B[1,3,2,4] + B[1,4,2,3]."""
        B = self["B"]
        return self["A"] + np.einsum("acbd->abcd", B) + np.einsum("adbc->abcd", B)

    @cached_property
    def first(self) -> Quartic:
        """W_0123 = n E[dNTK(0;1,2) z(3)] = P_0123 + Q_0123 + Q_0213."""
        return self["P"] + self["Q"] + self["Q"].swapaxes(1, 2)

    @cached_property
    def third(self) -> Quartic:
        """n E[ddI(0;1,2,3)] = R_0123 + R_0213 + R_0312."""
        R = self["R"]
        return R + np.einsum("acbd->abcd", R) + np.einsum("adbc->abcd", R)

    @cached_property
    def second(self) -> Quartic:
        """n E[ddII(1,2,3,4)] = S_1234 + T[1,3,2,4] + U[1,4,2,3]."""
        return self["S"] + np.einsum("acbd->abcd", self["T"]) + np.einsum("adbc->abcd", self["U"])

    @cached_property
    def change(self) -> Quartic:
        """E_0123: minus n times the mean change of dNTK(0;1,2) along the gradient at 3."""
        return self.third + self.second + self.second.swapaxes(1, 2)


@dataclass(frozen=True)
class Step:
    """What the step from one layer to the next is made of, at all points."""

    theta: Matrix
    expectations: GaussianExpectations
    local: LocalMoments


@dataclass(frozen=True)
class Problem:
    """Distinct points, the training points first, and what is asked at them.

    Attributes:
        tests: how many test points a component may have.
    """

    x: Float[np.ndarray, "n n0"]
    training: int
    tests: int
    activation: Activation
    architecture: Architecture
    sources: tuple[str, ...]

    @property
    def wanted(self) -> tuple[str, ...]:
        return tuple(tensor for source in self.sources for tensor in SOURCES[source])

    def steps(self, nodes: int) -> tuple[list[Step], Matrix, Matrix]:
        """The steps between layers, and the kernels K and Theta of the last one."""
        a, steps = self.architecture, []
        K, theta = a.first(self.x)
        for layer in range(1, a.depth):
            expectations = _expectations(self.activation, K, nodes)
            patterns = {p for tensor in self._needed(layer) for p in RECURSIONS[tensor].patterns}
            steps.append(Step(theta, expectations, local_moments(expectations, patterns, self.training, self.tests)))
            M = expectations.pair
            K, theta = (
                a.c_b[layer] + a.c_w[layer] * M(0, 0),
                a.lambda_b[layer] + a.lambda_w[layer] * M(0, 0) + a.c_w[layer] * theta * M(1, 1),
            )
        return steps, K, theta

    def _needed(self, layer: int) -> list[str]:
        """The tensors of layer + 1."""
        return closure(self.wanted, below=layer < self.architecture.depth - 1)

    def solve(self, nodes: int, blocks: Sequence[np.ndarray]) -> Iterator[Tensors]:
        """The tensors at each block of points, from one set of integrals."""
        steps, K, theta = self.steps(nodes)
        for points in blocks:
            tensors = self._recurse(steps, points)
            at = np.ix_(points, points)
            yield Tensors(K[at], theta[at], {name: tensors[name] for name in self.wanted})

    def _recurse(self, steps: list[Step], points: Int[np.ndarray, " point"]) -> dict[str, np.ndarray]:
        a, size = self.architecture, len(points)
        current = {name: np.zeros((size,) * (2 if name in MATRICES else 4)) for name in closure(self.wanted)}
        for layer, step in enumerate(steps, start=1):
            s = Layer(
                step.theta[np.ix_(points, points)],
                Restricted(step.expectations, points),
                step.local.arrays(points, len(self.x)),
                current,
                c_w=a.c_w[layer], lambda_w=a.lambda_w[layer], ratio=a.ratio(layer),
            )  # fmt: skip
            for tensor in self._needed(layer):
                s.new[tensor] = sum(RECURSIONS[tensor].terms(s))
            current = s.new
        return current


def _expectations(activation: Activation, K: Matrix, nodes: int) -> GaussianExpectations:
    return (SmoothedQuadrature if activation.smooth else KinkedExpectations)(activation, K, nodes)


class Restricted(GaussianExpectations):
    """Those of some of the inputs, which are numbered anew."""

    def __init__(self, whole: GaussianExpectations, points: Int[np.ndarray, " point"]):
        self.points, self.at = points, np.ix_(points, points)
        self.whole = whole
        super().__init__(whole.activation, whole.covariance[self.at], whole.nodes)

    def pair(self, p: int, q: int) -> Matrix:
        return self.whole.pair(p, q)[self.at]

    def moments(self, products: Iterable[Factors]) -> dict[Factors, float]:
        among_all = {factors: tuple(sorted((int(self.points[a]), p) for a, p in factors)) for factors in products}
        values = self.whole.moments(set(among_all.values()))
        return {factors: values[there] for factors, there in among_all.items()}
