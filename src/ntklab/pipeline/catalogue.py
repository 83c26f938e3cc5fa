"""What rooms there are and what is in them, found by walking `ntklab.experiments`; nothing here names a room.

The workflow asks this at every start: only settings, tables and rows of figures are imported, which are light, and figures
that are modules of their own are read without importing them.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType

from ntklab.pipeline.figures import Figure
from ntklab.pipeline.settings import Block
from ntklab.pipeline.tables import Schema

PACKAGE = "ntklab.experiments"
ROOMS = Path(__file__).parent.parent / "experiments"


@dataclass(frozen=True)
class Room:
    """One room: its paper, the target that makes its results, and its blocks of the config."""

    name: str
    paper: str
    target: str
    blocks: Mapping[str, type[Block]]

    @property
    def package(self) -> str:
        return f"{PACKAGE}.{self.name}"

    def module(self, name: str) -> ModuleType | None:
        """One of the room's modules, imported; None if it has no such module."""
        return (
            importlib.import_module(f"{self.package}.{name}") if (ROOMS / self.name / f"{name}.py").exists() else None
        )


@cache
def rooms() -> dict[str, Room]:
    """All rooms by name."""
    found = {}
    for path in sorted(ROOMS.glob("*/settings.py")):
        name = path.parent.name
        settings = importlib.import_module(f"{PACKAGE}.{name}.settings")
        found[name] = Room(name, settings.PAPER, getattr(settings, "TARGET", name), settings.BLOCKS)
    return found


@cache
def experiments() -> dict[str, Room]:
    """Block of the config -> the room it belongs to."""
    return {block: room for room in rooms().values() for block in room.blocks}


@cache
def targets() -> dict[str, tuple[str, ...]]:
    """Target -> the experiments whose figures and claims it makes: every experiment's own name, and those of rooms."""
    found = {name: (name,) for name in experiments()}
    for room in rooms().values():
        together = found.get(room.target, ()) if room.target not in experiments() else ()
        found[room.target] = tuple(dict.fromkeys((*together, *room.blocks)))
    return found


@cache
def tables() -> dict[str, dict[str, Schema]]:
    """Experiment -> its tables, name -> schema: `TABLES` of the rooms' tables.py."""
    return {
        name: dict(schemas)
        for room in rooms().values()
        if (module := room.module("tables"))
        for name, schemas in module.TABLES.items()
    }


@cache
def schemas() -> dict[str, Schema]:
    """Name of a table -> its schema, of all experiments."""
    return {name: schema for found in tables().values() for name, schema in found.items()}


@cache
def figures() -> dict[str, Figure]:
    """All figures by id, each with its experiment."""
    return {
        figure.id: replace(figure, experiment=figure.experiment or next(iter(room.blocks)))
        for room in rooms().values()
        for figure in _figures_of(room)
    }


def _figures_of(room: Room) -> Iterator[Figure]:
    rows = room.module("figures")
    for row in rows.FIGURES if rows else ():
        yield row if ":" in row.draw else replace(row, draw=f"{room.package}.panels:{row.draw}")
    for path in sorted((ROOMS / room.name).glob("*.py")):
        constants = _constants(path)
        if "ID" in constants:
            missing = [name for name in ("TABLES", "TITLE", "CAPTION") if name not in constants]
            if missing:
                raise ValueError(f"{path.name}: a figure needs {', '.join(missing)}")
            yield Figure(
                constants["ID"], constants["TABLES"], constants["TITLE"], constants["CAPTION"],
                f"{room.package}.{path.stem}:draw", experiment=constants.get("EXPERIMENT"),
            )  # fmt: skip


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


@cache
def claims() -> dict[str, tuple]:
    """Experiment -> its claims. Imports every room's claims.py, and with them SciPy and pandas."""
    owners = {table: name for name, found in tables().items() for table in found}
    found: dict[str, list] = {name: [] for name in experiments()}
    for room in rooms().values():
        module = room.module("claims")
        for claim in module.CLAIMS if module else ():
            if owners.get(claim.table) not in room.blocks:
                raise ValueError(f"claim {claim.id}: {claim.table!r} is no table of the room {room.name}")
            found[owners[claim.table]].append(claim)
    return {name: tuple(of_experiment) for name, of_experiment in found.items()}
