"""Check the claims that the tables of one experiment decide."""

from pathlib import Path

import pandas as pd

from ntklab.claims.catalogue import CLAIMS
from ntklab.claims.claim import check
from ntklab.schemas import CLAIMS as CLAIMS_SCHEMA
from ntklab.schemas import SCHEMAS
from ntklab.steps.record import record
from ntklab.tables import read_table, write_table


def check_claims(*, names: list[str], tables: list[Path], scale: str, output: Path) -> None:
    """Write id, statement, number, interval and verdict of every claim about the given tables."""
    provenance = record(locals())
    frames = {name: read_table(path, SCHEMAS[name]) for name, path in zip(names, tables, strict=True)}
    rows = []
    for claim in CLAIMS:
        if claim.table in frames:
            stated = {name: getattr(claim, name) for name in ("id", "paper", "source", "statement", "quantity")}
            if frames[claim.table].attrs["provenance"]["stand_in"]:
                stated["statement"] = f"STAND-IN DATA. {claim.statement}"
            found = vars(check(claim, frames))
            rows.append({**stated, **found, "published": claim.published, "criterion": claim.criterion})
    frame = pd.DataFrame(rows).assign(scale=scale).astype({"published": float})
    write_table(output, frame[[column.name for column in CLAIMS_SCHEMA.columns]], CLAIMS_SCHEMA, provenance)
    print(frame.verdict.value_counts().to_string())
