"""Provenance of a step from the arguments of its function."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ntklab.provenance import provenance


def record(arguments: Mapping[str, Any], stand_in: bool = False) -> dict[str, Any]:
    """Provenance from `locals()` at the start of a step: paths not called `output...` are inputs, the rest settings."""
    inputs: list[Path] = []
    settings = {}
    for name, value in arguments.items():
        paths = value if isinstance(value, list) else [value]
        if not (paths and isinstance(paths[0], Path)):
            settings[name] = value
        elif not name.startswith("output"):
            inputs += paths
    return provenance(settings, inputs, stand_in)
