"""The Feynman rules as data: external lines, cubic vertices, propagator, internal vertices (arXiv 2508.11522v4, App. D).

A *leg* is one factor of an observable. Its colours say which parameter derivatives act on it; each colour is one
parameter index, contracted between the two legs that share it:

    ""      preactivation z                              solid line
    "a"     one derivative: half of an NTK               dotted line of one colour
    "ab"    two derivatives: double leg of dNTK, ddNTK   double-dotted line of two colours
    "abc"   three derivatives: triple leg of ddNTK I     triple-dotted line of three colours

Between layer l + 1 and layer l a diagram has, from outside to inside:

1. cubic vertices (CUBIC), each joining the two external legs of one neural delta, with a factor 1 / n_l and a sum over
   the neuron of its internal line;
2. propagators, the Gaussian expectation over all decorations attached to them, all at one neuron (PROPAGATOR);
3. at order 1/n at most one internal vertex: a tensor of layer l with a factor 1 / n_(l-1) (every tensor of order 1);
4. a symmetry factor, the number of automorphisms of the external legs over that of the diagram.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_LEGS = 4
"""At order 1/n an observable with more legs would need a tensor of six, which is of order 1/n^2."""


@dataclass(frozen=True)
class Tensor:
    """A cumulant (or mean) by its legs: what may be asked for, and what may stand at an internal vertex.

    `colours[k]` are the colours of array slot k, `labels[k]` the number its leg has in the paper, `pairs` the slots that
    share a neuron. `order` is the power of 1/n: 0 for an infinite-width mean, 1 for a tensor multiplied by 1/n_(l-1).
    """

    name: str
    latex: str
    colours: tuple[str, ...]
    labels: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    order: int
    meaning: str
    source: str

    @property
    def legs(self) -> dict[int, str]:
        """Colours of every leg, by the leg's number in the paper."""
        return dict(zip(self.labels, self.colours, strict=True))

    @property
    def label_pairs(self) -> tuple[tuple[int, int], ...]:
        """The pairs of legs that share a neuron, each in the order of the paper's numbers."""
        pairs = (tuple(sorted((self.labels[s], self.labels[t]))) for s, t in self.pairs)
        return tuple(sorted(pairs))


_PAPER = "arXiv 2508.11522v4, sec. 3 and App. D"
_HERE = "not in the paper"
_PAIR, _QUARTIC = ((0, 1),), ((0, 1), (2, 3))


def _tensors(*tensors: Tensor) -> dict[str, Tensor]:
    return {tensor.name: tensor for tensor in tensors}


TENSORS: Mapping[str, Tensor] = _tensors(
    Tensor("K", "K", ("", ""), (1, 2), _PAIR, 0, "mean of z1 z2, infinite width", _PAPER),
    Tensor("Theta", r"\Theta", ("a", "a"), (1, 2), _PAIR, 0, "mean NTK(1,2), infinite width", _PAPER),
    Tensor("K1", r"K^{\{1\}}", ("", ""), (1, 2), _PAIR, 1, "mean of z1 z2, order 1/n", _PAPER),
    Tensor("V", "V", ("", "", "", ""), (1, 2, 3, 4), _QUARTIC, 1, "cumulant of z1 z2 z3 z4", _PAPER),
    Tensor("Theta1", r"\Theta^{\{1\}}", ("a", "a"), (1, 2), _PAIR, 1, "mean NTK(1,2), order 1/n", _PAPER),
    Tensor("D", "D", ("", "", "a", "a"), (1, 2, 3, 4), _QUARTIC, 1, "cumulant of z1, z2 and NTK(3,4)", _PAPER),
    Tensor("F", "F", ("", "a", "", "a"), (1, 3, 2, 4), _QUARTIC, 1, "cumulant of z1, z2 and NTK(3,4)", _PAPER),
    Tensor("A", "A", ("a", "a", "b", "b"), (1, 2, 3, 4), _QUARTIC, 1, "cumulant of NTK(1,2) and NTK(3,4)", _PAPER),
    Tensor("B", "B", ("a", "b", "a", "b"), (1, 3, 2, 4), _QUARTIC, 1, "cumulant of NTK(1,2) and NTK(3,4)", _PAPER),
    Tensor("P", "P", ("ab", "a", "b", ""), (0, 1, 2, 3), ((0, 3), (1, 2)), 1, "mean of dNTK(0;1,2) z3", _PAPER),
    Tensor("Q", "Q", ("ab", "a", "b", ""), (0, 1, 2, 3), _QUARTIC, 1, "mean of dNTK(0;1,2) z3", _PAPER),
    Tensor("R", "R", ("abc", "a", "b", "c"), (0, 1, 2, 3), _QUARTIC, 1, "mean ddNTK I (0;1,2,3)", _PAPER),
    Tensor("S", "S", ("ab", "bc", "a", "c"), (1, 2, 3, 4), _QUARTIC, 1, "mean ddNTK II (1,2,3,4)", _PAPER),
    Tensor("T", "T", ("ab", "a", "bc", "c"), (1, 3, 2, 4), _QUARTIC, 1, "mean ddNTK II (1,2,3,4)", _PAPER),
    Tensor("U", "U", ("ab", "c", "bc", "a"), (1, 4, 2, 3), _QUARTIC, 1, "mean ddNTK II (1,2,3,4)", _PAPER),
    # Beyond the paper: contractions of two Hessians, H_ij(1,2) = sum_mn lambda_m lambda_n d_m d_n z_i(1) d_m d_n z_j(2).
    Tensor("H", "H", ("ab", "ab"), (1, 2), _PAIR, 0, "mean Hessian product (1,2), infinite width", _HERE),
    Tensor("H1", r"H^{\{1\}}", ("ab", "ab"), (1, 2), _PAIR, 1, "mean Hessian product (1,2), order 1/n", _HERE),
    Tensor(
        "X", "X", ("", "", "ab", "ab"), (1, 2, 3, 4), _QUARTIC, 1, "cumulant of z1, z2, Hessian product (3,4)", _HERE
    ),
    Tensor(
        "Y", "Y", ("", "ab", "", "ab"), (1, 3, 2, 4), _QUARTIC, 1, "cumulant of z1, z2, Hessian product (3,4)", _HERE
    ),
)
"""Everything the engine knows by name. Slots are in array order; `labels` repeat the paper's index order, e.g. F[1,3,2,4]."""

PAPER_TENSORS = ("K1", "V", "Theta1", "D", "F", "A", "B", "P", "Q", "R", "S", "T", "U")
"""The thirteen tensors of the paper at order 1/n."""

BEYOND = ("H1", "X", "Y")
"""Tensors of the Hessian product at order 1/n, which the paper does not list."""


@dataclass(frozen=True)
class Decoration:
    """One summand of a vertex's function of z: factor * C^c lambda^lam * means * sigma^(p)(z_alpha) sigma^(q)(z_beta)."""

    orders: tuple[int, int]
    c: int = 0
    lam: int = 0
    means: tuple[str, ...] = ()
    factor: int = 1


@dataclass(frozen=True)
class CubicVertex:
    """A rule that joins external legs alpha and beta to internal lines at one neuron.

    `legs` are the colours of alpha and beta (letters stand for any colours; equal letters are contracted). `lines` are
    the derivatives handed down to layer l: (0 for alpha or 1 for beta, colours). A vertex without lines is *wavy*: it
    hands down only the fluctuation of its decoration. `strands` are what is drawn between vertex and propagator:
    "~" wavy, "-" solid (an undifferentiated activation), letters: dashed in these colours.
    """

    legs: tuple[str, str]
    decoration: tuple[Decoration, ...]
    lines: tuple[tuple[int, str], ...] = ()
    strands: tuple[str, ...] = ("~",)
    name: str = ""

    @property
    def wavy(self) -> bool:
        return not self.lines


def _rule(legs: str, lines: str, strands: str, *decoration: Decoration, name: str = "") -> CubicVertex:
    """A row of the table: legs as "alpha,beta" and lines as "0a 1b", so that the table stays readable."""
    alpha, beta = legs.split(",")
    handed_down = tuple((int(line[0]), line[1:]) for line in lines.split())
    return CubicVertex((alpha, beta), decoration, handed_down, tuple(strands.split()), name)


_D = Decoration
CUBIC: tuple[CubicVertex, ...] = (
    #     legs       handed down      drawn      decoration: orders of sigma at alpha and beta, powers, mean kernels
    _rule(",", "", "~", _D((0, 0), c=1), name="G"),
    _rule("a,a", "", "~", _D((0, 0), lam=1), _D((1, 1), c=1, means=("Theta",)), name="Omega"),
    _rule("a,a", "0a 1a", "a a", _D((1, 1), c=1)),
    _rule("a,b", "0a 1b", "a b", _D((1, 1), c=1)),
    _rule(",a", "1a", "- a", _D((0, 1), c=1)),
    _rule("ab,", "0a 0b", "a b", _D((2, 0), c=1)),
    _rule("ab,", "0ab", "- ab", _D((1, 0), c=1)),
    _rule("ab,a", "0b", "- b", _D((1, 0), lam=1)),
    _rule("ab,a", "0b", "- b", _D((2, 1), c=1, means=("Theta",))),
    _rule("ab,a", "0ab 1a", "ab a", _D((1, 1), c=1)),
    _rule("ab,c", "0a 0b 1c", "a b c", _D((2, 1), c=1)),
    _rule("ab,c", "0ab 1c", "ab c", _D((1, 1), c=1)),
    _rule("ab,bc", "0a 1c", "a c", _D((1, 1), lam=1)),
    _rule("ab,bc", "0a 1c", "a c", _D((2, 2), c=1, means=("Theta",))),
    _rule("ab,bc", "0ab 1bc", "ab bc", _D((1, 1), c=1)),
    _rule("abc,a", "0b 0c", "b c", _D((2, 0), lam=1)),
    _rule("abc,a", "0bc", "- bc", _D((1, 0), lam=1)),
    _rule("abc,a", "0b 0c", "b c", _D((3, 1), c=1, means=("Theta",))),
    _rule("abc,a", "0bc", "- bc", _D((2, 1), c=1, means=("Theta",))),
    _rule("abc,a", "0abc 1a", "abc a", _D((1, 1), c=1)),
    # Beyond the paper: both colours shared, as in the Hessian product.
    _rule(
        "ab,ab", "", "~",
        _D((1, 1), lam=1, means=("Theta",), factor=2),
        _D((2, 2), c=1, means=("Theta", "Theta")),
        _D((1, 1), c=1, means=("H",)),
        name="Omega^H",
    ),
    _rule("ab,ab", "0b 1b", "b b", _D((1, 1), lam=1)),
    _rule("ab,ab", "0b 1b", "b b", _D((2, 2), c=1, means=("Theta",))),
    _rule("ab,ab", "0a 0b 1a 1b", "a b a b", _D((2, 2), c=1)),
    _rule("ab,ab", "0a 0b 1ab", "a b ab", _D((2, 1), c=1)),
    _rule("ab,ab", "0ab 1ab", "ab ab", _D((1, 1), c=1)),
)  # fmt: skip
"""Every cubic vertex that can contribute at order 1/n (App. D, (37), (38) and the vertex of (62)); each carries 1/n_l.

They follow from Gaussian weights (C: both legs meet the same weight; lambda: a contracted parameter *is* that weight) and
the chain rule for sigma(z). Rules that the chain rule also gives but that hand down more than one internal vertex of
order 1/n can absorb are left out, as in the paper; a test derives all of them and finds no further diagram.
"""

PROPAGATOR: tuple[str, ...] = (
    "A propagator is the expectation over z ~ N(0, K) at layer l of all decorations attached to it, at one neuron.",
    "It connects internal lines of cubic vertices with the internal vertex, never another propagator.",
    "A solid line z_g from the internal vertex acts as d/dz_g on the decorations; g runs over their slots.",
    "Dashed and dotted lines do not enter the expectation.",
    "Two sets of lines that close all their colours and come from different cubic vertices may meet at it: "
    "they give their infinite-width mean (Theta for a pair of one colour).",
    "All other lines end at the internal vertex; at each propagator its ends are paired by the tensor's neural deltas.",
    "Two wavy lines alone at one propagator give a covariance: each decoration less its expectation.",
    "The diagram is connected; wavy lines and propagators that nothing acts on vanish.",
)
"""The propagator and its selection rules (App. D)."""


def table() -> str:
    """The rules as text, to be read beside the paper."""
    lines = ["Legs: z solid, a dotted (NTK), ab double-dotted (dNTK, ddNTK), abc triple-dotted (ddNTK I)", ""]
    lines += ["Cubic vertices, each with 1/n_l:"]
    for rule in CUBIC:
        legs = " + ".join(colours or "z" for colours in rule.legs)
        lines.append(f"  {legs:<10} -> {' '.join(rule.strands):<10} {' + '.join(map(_words, rule.decoration))}")
    lines += ["", "Propagator:", *(f"  {rule}" for rule in PROPAGATOR)]
    lines += ["", "Tensors; those of order 1/n are the internal vertices, each with 1/n_(l-1):"]
    for tensor in TENSORS.values():
        index = ",".join(map(str, tensor.labels))
        lines.append(f"  {tensor.name + '[' + index + ']':<16} {tensor.meaning} ({tensor.source})")
    return "\n".join(lines)


def _words(decoration: Decoration) -> str:
    factors = [str(decoration.factor)] * (decoration.factor != 1) + ["C"] * decoration.c + ["lambda"] * decoration.lam
    slots = zip(("alpha", "beta"), decoration.orders, strict=True)
    functions = [f"sigma{chr(39) * order}_{slot}" for slot, order in slots]
    return " ".join([*factors, *(f"{mean}_alpha,beta" for mean in decoration.means), *functions])
