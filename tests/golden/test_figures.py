"""Figures redraw from the committed reference tables, to the same bytes each time, and mark stand-in data."""

import json
import subprocess

import pytest
from ntklab.schemas import SCHEMAS
from PIL import Image

from ntklab.pipeline.catalogue import figures
from ntklab.pipeline.steps.draw_figures import draw_figure
from ntklab.pipeline.tables import read_table, write_table


@pytest.fixture
def reference(project):
    return lambda identifier: [
        project / f"results/reference/tables/{name}.parquet" for name in figures()[identifier].TABLES
    ]


@pytest.fixture
def draw(reference, tmp_path):
    def drawn(identifier: str, folder: str, tables=None):
        output = {kind: tmp_path / folder / f"figure.{kind}" for kind in ("pdf", "png", "txt")}
        draw_figure(
            figure=identifier, names=list(figures()[identifier].TABLES), tables=tables or reference(identifier),
            output_pdf=output["pdf"], output_png=output["png"], output_caption=output["txt"],
        )  # fmt: skip
        return output

    return drawn


@pytest.mark.parametrize("identifier", sorted(figures()))
def test_a_figure_carries_its_provenance(draw, reference, identifier):
    output = draw(identifier, "one")
    source = json.loads(Image.open(output["png"]).text["Source"])
    assert source["settings"] == {"figure": identifier} and source["inputs"]
    assert b"config_hash" in output["pdf"].read_bytes()
    names = zip(figures()[identifier].TABLES, reference(identifier), strict=True)
    stand_in = any(read_table(path, SCHEMAS[name]).attrs["provenance"]["stand_in"] for name, path in names)
    assert output["txt"].read_text().startswith("STAND-IN DATA. ") == stand_in


def test_a_figure_is_the_same_bytes_each_time(reference, tmp_path):
    """Each drawing in a process of its own, as in the workflow."""
    identifier, written = "E1-ising-ntk", []
    for folder in ("one", "two"):
        paths = [tmp_path / folder / f"figure.{kind}" for kind in ("pdf", "png", "txt")]
        outputs = [f"--output-{kind}={path}" for kind, path in zip(("pdf", "png", "caption"), paths, strict=True)]
        tables = [f"--names={name}" for name in figures()[identifier].TABLES]
        tables += [f"--tables={path}" for path in reference(identifier)]
        subprocess.run(["ntklab", "draw-figure", "--figure", identifier, *tables, *outputs], check=True)
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]


def test_a_figure_of_stand_in_data_says_so(draw, project, tmp_path):
    name = "ensembles/ising_invariance"
    table = read_table(project / f"results/reference/tables/{name}.parquet", SCHEMAS[name])
    path = tmp_path / "stand_in.parquet"
    write_table(path, table, SCHEMAS[name], {**table.attrs["provenance"], "stand_in": True})
    caption = draw("E1-ising-ood", "stand_in", [path])["txt"].read_text()
    assert caption.startswith("STAND-IN DATA. ")
