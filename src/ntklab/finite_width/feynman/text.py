"""A diagram's term and the recursion as formulas: LaTeX for a paper, Unicode for a terminal."""
# ruff: noqa: RUF001  (Greek letters and primes are meant)

from collections.abc import Iterable
from dataclasses import dataclass

from ntklab.finite_width.feynman.algebra import covariance
from ntklab.finite_width.feynman.diagram import Diagram, Solid, Vertex
from ntklab.finite_width.feynman.rules import TENSORS, Tensor

DUMMIES = "ghuv"
"""Names of the solid lines' inputs, summed over the slots at their propagator."""


@dataclass(frozen=True)
class Notation:
    """How the atoms of a formula are written."""

    c: str
    lam: str
    sigma: str
    partial: str
    delta: str
    sum: str
    left: str
    right: str
    prime: str
    fraction: str
    power: str
    index: str
    layer: str
    times: str
    names: dict[str, str]

    def indexed(self, name: str, *index: int | str) -> str:
        return self.names.get(name, name) + self.index.format("".join(map(str, index)))

    def to_power(self, base: str, exponent: int) -> str:
        return base if exponent == 1 else self.power.format(base, exponent)


LATEX = Notation(
    c="C_W", lam=r"\lambda_W", sigma=r"\sigma", partial=r"\partial", delta=r"\Delta ", sum=r"\sum",
    left=r"\langle ", right=r"\rangle", prime="'", fraction=r"\frac{{{}}}{{{}}}", power="{}^{}", index="_{{{}}}",
    layer=r"^{(\ell+1)}", times=r"\,", names={
        **{name: tensor.latex for name, tensor in TENSORS.items()}, "Omega": r"\Omega", "Omega^H": r"\Omega^H",
    },
)  # fmt: skip
TEXT = Notation(
    c="C", lam="λ", sigma="σ", partial="∂", delta="Δ", sum="Σ", left="⟨", right="⟩", prime="′", fraction="{}/{}",
    power="{}^{}", index="_{}", layer="", times=" ", names={"Theta": "Θ", "Theta1": "Θ1", "Omega": "Ω", "Omega^H": "Ω^H"},
)  # fmt: skip


def term(diagram: Diagram, notation: Notation) -> str:
    """The diagram's term at layer l + 1; r = n_l / n_(l-1), G_12 = sigma_1 sigma_2, Omega_12 the NTK's decoration.

    Everything on the right is of layer l; Delta means less the expectation; the inputs g, h, ... of solid lines are summed
    over the slots of the expectation in which d/dz_g stands.
    """
    parts = _scalars(diagram, notation)
    if diagram.internal:
        parts.append(_tensor(diagram, notation))
    parts += [_expectation(diagram, number, notation) for number in range(len(diagram.propagators))]
    return notation.times.join(parts)


def recursion(diagrams: Iterable[Diagram], notation: Notation) -> str:
    """The tensor at layer l + 1 as the sum of its diagrams (K and Theta: and a constant of the biases)."""
    diagrams = list(diagrams)
    right = " + ".join(term(diagram, notation) for diagram in diagrams)
    biases = {"K": "C_b + ", "Theta": notation.lam.removesuffix("_W") + "_b + "}
    tensor = diagrams[0].tensor
    return f"{left_side(tensor, notation)} = {biases.get(tensor.name, '')}{right}"


def left_side(tensor: Tensor, notation: Notation) -> str:
    """The tensor at layer l + 1, with its legs in array order."""
    index = notation.index.format("".join(map(str, tensor.labels)))
    if notation is TEXT:
        return f"{notation.names.get(tensor.name, tensor.name)}′{index}"
    # A tensor of the next order has a superscript already: the layer joins it.
    return (
        tensor.latex.replace(r"\}}", r"\}(\ell+1)}") + index
        if "^" in tensor.latex
        else tensor.latex + notation.layer + index
    )


def describe(diagram: Diagram) -> str:
    """The diagram in words: its cubic vertices, what ends where, and the symmetry factor."""
    vertices = [_vertex_words(vertex) for vertex in diagram.vertices]
    where = ["one propagator" if len(diagram.propagators) == 1 else "a propagator each"]
    met = [f"lines of legs {', '.join(str(line.leg) for line in mean.lines)} meet" for mean in diagram.means]
    if diagram.internal:
        met.append(f"internal vertex {_tensor(diagram, TEXT).split(' ')[-1]}")
    return "; ".join([*vertices, *where, *met, f"symmetry factor {diagram.symmetry}"])


def _vertex_words(vertex: Vertex) -> str:
    legs = " + ".join(str(leg) for leg in vertex.legs)
    words = {"~": "wavy", "-": "solid"}
    strands = [words.get(s) or f"dashed {vertex.actual(s)}" for s in vertex.rule.strands]
    return f"({legs} → {', '.join(strands)})"


def _scalars(diagram: Diagram, notation: Notation) -> list[str]:
    """Symmetry factor, r, powers of C and lambda, mean kernels."""
    symmetry, c, lam = diagram.symmetry, 0, 0
    means = [notation.indexed(mean.tensor, *sorted(line.leg for line in mean.lines)) for mean in diagram.means]
    for vertex in diagram.vertices:
        if len(vertex.rule.decoration) == 1:
            (decoration,) = vertex.rule.decoration
            symmetry, c, lam = symmetry * decoration.factor, c + decoration.c, lam + decoration.lam
            means += [notation.indexed(mean, *sorted(vertex.legs)) for mean in decoration.means]
    parts = []
    if symmetry != 1:
        whole = symmetry.denominator == 1
        parts.append(str(symmetry) if whole else notation.fraction.format(symmetry.numerator, symmetry.denominator))
    parts += ["r"] * (diagram.internal is not None)
    parts += [notation.to_power(name, power) for name, power in ((notation.c, c), (notation.lam, lam)) if power]
    repeated = {mean: means.count(mean) for mean in sorted(means)}
    return parts + [f"({mean})^{count}" if count > 1 else mean for mean, count in repeated.items()]


def _dummies(diagram: Diagram) -> dict[Solid, str]:
    solid = sorted((e for e in diagram.internal.ends if isinstance(e, Solid)), key=lambda end: end.number)
    return dict(zip(solid, DUMMIES, strict=False))


def _tensor(diagram: Diagram, notation: Notation) -> str:
    """The sum over solid lines and the internal vertex with its indices."""
    names = _dummies(diagram)
    index = [names[end] if isinstance(end, Solid) else end.leg for end in diagram.internal.ends]
    total = notation.sum + notation.index.format("".join(names.values())) + " " if names else ""
    name = diagram.internal.tensor.name
    return total + notation.indexed(name, *index)


def _expectation(diagram: Diagram, number: int, notation: Notation) -> str:
    vertices = [diagram.vertices[index] for index in diagram.propagators[number]]
    if covariance(diagram):
        functions = notation.times.join(notation.delta + _function(vertex, notation) for vertex in vertices)
        return notation.left + functions + notation.right
    functions = notation.times.join(_function(vertex, notation) for vertex in vertices)
    names = _dummies(diagram) if diagram.internal else {}
    acting = [name for end, name in names.items() if end.propagator == number]
    if acting:
        wavy = len(vertices) == 1 and vertices[0].rule.wavy
        derivatives = "".join(notation.partial + notation.index.format(name) for name in acting)
        functions = derivatives + (notation.times + functions if wavy else f"({functions})")
    return notation.left + functions + notation.right


def _function(vertex: Vertex, notation: Notation) -> str:
    """A vertex's function of z: named if it is wavy, else its activations in the order of their legs."""
    if vertex.rule.wavy:
        return notation.indexed(vertex.rule.name, *sorted(vertex.legs))
    (decoration,) = vertex.rule.decoration
    slots = sorted(zip(vertex.legs, decoration.orders, strict=True))
    return notation.times.join(
        notation.sigma + notation.prime * order + notation.index.format(leg) for leg, order in slots
    )
