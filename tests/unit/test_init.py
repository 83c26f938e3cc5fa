"""`import ntklab`: its parts, its version, and what works without the extras."""

import importlib.metadata
import re
import subprocess
import sys

import pytest

import ntklab

EXTRAS = {
    "ase": "workflow",
    "cyclopts": "workflow",
    "escnn": "steerable",
    "neural_tangents": "peers",
    "pandas": "workflow",
    "PIL": "workflow",
    "pyarrow": "workflow",
    "pydantic": "workflow",
    "requests": "workflow",
    "seaborn": "workflow",
    "snakemake": "workflow",
    "torch": "ensembles",
}


def python(code: str, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd)


def without(*packages: str) -> str:
    """The start of a program in which these packages are not installed."""
    return (
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "def find_rest(name, *others):\n"
        f"    return None if name.partition('.')[0] in {packages} else find(name, *others)\n"
        "PathFinder.find_spec = find_rest\n"
    )


def test_parts_and_names_are_there():
    assert ntklab.__version__ == importlib.metadata.version("ntklab")
    for name in ntklab.__all__:
        assert getattr(ntklab, name) is not None
    assert dir(ntklab) == sorted(ntklab.__all__)
    with pytest.raises(AttributeError, match="'ntklab' has no attribute 'kernel'"):
        ntklab.kernel


def test_the_import_brings_nothing_heavy():
    code = "import sys, ntklab; print({'numpy', 'jax', 'torch', 'matplotlib', 'sympy'} & set(sys.modules))"
    assert python(code).stdout.strip() == "set()"


def test_the_core_works_without_any_extra(project):
    parts = ("activations", "groups", "kernels", "finite_width", "finite_width.sampling", "metrics")
    data = ("ising", "gaussian", "catalogue", "qm9", "xyz", "download")
    modules = [*parts, *(f"data.{name}" for name in data)]
    code = without(*EXTRAS) + "".join(f"import ntklab.{module}\n" for module in modules)
    snippets = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), flags=re.DOTALL)
    assert snippets
    done = python(code + "".join(snippets), cwd=project)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("code", "package"),
    [
        ("import ntklab; ntklab.ensembles", "torch"),
        ("from ntklab.ensembles import train", "torch"),
        ("import ntklab.nets.layers", "torch"),
        ("import ntklab.nets._escnn", "escnn"),
        ("from ntklab.kernels import stax", "neural_tangents"),
        ("import ntklab.plots.style", "pandas"),
        ("import ntklab.claims.claim", "pandas"),
        ("import ntklab.pipeline.cli", "pydantic"),
        ("from ntklab.data.xyz import molecules_from_xyz as f; f('docs/cyclohexanol.xyz')", "ase"),
        ("from ntklab.data.qm9 import _read_tables as f; f([], None, print)", "pandas"),
    ],
)
def test_a_part_without_its_extra_says_which_one(project, code, package):
    done = python(without(package) + code, cwd=project)
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert last == (
        f"ntklab.errors.MissingExtraError: {package}: not installed; "
        f"this part of ntklab needs: pip install 'ntklab[{EXTRAS[package]}]'"
    )
