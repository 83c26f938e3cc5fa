"""Check every claim against the tables of this run."""

from pathlib import Path

import pandas as pd

from ntklab.claims import ensembles
from ntklab.claims.claim import check
from ntklab.files import atomic
from ntklab.schemas import CLAIMS, SCHEMAS
from ntklab.steps.record import record
from ntklab.tables import read_table, write_table


def check_claims(*, names: list[str], tables: list[Path], scale: str, output: Path, output_html: Path) -> None:
    """Write id, statement, number, interval and verdict of every claim, as a table and as a page to read."""
    provenance = record(locals())
    frames = {name: read_table(path, SCHEMAS[name]) for name, path in zip(names, tables, strict=True)}
    rows = []
    for claim in ensembles.CLAIMS:
        finding = check(claim, frames)
        stated = {name: getattr(claim, name) for name in ("id", "paper", "source", "statement", "quantity")}
        rows.append({**stated, **vars(finding), "published": claim.published, "criterion": claim.criterion})
    frame = pd.DataFrame(rows).assign(scale=scale).astype({"published": float})
    frame = frame[[column.name for column in CLAIMS.columns]]
    write_table(output, frame, CLAIMS, provenance)
    with atomic(output_html) as temporary:
        temporary.write_text(frame.to_html(index=False, float_format="{:.3g}".format, na_rep=""))
    print(frame.verdict.value_counts().to_string())
