"""Where a result comes from: code digest, git state, input hashes, settings and package versions. No dates."""

import ast
import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grimp

PACKAGES = ("jax", "jaxlib", "matplotlib", "neural-tangents", "numpy", "pandas", "pyarrow", "scipy", "torch")
SOURCE = Path(__file__).parent


@cache
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph("ntklab", cache_dir=None)


def source_file(module: str) -> Path:
    """The file of an ntklab module, `ntklab.a.b` or `ntklab.a` (package)."""
    path = SOURCE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _meaning(module: str) -> str:
    """The syntax tree of a module without comments, docstrings and layout."""
    tree = ast.parse(source_file(module).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A bare string is a docstring, or the description below an attribute; neither does anything.
            node.body = [s for s in node.body if not (isinstance(s, ast.Expr) and _is_string(s.value))]
    return ast.dump(tree)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def code_digest(*modules: str) -> str:
    """Hash of the given ntklab modules and of every ntklab module they import, however deep.

    Comments, docstrings and layout do not enter: editing them reruns nothing. Imports are found in the source
    (grimp), also those inside functions, without importing anything.
    """
    names = set(modules).union(*(_imports().find_upstream_modules(module) for module in modules))
    text = "\n".join(f"{name} {_meaning(name)}" for name in sorted(names))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def git_commit() -> str:
    """Commit of the working tree, with `-dirty` when tracked files differ from it; `unknown` outside git."""
    command = ["git", "-C", str(SOURCE), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def provenance(settings: Mapping[str, Any], inputs: Iterable[str | Path], stand_in: bool = False) -> dict[str, Any]:
    """The record every result carries: settings and their hash, commit, hashes of the inputs, versions, stand-in data.

    `settings` are the values of the config that the step used, and nothing else: a result does not change when a
    setting does that it never saw.
    """
    text = json.dumps(settings, sort_keys=True, default=str)
    return {
        "settings": json.loads(text),
        "config_hash": hashlib.sha256(text.encode()).hexdigest(),
        "git_commit": git_commit(),
        "inputs": {str(path): file_hash(path) for path in inputs},
        "versions": {package: version(package) for package in PACKAGES},
        "stand_in": stand_in,
    }
