"""The documentation site: built as in CI, with nothing fetched from elsewhere; tutorials are executed by the build."""

import importlib
import os
import re
import subprocess
import sys

import nbformat
import pytest

import ntklab
from ntklab.pipeline.catalogue import figures
from ntklab.pipeline.config import Config

TUTORIALS = ("group-kernels", "finite-width", "diagrams")


@pytest.fixture(scope="module")
def site(project, tmp_path_factory):
    """The built site; strict: dead links, pages outside the navigation and errors in tutorials end the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    # Colours would be in the tracebacks of tutorials.
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_pages_fetch_nothing_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        fetched = re.findall(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="?(https?:[^"\s>]*)', page.read_text())
        assert not fetched, f"{page.relative_to(site)}: {fetched}"


@pytest.mark.parametrize("name", TUTORIALS)
def test_tutorials_are_kept_without_outputs_and_shown_with_them(site, project, name):
    notebook = nbformat.read(project / f"docs/tutorials/{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    page = (site / f"tutorials/{name}.html").read_text()
    pictures = re.findall(rf'src="({name}-[^"]+)"', page)
    assert len(pictures) >= 2 and all((site / "tutorials" / picture).stat().st_size for picture in pictures)


def test_the_gallery_shows_every_figure_of_the_reference_run(site, project):
    page = (site / "gallery.html").read_text()
    for picture in (project / "results/reference/figures").glob("*.png"):
        assert picture.stem in figures(), f"{picture.name}: no figure of that name"
        assert f'src="gallery/{picture.name}"' in page and (site / "gallery" / picture.name).exists()


def test_every_key_of_the_config_is_explained(site):
    page = (site / "configuration.html").read_text()
    for name, field in Config.model_fields.items():
        block = getattr(field.annotation, "model_fields", None)
        for key in block or [name]:
            assert f"<code>{key}</code>" in page, f"{name}.{key}"


def test_the_reference_has_what_the_library_exports(site, project):
    packages = {}
    for path in (project / "docs/reference").glob("*.md"):
        for name in re.findall(r"^::: (\S+)", path.read_text(), flags=re.MULTILINE):
            packages[importlib.import_module(name)] = (site / f"reference/{path.stem}.html").read_text()
    assert {ntklab.groups, ntklab.kernels, ntklab.finite_width, ntklab.metrics, ntklab.ensembles} <= set(packages)
    # A module of neural-tangents layers, with a section of its own, and the parts of ntklab, with pages of their own.
    elsewhere = {
        "ntklab.kernels.stax",
        *(f"ntklab.{name}" for name in ntklab.__all__ if name not in ("Network", "predict")),
    }
    for package, page in packages.items():
        for name in (f"{package.__name__}.{name}" for name in getattr(package, "__all__", ())):
            assert name in elsewhere or f'id="{name}"' in page, name
