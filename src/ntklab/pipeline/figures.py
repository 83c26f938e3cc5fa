"""What a figure is: the tables it reads, a function that draws it, its title and its caption."""

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ntklab.pipeline.digest import code_digest


@dataclass(frozen=True)
class Figure:
    """One figure, as a row of a room's `figures.py` or a module of its own.

    Attributes:
        id: name of its files and target.
        tables: names of the tables it reads.
        title, caption: the caption tells how to read the figure and what counts as good.
        draw: "module:function"; a row may name a function of the room's `panels.py` alone. The function takes the tables,
            in that order, and returns a matplotlib figure.
        arguments: further arguments of the function.
        experiment: block of the config that it belongs to; None for the only one of its room.
    """

    id: str
    tables: tuple[str, ...]
    title: str
    caption: str
    draw: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    experiment: str | None = None

    def drawn(self, frames: Mapping[str, Any]):
        """The matplotlib figure, from tables by name."""
        module, _, function = self.draw.partition(":")
        return getattr(importlib.import_module(module), function)(
            *(frames[name] for name in self.tables), **self.arguments
        )


def figure_digest(figure: Figure) -> str:
    """Hash of everything but the tables that decides what a figure looks like: code, arguments, title and caption."""
    code = code_digest("ntklab.pipeline.steps.draw_figures:draw_figures", figure.draw)
    text = repr((code, figure.tables, figure.title, figure.caption, sorted(figure.arguments.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
