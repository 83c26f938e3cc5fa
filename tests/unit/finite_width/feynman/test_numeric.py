"""The sum of the diagrams against the recursions derived by hand; none may be missing, none may count differently."""

import itertools
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from ntklab.finite_width.feynman.numeric import Layer, assemble
from ntklab.finite_width.feynman.rules import PAPER_TENSORS, TENSORS

INPUTS = 3


class ByHand:
    """The recursions of App. D written out for one component; every tensor of layer l is indexed by inputs.

    A function of z is a list of (coefficient, [(input, order), ...]).
    """

    def __init__(self, layer: Layer):
        self.layer, self.tensors = layer, layer.tensors
        self.C, self.lam, self.r, self.Th = layer.c_w, layer.lambda_w, layer.ratio, layer.tensors["Theta"]

    def E(self, *functions) -> float:
        """Expectation of a product of functions."""
        total = 0.0
        for terms in itertools.product(*functions):
            slots = [slot for _, product in terms for slot in product]
            inputs, orders = zip(*slots, strict=True)
            total += np.prod([coefficient for coefficient, _ in terms]) * self.layer.moment(orders)[inputs]
        return total

    def d(self, function, number: int):
        """(inputs g, expectation) for every way `number` derivatives act on the slots of a function."""
        for coefficient, product in function:
            for acted in itertools.product(range(len(product)), repeat=number):
                orders = Counter(acted)
                raised = [(a, order + orders[slot]) for slot, (a, order) in enumerate(product)]
                yield tuple(product[slot][0] for slot in acted), self.E([(coefficient, raised)])

    def f(self, a: int, p: int, b: int, q: int):
        return [(1.0, [(a, p), (b, q)])]

    def om(self, a: int, b: int):
        return [(self.lam, [(a, 0), (b, 0)]), (self.C * self.Th[a, b], [(a, 1), (b, 1)])]

    def twice(self, first, second, tensor) -> float:
        """sum over g, h of tensor(g, h) times d/dz_g of the first and d/dz_h of the second function."""
        return sum(
            x * y * tensor(g, h) for ((g,), x), ((h,), y) in itertools.product(self.d(first, 1), self.d(second, 1))
        )

    def once(self, function, number: int, tensor) -> float:
        return sum(x * tensor(*g) for g, x in self.d(function, number))

    def v_term(self, first, second) -> float:
        V = self.tensors["V"]
        return sum(x * y * V[(*g, *h)] for (g, x), (h, y) in itertools.product(self.d(first, 2), self.d(second, 2))) / 4

    def K1(self, a, b):
        K1, V, g = self.tensors["K1"], self.tensors["V"], self.f(a, 0, b, 0)
        return self.r * self.C * (self.once(g, 2, lambda *i: K1[i]) / 2 + self.once(g, 4, lambda *i: V[i]) / 8)

    def V(self, a, b, c, d):
        G, H = self.f(a, 0, b, 0), self.f(c, 0, d, 0)
        return self.C**2 * (self.E(G, H) - self.E(G) * self.E(H) + self.r * self.v_term(G, H))

    def D(self, a, b, c, d):
        D, G, W, s = self.tensors["D"], self.f(a, 0, b, 0), self.om(c, d), self.E(self.f(c, 1, d, 1))
        return self.C * (self.E(G, W) - self.E(G) * self.E(W)) + self.r * (
            self.C * self.v_term(G, W) + self.C**2 / 2 * s * self.once(G, 2, lambda g, h: D[g, h, c, d])
        )

    def F(self, a, c, b, d):
        F, f, h = self.tensors["F"], self.f(a, 0, c, 1), self.f(b, 0, d, 1)
        return self.C**2 * (self.Th[c, d] * self.E(f, h) + self.r * self.twice(f, h, lambda g, k: F[g, c, k, d]))

    def A(self, a, b, c, d):
        D, W, U = self.tensors["D"], self.om(a, b), self.om(c, d)
        s, t = self.E(self.f(a, 1, b, 1)), self.E(self.f(c, 1, d, 1))
        propagated = self.v_term(W, U) + self.C**2 * s * t * self.tensors["A"][a, b, c, d]
        propagated += self.C / 2 * t * self.once(W, 2, lambda g, h: D[g, h, c, d])
        propagated += self.C / 2 * s * self.once(U, 2, lambda g, h: D[g, h, a, b])
        return self.E(W, U) - self.E(W) * self.E(U) + self.r * propagated

    def B(self, a, c, b, d):
        f, h = self.f(a, 1, c, 1), self.f(b, 1, d, 1)
        local = self.Th[a, b] * self.Th[c, d] * self.E(f, h)
        return self.C**2 * (local + self.r * self.E(f) * self.E(h) * self.tensors["B"][a, c, b, d])

    def Theta1(self, a, b):
        t, W, s = self.tensors, self.om(a, b), self.f(a, 1, b, 1)
        return self.r * (
            self.C * t["Theta1"][a, b] * self.E(s)
            + self.once(W, 2, lambda *i: t["K1"][i]) / 2
            + self.once(W, 4, lambda *i: t["V"][i]) / 8
            + self.C / 2 * self.once(s, 2, lambda g, h: t["D"][g, h, a, b])
            + self.C * self.once(s, 2, lambda g, h: t["F"][g, a, h, b])
        )

    def P(self, o, a, b, c):
        B, P, s = self.tensors["B"], self.tensors["P"], self.f(a, 1, b, 1)
        local = self.Th[o, a] * self.Th[o, b] * self.E(s, self.f(o, 2, c, 0))
        inner = self.E(self.f(o, 2, c, 0)) * B[o, o, a, b] + self.once(self.f(o, 1, c, 0), 1, lambda g: P[o, a, b, g])
        return self.C**2 * (local + self.r * self.E(s) * inner)

    def Q(self, o, a, b, c):
        F, Q, Th, h = self.tensors["F"], self.tensors["Q"], self.Th, self.f(b, 1, c, 0)
        inner = Th[o, a] * self.twice(self.f(o, 2, a, 1), h, lambda g, k: F[g, o, k, b])
        inner += self.E(self.f(o, 1, a, 1)) * self.once(h, 1, lambda k: Q[o, a, b, k])
        local = Th[o, a] * Th[o, b] * self.E(self.f(o, 2, a, 1), h)
        return self.lam / self.C * self.F(a, o, c, b) + self.C**2 * (local + self.r * inner)

    def R(self, o, a, b, c):
        lc, C2, Th, B, P = self.lam * self.C, self.C**2, self.Th, self.tensors["B"], self.tensors["P"]
        s = self.f(b, 1, c, 1)
        propagated = lc * self.E(self.f(o, 2, a, 0)) * B[o, o, b, c]
        propagated += lc * self.once(self.f(o, 1, a, 0), 1, lambda g: P[o, b, c, g])
        propagated += C2 * Th[o, a] * self.E(self.f(o, 3, a, 1)) * B[o, o, b, c]
        propagated += C2 * Th[o, a] * self.once(self.f(o, 2, a, 1), 1, lambda g: P[o, b, c, g])
        propagated += C2 * self.E(self.f(o, 1, a, 1)) * self.tensors["R"][o, a, b, c]
        local = lc * self.E(self.f(o, 2, a, 0), s) + C2 * Th[o, a] * self.E(self.f(o, 3, a, 1), s)
        return Th[o, b] * Th[o, c] * local + self.r * self.E(s) * propagated

    def S(self, a, b, c, d):
        lc, C2, Th, B, s = self.lam * self.C, self.C**2, self.Th, self.tensors["B"][a, b, c, d], self.f(c, 1, d, 1)
        one, two = self.f(a, 1, b, 1), self.f(a, 2, b, 2)
        local = Th[a, c] * Th[b, d] * (lc * self.E(one, s) + C2 * Th[a, b] * self.E(two, s))
        propagated = (lc * self.E(one) + C2 * Th[a, b] * self.E(two)) * B
        propagated += C2 * self.E(one) * self.tensors["S"][a, b, c, d]
        return local + self.r * self.E(s) * propagated

    def T(self, a, c, b, d):
        C, lam, r, Th, Q, F = self.C, self.lam, self.r, self.Th, self.tensors["Q"], self.tensors["F"]
        left = [(lam, self.f(a, 1, c, 0)), (C * Th[a, c], self.f(a, 2, c, 1))]
        right = [(lam, self.f(b, 1, d, 0)), (C * Th[b, d], self.f(b, 2, d, 1))]
        total = 0.0
        for (x, f), (y, h) in itertools.product(left, right):
            total += x * y * (Th[a, b] * self.E(f, h) + r * self.twice(f, h, lambda g, k: F[g, a, k, b]))
        s, t = self.E(self.f(a, 1, c, 1)), self.E(self.f(b, 1, d, 1))
        total += r * C * t * sum(x * self.once(f, 1, lambda g: Q[b, d, a, g]) for x, f in left)
        total += r * C * s * sum(y * self.once(h, 1, lambda k: Q[a, c, b, k]) for y, h in right)
        return total + r * C**2 * s * t * self.tensors["T"][a, c, b, d]

    def U(self, a, d, b, c):
        Th, s, t = self.Th, self.E(self.f(a, 1, d, 1)), self.E(self.f(b, 1, c, 1))
        local = Th[a, b] * Th[a, c] * Th[b, d] * self.E(self.f(a, 2, d, 1), self.f(b, 2, c, 1))
        return self.C**2 * (local + self.r * s * t * self.tensors["U"][a, d, b, c])

    def K(self, a, b):
        return self.layer.c_b + self.C * self.E(self.f(a, 0, b, 0))

    def Theta(self, a, b):
        return self.layer.lambda_b + self.E(self.om(a, b))

    def H(self, a, b):
        """The Hessian product: weights contracted by hand, 2 lambda Theta <s's'> + C (Theta^2 <s''s''> + H <s's'>)."""
        first, second = self.E(self.f(a, 1, b, 1)), self.E(self.f(a, 2, b, 2))
        Th, H = self.Th[a, b], self.tensors["H"][a, b]
        return 2 * self.lam * Th * first + self.C * (Th**2 * second + H * first)


def by_hand(name: str, layer: Layer) -> np.ndarray:
    shape = (INPUTS,) * len(TENSORS[name].colours)
    component = getattr(ByHand(layer), name)
    return np.array([component(*index) for index in np.ndindex(shape)]).reshape(shape)


@pytest.fixture(scope="module")
def agrees(layers):
    """(diagrams, name, number of the layer) -> whether their sum is what is derived by hand."""

    @cache
    def expected(name: str, number: int) -> np.ndarray:
        return by_hand(name, layers[number])

    def compare(diagrams: list, name: str, number: int) -> bool:
        right = expected(name, number)
        if not diagrams:
            return False
        return np.allclose(assemble(diagrams, layers[number]), right, rtol=1e-10, atol=1e-10 * np.abs(right).max())

    return compare


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", [*PAPER_TENSORS, "K", "Theta", "H"])
def test_diagrams_assemble_to_the_recursion(enumerated, agrees, name, number):
    assert agrees(enumerated[name], name, number)


COUNTS = {"V": 2, "K1": 2, "F": 2, "D": 3, "A": 5, "B": 2, "Theta1": 5, "P": 3, "Q": 5, "R": 7, "S": 5, "T": 13, "U": 2}
"""As in test_enumeration.py, where they are asserted."""
EACH = [(name, k) for name, count in COUNTS.items() for k in range(count)]


@pytest.mark.parametrize(("name", "dropped"), EACH)
def test_no_diagram_may_be_missing(enumerated, agrees, name, dropped):
    diagrams = enumerated[name]
    assert not agrees(diagrams[:dropped] + diagrams[dropped + 1 :], name, 0)


@pytest.mark.parametrize(("name", "changed"), EACH)
@pytest.mark.parametrize("factor", [Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(101, 100)])
def test_no_symmetry_factor_may_change(enumerated, agrees, name, changed, factor):
    diagrams = list(enumerated[name])
    diagrams[changed] = replace(diagrams[changed], symmetry=diagrams[changed].symmetry * factor)
    assert not agrees(diagrams, name, 0)
