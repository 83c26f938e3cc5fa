"""Every figure draws from the committed reference tables, and carries its provenance; each is drawn once."""

import json

import pytest
from PIL import Image

from ntklab.files import file_hash
from ntklab.pipeline.catalogue import figures
from ntklab.pipeline.figures import figure_digest
from ntklab.pipeline.provenance import is_stand_in
from ntklab.pipeline.steps.draw_figures import draw_figures


@pytest.mark.parametrize("identifier", sorted(figures()))
def test_a_figure_draws_and_carries_its_provenance(project, tmp_path, identifier):
    figure, picture = figures()[identifier], tmp_path / f"{identifier}.png"
    tables = [project / f"results/reference/tables/{name}.parquet" for name in figure.tables]
    digests = {identifier: figure_digest(figure)}
    draw_figures(pictures=[picture], digests=json.dumps(digests), names=list(figure.tables), tables=tables)
    assert {path.name for path in tmp_path.iterdir()} == {f"{identifier}.{kind}" for kind in ("png", "pdf", "txt")}
    with Image.open(picture) as opened:
        about, extent = opened.info, opened.size
    source = json.loads(about["Source"])
    assert source["settings"] == {"figure": identifier} and source["digest"] == digests[identifier]
    assert source["inputs"] == {str(path): file_hash(path) for path in tables}
    assert min(extent) > 100 and len(about["Description"].splitlines()) > 1
    pdf = picture.with_suffix(".pdf").read_bytes()
    assert b"config_hash" in pdf and b"CreationDate" not in pdf
    caption = picture.with_suffix(".txt").read_text()
    assert caption == about["Description"] and "Good:" in " ".join(caption.split())
    assert caption.startswith("STAND-IN DATA. ") == any(map(is_stand_in, tables)) == source["stand_in"]


def test_the_committed_pictures_are_of_the_committed_tables(project):
    pictures = list((project / "results/reference/figures").glob("*.png"))
    assert {picture.stem for picture in pictures} <= set(figures()) and len(pictures) > 20
    for picture in pictures:
        with Image.open(picture) as opened:
            inputs = json.loads(opened.info["Source"])["inputs"]
        tables = [project / f"results/reference/tables/{name}.parquet" for name in figures()[picture.stem].tables]
        assert sorted(inputs.values()) == sorted(map(file_hash, tables)), f"draw {picture.name} anew"
