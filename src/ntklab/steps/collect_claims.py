"""Collect the claims of all experiments in one table and one page."""

from pathlib import Path

import pandas as pd

from ntklab.files import atomic
from ntklab.schemas import CLAIMS
from ntklab.steps.record import record
from ntklab.tables import read_table, write_table


def collect_claims(*, claims: list[Path], output: Path, output_html: Path) -> None:
    """Write the claims of all given tables, as a table and as a page to read."""
    provenance = record(locals())
    frame = pd.concat([read_table(path, CLAIMS) for path in claims], ignore_index=True)
    write_table(output, frame, CLAIMS, provenance)
    with atomic(output_html) as temporary:
        temporary.write_text(frame.to_html(index=False, float_format="{:.3g}".format, na_rep=""))
    print(frame.verdict.value_counts().to_string())
