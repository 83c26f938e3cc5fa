"""The diagram engine against the recursions as derived by hand, and every part of it against a second way to the same."""

import itertools
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import sympy as sp
from networkx.algorithms.isomorphism import GraphMatcher

from ntklab.finite_width.diagrams import enumeration
from ntklab.finite_width.diagrams.diagram import SAME_KIND, graph, isomorphic, pattern
from ntklab.finite_width.diagrams.enumeration import candidates, enumerate_diagrams
from ntklab.finite_width.diagrams.numeric import Layer, assemble, evaluate
from ntklab.finite_width.diagrams.rules import CUBIC, PAPER_TENSORS, TENSORS, CubicVertex, Decoration, Tensor, table
from ntklab.finite_width.diagrams.symbolic import C_W, LAMBDA_W, RATIO, Expectation, symbolic

COUNTS = {"V": 2, "K1": 2, "F": 2, "D": 3, "A": 5, "B": 2, "Theta1": 5, "P": 3, "Q": 5, "R": 7, "S": 5, "T": 13, "U": 2}
"""Counted by hand (App. D); Q's two diagrams with lambda are drawn as one in the paper, the F of layer l + 1."""
INPUTS = 3
DIAGRAMS = {name: enumerate_diagrams(tensor) for name, tensor in TENSORS.items()}


# --- a random layer -----------------------------------------------------------------------------------------------


def symmetrised(tensor: Tensor, array: np.ndarray) -> np.ndarray:
    """The mean of an array over the symmetries of a tensor: those of its colours and neural deltas."""
    shape = pattern(dict(enumerate(tensor.colours)), tensor.pairs)
    maps = GraphMatcher(shape, shape, node_match=SAME_KIND).isomorphisms_iter()
    orders = {tuple(found["leg", slot][1] for slot in range(array.ndim)) for found in maps}
    return sum(array.transpose(order) for order in orders) / len(orders)


class Quadrature:
    """Expectations of a polynomial activation over N(0, K), K of full rank, on one Gauss-Hermite grid: exact."""

    def __init__(self, coefficients: np.ndarray, covariance: np.ndarray):
        points, weights = np.polynomial.hermite_e.hermegauss(14)
        grid = np.array(list(itertools.product(points, repeat=len(covariance))))
        self.weights = np.prod(list(itertools.product(weights / weights.sum(), repeat=len(covariance))), axis=1)
        z = np.linalg.cholesky(covariance) @ grid.T
        polynomial = np.polynomial.Polynomial(coefficients)
        self.derivatives = np.array([polynomial.deriv(order)(z) if order else polynomial(z) for order in range(9)])

    def __call__(self, orders: tuple[int, ...]) -> np.ndarray:
        axes = "abcdefgh"[: len(orders)]
        values = [self.derivatives[order] for order in orders]
        return np.einsum(f"{','.join(a + 'z' for a in axes)},z->{axes}", *values, self.weights, optimize=True)


def random_layer(seed: int) -> Layer:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(INPUTS, INPUTS))
    tensors = {
        name: symmetrised(tensor, rng.normal(size=(INPUTS,) * len(tensor.colours))) for name, tensor in TENSORS.items()
    }
    c_w, lambda_w, ratio, c_b, lambda_b = rng.uniform(0.3, 2.0, size=5).tolist()
    moments = Quadrature(rng.normal(size=5) / [1, 1, 2, 3, 6], root @ root.T / INPUTS + 0.3 * np.eye(INPUTS))
    return Layer(moments, tensors, c_w, lambda_w, ratio, c_b, lambda_b)


LAYERS = [random_layer(seed) for seed in range(3)]


# --- the recursions by hand -----------------------------------------------------------------------------------------


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


EXPECTED = {
    (name, number): by_hand(name, layer)
    for number, layer in enumerate(LAYERS)
    for name in (*PAPER_TENSORS, "K", "Theta", "H")
}


def agrees(diagrams: list, name: str, number: int) -> bool:
    expected = EXPECTED[name, number]
    if not diagrams:
        return False
    return np.allclose(assemble(diagrams, LAYERS[number]), expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("number", range(len(LAYERS)))
@pytest.mark.parametrize("name", [*PAPER_TENSORS, "K", "Theta", "H"])
def test_diagrams_assemble_to_the_recursion(name, number):
    assert agrees(DIAGRAMS[name], name, number)


EACH = [(name, k) for name in PAPER_TENSORS for k in range(len(DIAGRAMS[name]))]


@pytest.mark.parametrize(("name", "dropped"), EACH)
def test_no_diagram_may_be_missing(name, dropped):
    diagrams = DIAGRAMS[name]
    assert not agrees(diagrams[:dropped] + diagrams[dropped + 1 :], name, 0)


@pytest.mark.parametrize(("name", "changed"), EACH)
@pytest.mark.parametrize("factor", [Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(101, 100)])
def test_no_symmetry_factor_may_change(name, changed, factor):
    diagrams = list(DIAGRAMS[name])
    diagrams[changed] = replace(diagrams[changed], symmetry=diagrams[changed].symmetry * factor)
    assert not agrees(diagrams, name, 0)


# --- enumeration ----------------------------------------------------------------------------------------------------


def test_the_counts_are_those_of_the_paper():
    assert {name: len(DIAGRAMS[name]) for name in PAPER_TENSORS} == COUNTS


@pytest.mark.parametrize("name", TENSORS)
def test_no_diagram_appears_twice(name):
    for first, second in itertools.combinations(DIAGRAMS[name], 2):
        assert not isomorphic(graph(first), graph(second))


@pytest.mark.parametrize("name", TENSORS)
def test_symmetry_factors_are_those_of_taylors_series(name):
    """Automorphisms counted by networkx against 1/k! for every k solid lines, summed over all repeated assignments."""
    weights = Counter()
    for candidate, weight in candidates(TENSORS[name]):
        (number,) = [k for k, d in enumerate(DIAGRAMS[name]) if isomorphic(graph(candidate), graph(d))]
        weights[number] += weight
    assert [weights[k] for k in range(len(DIAGRAMS[name]))] == [d.symmetry for d in DIAGRAMS[name]]


def derived_vertices(alpha: str, beta: str):
    """Every cubic vertex of two legs from Gaussian weights and the chain rule: (C, lambda, orders, lines), lines in layer l.

    Plain: C for two legs that meet at the same weight. Direct: lambda, when a shared colour is that very weight. The chain
    rule gives sigma^(k) for a partition of the remaining colours into k blocks, and one line for each block.
    """
    cases = [(1, 0, alpha, beta)]
    cases += [(0, 1, alpha.replace(c, ""), beta.replace(c, "")) for c in sorted(set(alpha) & set(beta))]
    for c, lam, first, second in cases:
        for left, right in itertools.product(blocks(first), blocks(second)):
            yield c, lam, (len(left), len(right)), tuple([(0, b) for b in left] + [(1, b) for b in right])


def blocks(colours: str):
    if not colours:
        yield []
        return
    for size in range(len(colours)):
        for chosen in itertools.combinations(colours[1:], size):
            rest = "".join(c for c in colours[1:] if c not in chosen)
            for others in blocks(rest):
                yield [colours[0] + "".join(chosen), *others]


def contracted(lines):
    """All ways to replace an NTK or Hessian product inside one vertex by its mean: (means, lines left)."""
    joined = nx.Graph()
    joined.add_nodes_from(range(len(lines)))
    joined.add_edges_from(
        (i, j) for i, j in itertools.combinations(range(len(lines)), 2) if set(lines[i][1]) & set(lines[j][1])
    )
    pieces = [[lines[i] for i in sorted(piece)] for piece in nx.connected_components(joined)]
    options = [[((), tuple(piece))] for piece in pieces]
    for piece, option in zip(pieces, options, strict=True):
        if len(piece) == 2 and piece[0][1] == piece[1][1] and len(piece[0][1]) <= 2:
            option.append((("Theta", "H")[len(piece[0][1]) - 1 :][:1], ()))
    for chosen in itertools.product(*options):
        means, left = (
            (tuple(sorted(itertools.chain(*part))) for part in zip(*chosen, strict=True)) if chosen else ((), ())
        )
        yield means, left


def derived_rules(legs: tuple[str, str]) -> Counter:
    """All vertices of two legs, as (C, lambda, orders, means, lines), with how often each occurs."""
    return Counter(
        (c, lam, orders, *left) for c, lam, orders, lines in derived_vertices(*legs) for left in contracted(lines)
    )


def listed_rules(legs: tuple[str, str]) -> Counter:
    """The same from the table; a rule stands for all namings of its colours and both orientations."""
    listed = Counter()
    for rule in (rule for rule in CUBIC if rule.legs == legs):
        for d in rule.decoration:
            for key in {renamed(legs, rule, d, *how) for how in renamings(legs)}:
                listed[key] += d.factor
    return listed


def renamed(legs, rule, decoration, naming, exchanged):
    lines = [(side ^ exchanged, "".join(sorted(naming[c] for c in colours))) for side, colours in rule.lines]
    orders = decoration.orders[::-1] if exchanged else decoration.orders
    return decoration.c, decoration.lam, orders, tuple(sorted(decoration.means)), tuple(sorted(lines))


def renamings(legs):
    """Renamings of colours, with the legs exchanged or not, that leave the colours of both legs as they are."""
    names = sorted(set("".join(legs)))
    for chosen in itertools.permutations(names):
        naming = dict(zip(names, chosen, strict=True))
        image = tuple("".join(sorted(naming[c] for c in leg)) for leg in legs)
        for exchanged in (False, True):
            if image == (legs[::-1] if exchanged else legs):
                yield naming, exchanged


PAIRS = sorted({rule.legs for rule in CUBIC})


@pytest.mark.parametrize("legs", PAIRS)
def test_the_table_of_vertices_follows_from_weights_and_chain_rule(legs):
    assert listed_rules(legs) <= derived_rules(legs)


def test_vertices_left_out_of_the_table_give_no_diagram(monkeypatch):
    """The chain rule also gives vertices that hand down more than one internal vertex of order 1/n can absorb."""
    left_out = [
        CubicVertex(legs, (Decoration(orders, c, lam, means),), lines, ())
        for legs in PAIRS
        for c, lam, orders, means, lines in derived_rules(legs) - listed_rules(legs)
    ]
    assert left_out
    monkeypatch.setattr(enumeration, "CUBIC", (*CUBIC, *left_out))
    counts = {name: len(enumeration.enumerate_diagrams(tensor)) for name, tensor in TENSORS.items()}
    assert counts == {name: len(diagrams) for name, diagrams in DIAGRAMS.items()}


# --- symmetries, algebra, refusals ----------------------------------------------------------------------------------

SYMMETRIES = {
    "V": ["1023", "0132", "2301"], "D": ["1023", "0132"], "A": ["1023", "0132", "2301"], "F": ["2301"],
    "B": ["1032", "2301"], "P": ["0213"], "Q": [], "R": ["0132"], "S": ["1032"], "T": ["2301"], "U": ["2301"],
}  # fmt: skip
"""Permutations of the slots that leave a tensor as it is, read off its definition; they generate the others."""


@pytest.mark.parametrize("name", SYMMETRIES)
def test_symmetries_of_a_tensor_are_those_of_its_graph(name):
    shape = pattern(dict(enumerate(TENSORS[name].colours)), TENSORS[name].pairs)
    generated, size = {"0123"}, 0
    while len(generated) > size:
        size = len(generated)
        generated |= {"".join(p[int(k)] for k in q) for p in generated for q in SYMMETRIES[name]}
    maps = GraphMatcher(shape, shape, node_match=SAME_KIND).isomorphisms_iter()
    found = {"".join(str(m["leg", slot][1]) for slot in range(4)) for m in maps}
    assert found == generated
    array = assemble(DIAGRAMS[name], LAYERS[1])
    np.testing.assert_allclose(symmetrised(TENSORS[name], array), array, rtol=1e-9, atol=1e-11 * np.abs(array).max())


@pytest.mark.parametrize("name", ["Theta1", "A", "Q", "T", "Y"])
def test_symbolic_and_numeric_terms_agree(name):
    layer, index = LAYERS[2], dict(zip(TENSORS[name].labels, (2, 0, 1, 2), strict=False))

    def value(moment):
        slots = [str(symbol).removeprefix("sigma").split("_") for symbol in moment.args]
        return layer.moment(tuple(len(order) for order, _ in slots))[tuple(index[int(leg)] for _, leg in slots)]

    for diagram in DIAGRAMS[name]:
        expression = symbolic(diagram).subs({C_W: layer.c_w, LAMBDA_W: layer.lambda_w, RATIO: layer.ratio})
        tensors = {
            t: layer.tensors[t.base.name][tuple(index[int(i)] for i in t.indices)] for t in expression.atoms(sp.Indexed)
        }
        moments = {m: value(m) for m in expression.atoms(Expectation)}
        expected = evaluate(diagram, layer)[tuple(index[label] for label in TENSORS[name].labels)]
        assert float(expression.subs({**tensors, **moments})) == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_unsupported_requests_say_what_is_supported():
    six = Tensor("V6", "V_6", ("",) * 6, tuple(range(6)), ((0, 1), (2, 3), (4, 5)), 2, "", "")
    with pytest.raises(ValueError, match="6 legs; supported are 4 or 2"):
        enumerate_diagrams(six)
    with pytest.raises(ValueError, match="order 2 in 1/n; supported are 0"):
        enumerate_diagrams(replace(TENSORS["V"], order=2))
    with pytest.raises(ValueError, match="no cubic vertex joins legs of the colours abcd and z"):
        enumerate_diagrams(Tensor("W", "W", ("abcd", ""), (1, 2), ((0, 1),), 1, "", ""))


def test_the_table_names_every_rule_and_tensor():
    text = table()
    assert text.count("->") == len(CUBIC)
    assert all(f"{name}[" in text for name in TENSORS)
