"""Draw figures from their tables: PDF, PNG and caption, with provenance in the files' metadata; those that need drawing."""

import json
import textwrap
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from PIL import Image, UnidentifiedImageError

from ntklab.files import atomic, file_hash
from ntklab.pipeline.catalogue import figures, schemas
from ntklab.pipeline.figures import Figure
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import read_table
from ntklab.plots import style

CAPTION_WIDTH = 118


def draw_figures(*, pictures: list[Path], digests: str, names: list[str], tables: list[Path]) -> None:
    """Draw `<id>.png` of each of the pictures, with .pdf and .txt beside it; stand-in data are named in title and caption.

    `digests` is JSON, id -> digest of code and words. A figure that is there with that digest, of the same tables, is left
    as it is. `names` are those of the tables.
    """
    paths = dict(zip(names, tables, strict=True))
    style.apply()
    frames: dict[str, pd.DataFrame] = {}
    for picture in pictures:
        figure, digest = figures()[picture.stem], json.loads(digests)[picture.stem]
        read = {name: paths[name] for name in figure.tables}
        if not _is_drawn(picture, digest, list(read.values())):
            frames |= {name: read_table(path, schemas()[name]) for name, path in read.items() if name not in frames}
            _draw(figure, digest, frames, list(read.values()), picture.parent)
            print(f"drawn: {figure.id}", flush=True)


def _is_drawn(picture: Path, digest: str, tables: list[Path]) -> bool:
    if not all(picture.with_suffix(suffix).exists() for suffix in (".png", ".pdf", ".txt")):
        return False
    try:
        with Image.open(picture) as opened:
            source = json.loads(opened.info.get("Source", "{}"))
    except UnidentifiedImageError:  # cut off: draw it again
        return False
    return source.get("digest") == digest and sorted(source["inputs"].values()) == sorted(map(file_hash, tables))


def _draw(figure: Figure, digest: str, frames: dict[str, pd.DataFrame], tables: list[Path], folder: Path) -> None:
    provenance = record({"figure": figure.id}, tables)
    warning = "STAND-IN DATA. " if provenance["stand_in"] else ""
    drawn = figure.drawn(frames)
    drawn.suptitle(warning + figure.title)
    drawn.get_layout_engine().execute(drawn)
    caption = textwrap.fill(" ".join((warning + figure.caption).split()), CAPTION_WIDTH) + "\n"
    source = json.dumps({**provenance, "digest": digest}, sort_keys=True)
    metadata = {
        "pdf": {"Title": figure.title, "Subject": caption, "Keywords": source, "CreationDate": None},
        "png": {"Title": figure.title, "Description": caption, "Source": source},
    }
    with atomic(folder / f"{figure.id}.txt") as temporary:
        temporary.write_text(caption)
    # Laid out once: with an engine, even an idle one, every format is drawn twice.
    with mpl.rc_context({"figure.constrained_layout.use": False}):
        drawn.set_layout_engine(None)
        for kind, about in metadata.items():
            with atomic(folder / f"{figure.id}.{kind}") as temporary:
                drawn.savefig(temporary, metadata=about)
