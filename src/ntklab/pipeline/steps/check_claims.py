"""Check the claims that the tables of some experiments decide: one table, and if wanted one page to read."""

from pathlib import Path

import pandas as pd

from ntklab.claims.claim import Claim, check
from ntklab.files import atomic
from ntklab.pipeline.catalogue import claims, schemas
from ntklab.pipeline.claims_table import CLAIMS, contradicted_first
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import read_table, write_table


def check_claims(
    *,
    experiments: list[str],
    names: list[str],
    tables: list[Path],
    scale: str,
    output: Path,
    output_html: Path | None = None,
) -> None:
    """Write id, statement, number, interval and verdict of every claim about the given experiments.

    `names` are those of the tables. A claim whose table is missing ends the run: none is left out in silence.
    """
    provenance = record({"experiments": experiments, "scale": scale}, tables)
    frames = {name: read_table(path, schemas()[name]) for name, path in zip(names, tables, strict=True)}
    rows = [_row(claim, frames) for experiment in experiments for claim in claims()[experiment]]
    frame = pd.DataFrame(rows, columns=[column.name for column in CLAIMS.columns if column.name != "scale"])
    frame = frame.assign(scale=scale).astype({"published": float})[[column.name for column in CLAIMS.columns]]
    write_table(output, frame, CLAIMS, provenance)
    if output_html:
        with atomic(output_html) as temporary:
            temporary.write_text(page(frame))
    print(frame.groupby("kind").verdict.value_counts().to_string())


def page(found: pd.DataFrame) -> str:
    """All columns of a table of claims as HTML, verdicts in front and contradicted ones first."""
    front = ["verdict", "reason", "kind", "id", "statement"]
    columns = [*front, *(name for name in found.columns if name not in front)]
    return contradicted_first(found)[columns].to_html(index=False, float_format="{:.3g}".format, na_rep="")


def _row(claim: Claim, frames: dict[str, pd.DataFrame]) -> dict:
    if claim.table not in frames:
        raise ValueError(f"claim {claim.id}: its table {claim.table!r} is none of {', '.join(frames)}")
    stated = {name: getattr(claim, name) for name in ("id", "paper", "source", "statement", "kind", "quantity")}
    if frames[claim.table].attrs["provenance"]["stand_in"]:
        stated["statement"] = f"STAND-IN DATA. {claim.statement}"
    stated |= {"published": claim.published, "criterion": claim.criterion, "control": claim.control_is}
    return {**stated, **vars(check(claim, frames))}
