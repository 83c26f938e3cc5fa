"""Several figures in one process: those that need drawing, each as if drawn alone, with stand-in data named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ntklab.pipeline.catalogue import figures, schemas
from ntklab.pipeline.figures import Figure
from ntklab.pipeline.steps.draw_figures import draw_figures
from ntklab.pipeline.table_files import read_table, write_table

FIRST, SECOND = "E3-tensor-P", "E1-fmnist-ood"
NAMES = {identifier: figures()[identifier].tables[0] for identifier in (FIRST, SECOND)}


@pytest.fixture
def tables(project, tmp_path) -> dict[str, Path]:
    """Copies of the tables of both figures, by name, to be changed freely."""
    copies = {}
    for name in NAMES.values():
        copies[name] = tmp_path / f"tables/{name}.parquet"
        copies[name].parent.mkdir(parents=True, exist_ok=True)
        copies[name].write_bytes((project / f"results/reference/tables/{name}.parquet").read_bytes())
    return copies


@pytest.fixture
def draw(tables, tmp_path, capsys):
    """Draws both figures, and says which of them were drawn: the others were left as they were."""

    def drawn(**digests: str) -> set[str]:
        said = {FIRST: "one", SECOND: "two", **digests}
        pictures = [tmp_path / f"figures/{identifier}.png" for identifier in said]
        draw_figures(pictures=pictures, digests=json.dumps(said), names=list(tables), tables=list(tables.values()))
        return {line.removeprefix("drawn: ") for line in capsys.readouterr().out.splitlines()}

    return drawn


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def source(picture: Path) -> dict:
    """The provenance in the metadata of a picture."""
    with Image.open(picture) as opened:
        return json.loads(opened.info["Source"])


def of(identifier: str, files: dict) -> dict:
    return {name: value for name, value in files.items() if name.startswith(f"{identifier}.")}


def change(path: Path, name: str, **provenance) -> None:
    """Write a table again with another value, or with another provenance."""
    table = read_table(path, schemas()[name])
    kept = table.attrs["provenance"]
    if not provenance:
        table["n"] += 1
    write_table(path, table, schemas()[name], {**kept, **provenance})


def test_only_what_changed_is_drawn_again(draw, tables, tmp_path):
    assert draw() == {FIRST, SECOND}
    before = state(tmp_path / "figures")
    assert {Path(name).suffix for name in before} == {".png", ".pdf", ".txt"} and len(before) == 6
    assert draw() == set()
    assert state(tmp_path / "figures") == before

    assert draw(**{SECOND: "edited"}) == {SECOND}
    after = state(tmp_path / "figures")
    assert of(FIRST, after) == of(FIRST, before)
    assert all(after[name][1] > before[name][1] for name in of(SECOND, after))
    assert source(tmp_path / f"figures/{SECOND}.png")["digest"] == "edited"
    assert draw(**{SECOND: "edited"}) == set()

    change(tables[NAMES[FIRST]], NAMES[FIRST])
    assert draw(**{SECOND: "edited"}) == {FIRST}
    assert of(SECOND, state(tmp_path / "figures")) == of(SECOND, after)

    (tmp_path / f"figures/{SECOND}.txt").unlink()
    assert draw(**{SECOND: "edited"}) == {SECOND}


def test_a_picture_of_an_earlier_version_is_drawn_again(draw, tmp_path):
    """One without a digest in its metadata."""
    (tmp_path / "figures").mkdir()
    for suffix in ("png", "pdf", "txt"):
        Image.new("L", (2, 2)).save(tmp_path / "figures/x.png")
        (tmp_path / f"figures/{FIRST}.{suffix}").write_bytes((tmp_path / "figures/x.png").read_bytes())
    assert draw() == {FIRST, SECOND}


def test_a_figure_is_the_same_bytes_alone_and_among_others(draw, tables, tmp_path):
    """Alone in a new process, and here after the other one and after all that other tests have drawn."""

    def alone(identifier: str, digest: str) -> dict[str, bytes]:
        folder = tmp_path / identifier
        command = [Path(sys.executable).with_name("ntklab"), "draw-figures", "--pictures", folder / f"{identifier}.png"]
        command += ["--digests", json.dumps({identifier: digest})]
        command += ["--names", NAMES[identifier], "--tables", tables[NAMES[identifier]]]
        subprocess.run(command, check=True, capture_output=True)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    draw()
    together = {name: content for name, (content, _) in state(tmp_path / "figures").items()}
    assert len(together) == 6
    assert alone(FIRST, "one") | alone(SECOND, "two") == together


def test_stand_in_data_are_named_in_title_and_caption(draw, tables, tmp_path, monkeypatch):
    titles, real = {}, Figure.drawn

    def noted(figure, frames):
        titles[figure.id] = real(figure, frames)
        return titles[figure.id]

    monkeypatch.setattr(Figure, "drawn", noted)
    change(tables[NAMES[SECOND]], NAMES[SECOND], stand_in=True)
    draw()
    warned = {identifier: drawn.get_suptitle().startswith("STAND-IN DATA. ") for identifier, drawn in titles.items()}
    assert warned == {FIRST: False, SECOND: True}
    for identifier in warned:
        caption = (tmp_path / f"figures/{identifier}.txt").read_text()
        assert caption.startswith("STAND-IN DATA. ") == warned[identifier]
        assert source(tmp_path / f"figures/{identifier}.png")["stand_in"] is warned[identifier]
        assert titles[identifier].get_suptitle().endswith(figures()[identifier].title)
