"""Figures and claims take the printed fits from one place: the same first layers, the printed exponents."""

import re

import pytest

from ntklab.experiments.finite_width import claims, exponents, panels
from ntklab.experiments.finite_width.power_laws import COMPONENTS, PRINTED, starts_in_words
from ntklab.experiments.finite_width.tables import FINITE_WIDTH
from ntklab.metrics.power_law import fit_power_law
from ntklab.pipeline.catalogue import figures
from ntklab.pipeline.table_files import read_table

FIGURES = {"E3-fig12": "V", "E3-fig14": "A", "E3-fig16": "B", "E3-fig18": "D", "E3-fig20": "F"}


@pytest.fixture(scope="module")
def table(project):
    return read_table(project / "results/reference/tables/feynman/finite_width.parquet", FINITE_WIDTH)


@pytest.fixture
def starts(monkeypatch):
    """First layers of the fits that are made, in order."""
    asked = []

    def fit(layers, values, start):
        asked.append(start)
        return fit_power_law(layers, values, start)

    for module in (exponents, panels):
        monkeypatch.setattr(module, "fit_power_law", fit)
    return asked


@pytest.mark.parametrize("identifier", FIGURES)
def test_a_figure_and_its_claims_fit_from_the_same_layer(identifier, table, starts, replicates):
    figure, tensor = figures()[identifier], FIGURES[identifier]
    assert figure.arguments["tensor"] == tensor
    figure.drawn({"feynman/finite_width": table})
    drawn = dict(zip(COMPONENTS, starts, strict=True))
    by_id = {claim.id: claim for claim in claims.CLAIMS}
    for component in COMPONENTS:
        claim = by_id[f"E3-power-{tensor}-{component}-networks"]
        setup = "relu_depth_v" if tensor == "V" else "relu_depth"
        starts.clear()
        claim.find(replicates(setup, tensor, [component], lambda _, layer: layer**2.0, (0.0, 1.0), (64,), 30))
        assert claim.published == PRINTED[tensor][component].exponent
        assert set(starts) == {drawn[component]}
    said = {c: int(layer) for layer, c in re.findall(r"(\d+) \((\d{4})\)", figure.caption)}
    others = int(re.search(r"(\d+) \(others\)", figure.caption)[1])
    assert {component: said.get(component, others) for component in COMPONENTS} == drawn


def test_figure_16_fits_0101_from_layer_12():
    """Printed in the legend of Fig. 16; all its other components, but 0000, start at layer 10."""
    assert PRINTED["B"]["0101"].start == 12
    assert {PRINTED["B"][c].start for c in COMPONENTS if c not in ("0000", "0101")} == {10}
    assert starts_in_words("B") == "5 (0000), 12 (0101) or 10 (others)"
    assert starts_in_words("V") == "7 (0000) or 10 (others)"
