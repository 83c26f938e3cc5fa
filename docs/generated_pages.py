"""Pages of the site that are made when it is built: the start, executed tutorials, the gallery, the keys of the config.

A hook of mkdocs (`hooks:` in mkdocs.yml). Nothing it writes is committed.
"""

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import nbformat
import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import ExecutePreprocessor
from PIL import Image
from pydantic import BaseModel
from traitlets.config import Config

from ntklab.pipeline import config as settings
from ntklab.pipeline.catalogue import experiments, figures
from ntklab.pipeline.steps.readme_tables import about, table

PROJECT = Path(__file__).parent.parent
PICTURES = PROJECT / "results/reference/figures"
PAPERS = {
    "ensembles": "Emergent Equivariance in Deep Ensembles",
    "equivntk": "Equivariant Neural Tangent Kernels",
    "feynman": "Finite-Width Neural Tangent Kernels from Feynman Diagrams",
}
PLACES = {"docs/": "", "results/reference/figures/": "gallery/", "CONTRIBUTING.md": "contributing.md"}
"""Where links of files at the top of the project lead -> where the site has that."""
CONFIGURATION = """\
# Configuration

Everything that decides *what* is computed is in `config.yaml`. `scale`, in its first line, picks one of three sizes for each key.
Give changed values in a file of your own, `--configfile mine.yaml`, or on the command line,
`--config 'ising={width: [50, 100]}'`. Only what depends on a change is computed again. This page is made from the schema,
`workflow/schemas/config.schema.json`, with which editors complete and check the file.
"""
SECONDS = 600
"""That one cell of a tutorial may take, on a busy machine."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and their pictures to the site."""
    pages = {"gallery.md": gallery(), "configuration.md": configuration()}
    pages |= {"index.md": as_page("README.md"), "contributing.md": as_page("CONTRIBUTING.md")}
    for path in sorted((PROJECT / "docs/tutorials").glob("*.ipynb")):
        pages |= executed(path)
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    for picture in sorted(PICTURES.glob("*.png")):
        files.append(File.generated(config, f"gallery/{picture.name}", abs_src_path=str(picture)))
    return files


def as_page(name: str) -> str:
    """A file at the top of the project as a page of the site, its links pointing to where the site has what they name."""
    text = (PROJECT / name).read_text()
    for there, here in PLACES.items():
        text = text.replace(f"]({there}", f"]({here}")
    return text


def executed(path: Path) -> dict[str, str | bytes]:
    """A notebook, run from the top, as a page and its pictures; an error in a cell ends the build."""
    notebook = nbformat.read(path, as_version=4)
    # XLA takes all cores but for NPROC, which the tests set.
    os.environ.setdefault("NPROC", "1")
    # Through files, not through ports that others on the machine could read.
    transport = Config({"KernelManager": {"transport": "ipc"}})
    execute = ExecutePreprocessor(timeout=SECONDS, kernel_name="python3", config=transport)
    execute.preprocess(notebook, {"metadata": {"path": PROJECT}})
    text, resources = MarkdownExporter().from_notebook_node(notebook)
    pictures = {f"tutorials/{path.stem}-{name}": content for name, content in resources["outputs"].items()}
    for name in resources["outputs"]:
        text = text.replace(f"({name})", f"({path.stem}-{name})")
    return {f"tutorials/{path.stem}.md": text, **pictures}


def gallery() -> str:
    """Every figure of the reference run with its caption, by paper and experiment, and the command that draws it."""
    parts = [
        "# Gallery\n\nThe figures of the reference run at laptop scale (`results/reference/`), each with the caption that the "
        "pipeline writes beside it. `./run snakemake --cores all ID` draws the figure of that id.\n"
    ]
    rooms = {name: room.paper for name, room in experiments().items()}
    by_paper = sorted(figures().values(), key=lambda figure: list(PAPERS).index(rooms[figure.experiment]))
    for paper, of_paper in groupby(by_paper, key=lambda figure: rooms[figure.experiment]):
        parts.append(f"\n## {PAPERS[paper]}\n")
        for experiment, drawn in groupby(of_paper, key=lambda figure: figure.experiment):
            parts.append(f"\n### {about(experiment)}\n")
            parts += [_picture(figure.id) for figure in drawn]
    return "".join(parts)


def _picture(identifier: str) -> str:
    """A figure with the title and caption that its file holds; nothing if the reference run has no such figure."""
    path = PICTURES / f"{identifier}.png"
    if not path.exists():
        return ""
    with Image.open(path) as opened:
        title, caption = opened.info["Title"], " ".join(opened.info["Description"].split())
    return f"\n#### {identifier}\n\n![{title}](gallery/{path.name})\n\n{caption}\n"


def configuration() -> str:
    """Every key of config.yaml with its value at each scale and its description."""
    values = yaml.safe_load((PROJECT / "config.yaml").read_text())
    by_scale = {scale: settings.at_scale(values, scale) for scale in settings.SCALES}
    general = [key for key in settings.Config.model_fields if key not in experiments()]
    parts = [CONFIGURATION, "\n## General\n\n", _keys(settings.Config, general, by_scale, ())]
    for experiment in experiments():
        block = settings.Config.model_fields[experiment].annotation
        parts += [f"\n## {experiment}\n\n{settings.describe(settings.Config, experiment)}\n\n"]
        parts += [_keys(block, list(block.model_fields), by_scale, (experiment,))]
    return "".join(parts)


def _keys(block: type[BaseModel], keys: list[str], by_scale: dict, place: tuple[str, ...]) -> str:
    rows = [row for key in keys for row in _rows(block, key, by_scale, place)]
    return table(("key", *settings.SCALES, "meaning"), rows)


def _rows(block: type[BaseModel], key: str, by_scale: dict, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The row of one key, and of those of the block that it holds."""
    name, inner = ".".join((*place[1:], key)), block.model_fields[key].annotation
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        yield (f"`{name}`", *("" for _ in settings.SCALES), settings.describe(block, key))
        for further in inner.model_fields:
            yield from _rows(inner, further, by_scale, (*(place or ("",)), key))
        return
    yield (
        f"`{name}`",
        *(f"`{_value(by_scale[scale], (*place, key))}`" for scale in settings.SCALES),
        settings.describe(block, key),
    )


def _value(values: dict, path: tuple[str, ...]) -> str:
    for key in filter(None, path):
        values = values.get(key, "") if isinstance(values, dict) else ""
    return (
        yaml.safe_dump(values, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
        if values != ""
        else "-"
    )
