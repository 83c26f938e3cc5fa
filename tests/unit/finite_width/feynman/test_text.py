"""Terms and recursions as formulas, for a terminal and for LaTeX, against those written by hand."""
# ruff: noqa: RUF001  (Greek letters and primes are meant)

from ntklab.finite_width import diagrams as diagrams_of
from ntklab.finite_width.feynman.text import LATEX, TEXT, describe, recursion, term


def test_terms_are_those_of_the_paper():
    local, carried = diagrams_of("F")
    assert term(local, TEXT) == "C^2 Θ_34 ⟨σ_1 σ′_3 σ_2 σ′_4⟩"
    assert term(carried, TEXT) == "r C^2 Σ_gh F_g3h4 ⟨∂_g(σ_1 σ′_3)⟩ ⟨∂_h(σ_2 σ′_4)⟩"
    assert term(local, LATEX) == r"C_W^2\,\Theta_{34}\,\langle \sigma_{1}\,\sigma'_{3}\,\sigma_{2}\,\sigma'_{4}\rangle"
    mean = diagrams_of("Theta1")[0]
    assert (
        term(mean, LATEX)
        == r"\frac{1}{2}\,r\,\sum_{gh} K^{\{1\}}_{gh}\,\langle \partial_{g}\partial_{h}\,\Omega_{12}\rangle"
    )


def test_recursions_have_the_bias_of_the_kernels_and_the_layer_on_the_left():
    assert recursion(diagrams_of("K"), TEXT) == "K′_12 = C_b + C ⟨G_12⟩"
    assert recursion(diagrams_of("K"), LATEX) == r"K^{(\ell+1)}_{12} = C_b + C_W\,\langle G_{12}\rangle"
    assert recursion(diagrams_of("Theta"), TEXT) == "Θ′_12 = λ_b + ⟨Ω_12⟩"
    assert recursion(diagrams_of("K1"), LATEX).startswith(r"K^{\{1\}(\ell+1)}_{12} = ")


def test_descriptions_say_vertices_lines_and_the_symmetry_factor():
    words = describe(diagrams_of("F")[0])
    assert words == (
        "(1 + 3 → solid, dashed a); (2 + 4 → solid, dashed a); one propagator; lines of legs 3, 4 meet; symmetry factor 1"
    )
    assert "internal vertex V_ghuv; symmetry factor 1/8" in describe(diagrams_of("Theta1")[1])
