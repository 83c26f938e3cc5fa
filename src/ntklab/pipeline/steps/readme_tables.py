"""Generate the tables of the README and the page of all claims from a run's claims: no number there is typed by hand."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, CONTRADICTED, EVIDENCE, SUPPORTED, UNDECIDED
from ntklab.errors import InputError
from ntklab.files import atomic
from ntklab.pipeline.catalogue import claims, experiments, figures
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.table_files import read_table

VERDICTS = (CONTRADICTED, SUPPORTED, UNDECIDED)
"""In the order in which they are read: what speaks against the papers first."""
PAGE = "docs/claims.md"


def readme_tables(
    *,
    claims_table: Path = Path("results/reference/claims/claims.parquet"),
    readme: Path = Path("README.md"),
    page: Path = Path(PAGE),
) -> None:
    """Write the parts of the README between its `<!-- generated: NAME -->` and `<!-- end -->`, and the page of claims.

    Run by hand when `results/reference` is renewed; a test compares both files.
    """
    found = read_table(claims_table, CLAIMS)
    parts = {
        "figures": figures_table(),
        "counts": counts_table(found),
        "contradicted": contradicted_table(found),
        "published": published_table(found),
    }
    text = readme.read_text()
    for name, part in parts.items():
        text = _filled(text, name, part, readme)
    for path, written in ((readme, text), (page, claims_page(found))):
        with atomic(path) as temporary:
            temporary.write_text(written)


def _filled(text: str, name: str, part: str, path: Path) -> str:
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", flags=re.DOTALL)
    if not pattern.search(text):
        raise InputError(f"{path}: no part '<!-- generated: {name} -->' that ends with '<!-- end -->'")
    return pattern.sub(lambda match: f"{match[1]}{part}{match[2]}", text)


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def number(value: float) -> str:
    """Three digits, and nothing for what is not there."""
    return "" if np.isnan(value) else f"{value:.3g}"


def interval(row: pd.Series, prefix: str = "") -> str:
    """A number with its 95 % interval."""
    value, low, high = (row[f"{prefix}{end}"] for end in ("value", "ci_low", "ci_high"))
    return "" if np.isnan(value) else f"{value:.3g} [{low:.3g}, {high:.3g}]"


def figures_table() -> str:
    """Every figure with the target that draws it."""
    rows = [(figure.id, figure.title, f"`{experiments()[figure.experiment].target}`") for figure in figures().values()]
    return table(("figure", "what it shows", "target"), rows)


def counts_table(found: pd.DataFrame) -> str:
    """Claims by experiment, kind and verdict."""
    kinds = [(kind, verdict) for kind in (EVIDENCE, CHECK) for verdict in VERDICTS]
    counts = found.groupby(["kind", "verdict"]).size()
    rows = []
    for experiment, of_experiment in claims().items():
        own = found[found.id.isin([claim.id for claim in of_experiment])].groupby(["kind", "verdict"]).size()
        rows.append([experiment.replace("_", " "), *(str(own.get(kind, 0) or "") for kind in kinds)])
    rows.append(["all", *(f"**{counts.get(kind, 0)}**" for kind in kinds)])
    return table(("experiment", *(f"{kind}: {verdict}" for kind, verdict in kinds)), rows)


def contradicted_table(found: pd.DataFrame) -> str:
    """What the papers say and the numbers of this run speak against."""
    rows = [
        (f"`{row.id}`", row.statement, row.source, interval(row), row.criterion)
        for _, row in found[found.verdict == CONTRADICTED].iterrows()
    ]
    return table(("claim", "statement", "source", "number", "criterion"), rows)


def published_table(found: pd.DataFrame) -> str:
    """Published numbers beside ours."""
    rows = [
        (f"`{row.id}`", row.statement, number(row.published), interval(row), row.verdict, row.reason)
        for _, row in found[found.published.notna()].iterrows()
    ]
    return table(("claim", "statement", "published", "ours", "verdict", "reason"), rows)


def claims_page(found: pd.DataFrame) -> str:
    """All claims in full, by experiment, contradicted ones first."""
    order = {verdict: position for position, verdict in enumerate(VERDICTS)}
    parts = [
        "# Claims\n\n"
        "Written by `./run ntklab readme-tables` from the reference run at laptop scale. A claim is supported when its whole\n"
        "95 % interval meets the criterion and that of its control does not, contradicted when its whole 99.7 % interval is\n"
        "outside, else undecided. *Checks* are identities of the arithmetic, which could not be otherwise; only *evidence*\n"
        "counts for a paper. `resolves`: the smallest relative change of the theory that would be noticed.\n"
    ]
    for experiment, of_experiment in claims().items():
        own = found[found.id.isin([claim.id for claim in of_experiment])]
        own = own.iloc[own.verdict.map(order).argsort(kind="stable")]
        rows = [
            (
                f"`{row.id}`", row.verdict + (f": {row.reason}" if row.reason else ""), row.kind, row.statement, row.quantity,
                interval(row), row.criterion, f"{row.control}: {interval(row, 'control_')}" if row.control else "",
                row.resampled, number(row.resolves), row.source,
            )
            for _, row in own.iterrows()
        ]  # fmt: skip
        columns = (
            "claim", "verdict", "kind", "statement", "quantity", "number", "criterion", "control", "resampled", "resolves",
            "source",
        )  # fmt: skip
        parts.append(f"\n## {experiment.replace('_', ' ')}\n\n" + table(columns, rows))
    return "".join(parts)
