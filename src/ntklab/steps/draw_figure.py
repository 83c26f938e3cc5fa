"""Draw one figure from its tables: PDF, PNG and caption, with provenance in the files' metadata."""

import importlib
import json
from pathlib import Path

from ntklab.files import atomic
from ntklab.plots import style
from ntklab.plots.catalogue import figures
from ntklab.schemas import SCHEMAS
from ntklab.steps.record import record
from ntklab.tables import read_table


def draw_figure(
    *, figure: str, names: list[str], tables: list[Path], output_pdf: Path, output_png: Path, output_caption: Path
) -> None:
    """Draw the figure with this id; a figure of stand-in data says so in its title and caption."""
    entry = figures()[figure]
    frames = {name: read_table(path, SCHEMAS[name]) for name, path in zip(names, tables, strict=True)}
    stand_in = any(frame.attrs["provenance"]["stand_in"] for frame in frames.values())
    warning = "STAND-IN DATA. " if stand_in else ""
    style.apply()
    drawn = importlib.import_module(entry.module).draw(frames)
    drawn.suptitle(warning + entry.TITLE)
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")  # laid out once, not again for every format
    source = json.dumps(record({"figure": figure, "tables": tables}, stand_in), sort_keys=True)
    with atomic(output_pdf) as temporary:
        metadata = {"Title": entry.TITLE, "Subject": entry.CAPTION, "Keywords": source, "CreationDate": None}
        drawn.savefig(temporary, metadata=metadata)
    with atomic(output_png) as temporary:
        drawn.savefig(temporary, metadata={"Title": entry.TITLE, "Description": entry.CAPTION, "Source": source})
    with atomic(output_caption) as temporary:
        temporary.write_text(warning + entry.CAPTION)
