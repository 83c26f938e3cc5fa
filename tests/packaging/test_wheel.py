"""What others install: the wheel and the sdist, and the core of the library in an environment that has nothing else."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

NOT_OF_THE_CORE = ("torch", "escnn", "pandas", "pyarrow", "pydantic", "seaborn", "snakemake", "neural_tangents")


def run(*command: str | Path, **options) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory, project) -> Path:
    """A folder with the wheel and the sdist of the files that git knows."""
    there = tmp_path_factory.mktemp("dist")
    source = there / "source"
    source.mkdir()
    run("git", "checkout-index", "--all", f"--prefix={source}/", cwd=project)
    for kind in ("sdist", "wheel"):  # in processes of their own: setuptools keeps state
        code = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
        run(sys.executable, "-c", code, there, cwd=source)
    return there


def test_the_wheel_holds_the_library_and_its_data_and_nothing_else(distributions):
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"ntklab", wheel.name.rsplit("-", 3)[0] + ".dist-info"}
    assert "ntklab/py.typed" in names
    assert [name for name in names if re.fullmatch(r"ntklab/data/embedded/.*\.npz", name)]
    assert wheel.stat().st_size < 40e6


def test_the_sdist_builds_the_wheel(distributions):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"pyproject.toml", "LICENSE", "README.md", "src/ntklab/__init__.py"} <= names


@pytest.mark.slow
def test_the_core_alone_runs_the_snippets_of_the_readme(distributions, tmp_path, project):
    """In an empty environment, to which pip brings the wheel and what it asks for, from the package registry."""
    (wheel,) = distributions.glob("*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "empty")
    python = tmp_path / "empty/bin/python"
    run(python, "-m", "pip", "install", "--quiet", wheel)
    lacking = f"import importlib.util as u; print([m for m in {NOT_OF_THE_CORE} if u.find_spec(m)])"
    assert run(python, "-c", lacking).strip() == "[]"
    snippets = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), flags=re.DOTALL)
    assert snippets
    for snippet in snippets:
        run(python, "-W", "error", "-c", snippet, cwd=project)
