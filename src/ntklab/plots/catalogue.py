"""Which figures there are: every module `plots/<paper>/<figure>.py` with an ID, read without importing it.

The workflow asks this at every start; importing matplotlib for that would cost seconds.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """A figure's paper, module and the constants that its module declares."""

    paper: str
    module: str
    ID: str
    EXPERIMENT: str
    TABLES: tuple[str, ...]
    TITLE: str
    CAPTION: str


@cache
def figures() -> dict[str, Figure]:
    """All figures by id. `ValueError` for a module with an ID that lacks another constant."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*/*.py")):
        constants = _constants(path)
        if "ID" in constants:
            missing = [name for name in ("EXPERIMENT", "TABLES", "TITLE", "CAPTION") if name not in constants]
            if missing:
                raise ValueError(f"{path.name}: a figure needs {', '.join(missing)}")
            module = f"ntklab.plots.{path.parent.name}.{path.stem}"
            names = {name: constants[name] for name in ("ID", "EXPERIMENT", "TABLES", "TITLE", "CAPTION")}
            found[constants["ID"]] = Figure(path.parent.name, module, **names)
    return found


def _constants(path: Path) -> dict:
    """Literal values assigned to upper-case names at the top of a module."""
    constants = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return constants
