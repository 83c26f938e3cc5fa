"""A figure is drawn from its tables in their order; its digest holds all that decides its looks but them."""

import importlib
from dataclasses import replace

import pytest
from matplotlib.figure import Figure as Drawing

from ntklab.pipeline.catalogue import figures, schemas
from ntklab.pipeline.figures import Figure, figure_digest
from ntklab.pipeline.table_files import read_table

FIGURE = Figure("id", ("b", "a"), "Title", "Caption. Good: all.", f"{__name__}:panel", {"colour": "red"})


def test_a_figure_is_drawn_from_its_tables_in_their_order(monkeypatch):
    def panel(*tables, colour):
        return tables, colour

    monkeypatch.setattr("ntklab.plots.style.made_up", panel, raising=False)
    figure = replace(FIGURE, draw="ntklab.plots.style:made_up")
    assert figure.drawn({"a": 1, "b": 2, "unused": 3}) == ((2, 1), "red")


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"caption": "Another. Good: all."},
        {"arguments": {"tensor": "V", "critical": True}},
        {"tables": ("feynman/finite_width", "feynman/diagrams")},
        {"draw": "ntklab.experiments.finite_width.panels:overview"},
    ],
)
def test_the_digest_changes_with_everything_that_is_said_or_given(change):
    figure = figures()["E3-fig16"]
    assert figure_digest(replace(figure, **change)) != figure_digest(figure)
    assert figure_digest(replace(figure)) == figure_digest(figure)


def digests() -> dict[str, str]:
    return {identifier: figure_digest(figure) for identifier, figure in figures().items()}


@pytest.fixture(scope="module")
def before():
    return digests()


ISING = {"E1-ising-id", "E1-ising-ood", "E1-ising-ntk"}


@pytest.mark.parametrize(
    ("module", "name", "changed"),
    [
        ("experiments.ising.e1_ising_ntk", "_floor", {"E1-ising-ntk"}),
        ("experiments.ising.panels", "against_members", ISING - {"E1-ising-ntk"}),
        ("experiments.ising.panels", "DATA_NAMES", ISING),
        ("experiments.finite_width.panels", "overview", {i for i in figures() if i.startswith("E3-tensor")}),
        ("experiments.finite_width.power_laws", "PRINTED", {f"E3-fig{n}" for n in range(12, 22)}),
        ("plots.style", "apply", set(figures())),
        ("pipeline.steps.draw_figures", "CAPTION_WIDTH", set(figures())),
        ("ensembles.members", "forward", set()),
        ("experiments.ising.claims", "CLAIMS", set()),
    ],
)
def test_an_edit_changes_the_figures_that_it_concerns_and_no_others(before, edit_definition, module, name, changed):
    edit_definition(f"ntklab.{module}", name)
    assert {identifier for identifier, value in digests().items() if value != before[identifier]} == changed


ONE_OF_EACH = {figure.draw: figure.id for figure in figures().values()}
"""A figure of each function that draws."""
SLOW = {"E3-diagrams-gallery"}
"""Seventy of the panels that E3-diagrams-F has two of."""


@pytest.mark.parametrize("identifier", sorted({*ONE_OF_EACH.values()} - SLOW))
def test_all_that_draws_a_figure_is_in_its_digest(executed, uncovered, project, identifier):
    figure = figures()[identifier]
    tables = project / "results/reference/tables"
    frames = {name: read_table(tables / f"{name}.parquet", schemas()[name]) for name in figure.tables}
    module, _, name = figure.draw.partition(":")
    draw, drawn = getattr(importlib.import_module(module), name), []
    definitions = executed(lambda: drawn.append(draw(*frames.values(), **figure.arguments)))
    assert isinstance(drawn[0], Drawing)
    assert uncovered(definitions, "ntklab.pipeline.steps.draw_figures:draw_figures", figure.draw) == set()
