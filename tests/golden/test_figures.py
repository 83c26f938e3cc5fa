"""Figures redraw from the committed reference tables, to the same bytes each time, and mark stand-in data."""

import json

import pytest
from PIL import Image

from ntklab.plots.catalogue import figures
from ntklab.schemas import SCHEMAS
from ntklab.steps.draw_figure import draw_figure
from ntklab.tables import read_table, write_table


@pytest.fixture
def draw(project, tmp_path):
    def drawn(identifier: str, folder: str, tables=None):
        names = list(figures()[identifier].TABLES)
        reference = project / "results/reference/tables"
        paths = tables or [reference / f"{name}.parquet" for name in names]
        output = {kind: tmp_path / folder / f"figure.{kind}" for kind in ("pdf", "png", "txt")}
        draw_figure(
            figure=identifier, names=names, tables=paths,
            output_pdf=output["pdf"], output_png=output["png"], output_caption=output["txt"],
        )  # fmt: skip
        return output

    return drawn


@pytest.mark.parametrize("identifier", sorted(figures()))
def test_a_figure_is_the_same_bytes_each_time_and_carries_its_provenance(draw, identifier):
    one, two = draw(identifier, "one"), draw(identifier, "two")
    for kind in one:
        assert one[kind].read_bytes() == two[kind].read_bytes(), kind
    source = json.loads(Image.open(one["png"]).text["Source"])
    assert source["settings"] == {"figure": identifier} and source["inputs"]
    assert "STAND-IN" not in one["txt"].read_text()


def test_a_figure_of_stand_in_data_says_so(draw, project, tmp_path):
    name = "ensembles/ising_invariance"
    table = read_table(project / f"results/reference/tables/{name}.parquet", SCHEMAS[name])
    path = tmp_path / "stand_in.parquet"
    write_table(path, table, SCHEMAS[name], {**table.attrs["provenance"], "stand_in": True})
    caption = draw("E1-ising-ood", "stand_in", [path])["txt"].read_text()
    assert caption.startswith("STAND-IN DATA. ")
