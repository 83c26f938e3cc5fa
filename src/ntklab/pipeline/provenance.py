"""Where a result comes from: settings, inputs, git state, package versions, stand-in data. No dates."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ntklab.files import Arrays, file_hash

PACKAGES = ("jax", "jaxlib", "matplotlib", "neural-tangents", "numpy", "pandas", "pyarrow", "scipy", "torch")


@cache
def git_commit() -> str:
    """Commit of the working tree, with `-dirty` when tracked files differ from it; `unknown` outside git."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


@cache
def versions() -> dict[str, str]:
    """Versions of the packages that can change a number."""
    return {package: version(package) for package in PACKAGES}


def record(settings: Mapping[str, Any], inputs: Iterable[Path] = (), stand_in: bool = False) -> dict[str, Any]:
    """The record every result carries: settings and their hash, commit, hashes of the inputs, versions, stand-in data.

    `settings` are the values that decide what the step computes, named by the step; how it computes it, on which device
    or how many members at once, is none of them. A result is of stand-in data if the step says so or one of its inputs is.
    """
    inputs = list(inputs)
    text = json.dumps(settings, sort_keys=True, default=str)
    return {
        "settings": json.loads(text),
        "config_hash": hashlib.sha256(text.encode()).hexdigest(),
        "git_commit": git_commit(),
        "inputs": {str(path): file_hash(path) for path in inputs},
        "versions": dict(versions()),
        "stand_in": stand_in or any(map(is_stand_in, inputs)),
    }


def is_stand_in(path: Path) -> bool:
    """Whether the record in a file of ours says that it is of stand-in data; other files have none, and are not."""
    if path.suffix == ".npz":
        return bool(Arrays(path).header.get("stand_in"))
    if path.suffix == ".parquet":
        return json.loads(pq.read_metadata(path).metadata[b"provenance"])["stand_in"]
    if path.suffix == ".json":
        return bool(json.loads(path.read_text()).get("stand_in"))
    return False
