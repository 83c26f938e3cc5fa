"""Generate the tables of the README and of docs/ from a run's claims: no number there is typed by hand."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ntklab.claims.claim import CHECK, CONTRADICTED, CONTROL_PASSES, EVIDENCE, TOO_WIDE, UNDECIDED
from ntklab.errors import InputError
from ntklab.files import atomic
from ntklab.pipeline.catalogue import claims, experiments, figures
from ntklab.pipeline.claims_table import CLAIMS, VERDICTS, contradicted_first
from ntklab.pipeline.table_files import read_table

PAGE = "docs/claims.md"
PARTS = {
    "README.md": ("counts",),
    "docs/findings.md": ("contradicted", "leaning", "powerless", "comparison"),
    "docs/experiments.md": ("figures",),
}
"""File -> its generated parts, each between `<!-- generated: NAME -->` and `<!-- end -->`."""


def readme_tables(
    *, claims_table: Path = Path("results/reference/claims/claims.parquet"), project: Path = Path(".")
) -> None:
    """Write the generated parts of the README and of the pages of docs/, and the page of all claims.

    Run by hand when `results/reference` is renewed; a test compares the files. `InputError` for a table that is not of
    all claims there are, and for a file that lacks a part; then no file is written.
    """
    found = read_table(claims_table, CLAIMS)
    _check_complete(found, claims_table)
    parts = {
        "figures": figures_table(),
        "counts": totals_table(found),
        "contradicted": contradicted_table(found),
        "leaning": leaning_table(found),
        "powerless": powerless_table(found),
        "comparison": comparison_table(found),
    }
    texts = {project / PAGE: claims_page(found)}
    for file, names in PARTS.items():
        text = (project / file).read_text()
        for name in names:
            text = _filled(text, name, parts[name], project / file)
        texts[project / file] = text
    for path, text in texts.items():
        with atomic(path) as temporary:
            temporary.write_text(text)


def _check_complete(found: pd.DataFrame, path: Path) -> None:
    there = {claim.id for of_experiment in claims().values() for claim in of_experiment}
    if different := sorted(there ^ set(found.id)):
        raise InputError(f"{path}: not of the claims there are ({', '.join(different[:3])}); renew it with a run")


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
    """A number with its 95 % interval.

    Three digits, and up to six where the interval is so narrow that its width would not show; three for rounding errors.
    """
    value, low, high = (row[f"{prefix}{end}"] for end in ("value", "ci_low", "ci_high"))
    if np.isnan(value):
        return ""
    size, width = max(abs(low), abs(high)), high - low
    shown = int(np.ceil(np.log10(size / width))) + 1 if width > 0 else 0
    digits = shown if 3 < shown <= 6 else 3
    return f"{value:.{digits}g} [{low:.{digits}g}, {high:.{digits}g}]"


def figures_table() -> str:
    """Every experiment with the target that runs it and its figures."""
    drawn: dict[str, list[str]] = {name: [] for name in experiments()}
    for figure in figures().values():
        drawn[figure.experiment].append(figure.id)
    rows = [(about(name), f"`{experiments()[name].target}`", ", ".join(ids)) for name, ids in drawn.items()]
    return table(("experiment", "target", "figures"), rows)


def about(experiment: str) -> str:
    """The first sentence of its block's description, without the figures in brackets."""
    words = " ".join((experiments()[experiment].blocks[experiment].__doc__ or "").split())
    return re.sub(r" \(E\d-[^)]*\)", "", words.split(". ")[0]).rstrip(".")


def totals_table(found: pd.DataFrame) -> str:
    """Claims by kind and verdict, and why they are undecided."""
    rows = []
    for kind in (EVIDENCE, CHECK):
        own = found[found.kind == kind]
        reasons = own[own.verdict == UNDECIDED].reason.value_counts()
        said = "; ".join(f"{count} {reason}" for reason, count in _most_first(reasons))
        rows.append((kind, *(str((own.verdict == verdict).sum()) for verdict in VERDICTS), said))
    return table(("kind", *VERDICTS, "undecided because"), rows)


def _most_first(counts: pd.Series) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda reason: (-reason[1], reason[0]))


def counts_table(found: pd.DataFrame) -> str:
    """Claims by experiment, kind and verdict."""
    kinds = [(kind, verdict) for kind in (EVIDENCE, CHECK) for verdict in VERDICTS]
    rows = []
    for experiment, own in _by_experiment(found):
        counts = own.groupby(["kind", "verdict"]).size()
        rows.append([experiment, *(str(counts.get(kind, 0) or "") for kind in kinds)])
    counts = found.groupby(["kind", "verdict"]).size()
    rows.append(["all", *(f"**{counts.get(kind, 0)}**" for kind in kinds)])
    return table(("experiment", *(f"{kind}: {verdict}" for kind, verdict in kinds)), rows)


def _by_experiment(found: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for experiment, of_experiment in claims().items():
        own = found[found.id.isin([claim.id for claim in of_experiment])]
        if len(own):
            yield experiment.replace("_", " "), own


def reasons_table(found: pd.DataFrame) -> str:
    """Why claims are undecided, the most frequent reason first."""
    counts = found[found.verdict == UNDECIDED].reason.value_counts()
    return table(("undecided because", "claims"), [(reason, str(count)) for reason, count in _most_first(counts)])


def contradicted_table(found: pd.DataFrame) -> str:
    """What the papers say and the numbers of this run speak against."""
    return _decided(found[found.verdict == CONTRADICTED])


def leaning_table(found: pd.DataFrame) -> str:
    """Evidence of which the whole 95 % interval misses the criterion, but not that at 99.7 %, which would contradict."""
    bounds = {claim.id: claim.bounds for of_experiment in claims().values() for claim in of_experiment}
    low, high = (found.id.map(lambda identifier, end=end: bounds[identifier][end]) for end in (0, 1))
    too_wide = (found.kind == EVIDENCE) & (found.verdict == UNDECIDED) & (found.reason == TOO_WIDE)
    return _decided(found[too_wide & ((found.ci_high < low) | (found.ci_low > high))])


def _decided(found: pd.DataFrame) -> str:
    rows = [
        (f"`{row.id}`", row.statement, interval(row), row.criterion.removeprefix("interval "))
        for _, row in found.iterrows()
    ]
    return table(("claim", "statement", "number", "criterion"), rows)


def powerless_table(found: pd.DataFrame) -> str:
    """Evidence that looks supported and is not: the same number is as good where the statement must fail."""
    rows = [
        (
            f"`{row.id}`",
            interval(row),
            f"{interval(row, 'control_')}, {row.control}",
            row.criterion.removeprefix("interval "),
        )
        for _, row in found[(found.reason == CONTROL_PASSES) & (found.kind == EVIDENCE)].iterrows()
    ]
    return table(("claim", "number", "control, which passes too", "criterion"), rows)


COMPARISON = re.compile(r"E1-table-(?P<model>\w+)-(?P<group>c\d+)")
"""Claims about the numbers of the slide 'Comparison to other methods'."""


def comparison_table(found: pd.DataFrame) -> str:
    """The talk's twelve numbers beside ours, with their verdicts."""
    cells: dict[str, dict[str, str]] = {}
    for _, row in found.iterrows():
        if match := COMPARISON.fullmatch(row.id):
            cells.setdefault(match["model"], {})[match["group"]] = (
                f"{number(row.published)}: {interval(row)}, {row.verdict}"
            )
    groups = list(dict.fromkeys(group for of_model in cells.values() for group in of_model))
    rows = [(model, *(of_model.get(group, "") for group in groups)) for model, of_model in cells.items()]
    return table(("talk: ours", *(group.upper() for group in groups)), rows)


INTRODUCTION = """\
# Claims

Written by `./run ntklab readme-tables` from the reference run, `results/reference/claims/claims.parquet`.

**Verdicts.** A claim is *supported* when its whole 95 % interval meets the criterion and that of its control does not,
*contradicted* when its whole 99.7 % interval is outside (of 400 true claims, 95 % would contradict several by chance), else
*undecided*, with the reason. *Evidence* is about what could be otherwise: each such claim names its control, the same statistic
where the statement must fail (not augmented, mismatched, a condition broken, the theory times two); one whose control passes too
has no power and stays undecided. *Checks* are of the arithmetic, identities that could not be otherwise, and do not count for a
paper.

**Intervals.** Each is of the whole statistic, from the raw units to the final number: `members`, `batches`, `draws` or
`repeats` are left out in groups (delete-group jackknife, Student's t), of `members+inputs` both, whose variances add; of
several times, widths or groups the one that ends worst is given, with simultaneous intervals. `none`: a number without chance,
within the error bound that its computation reports. `resolves` is the smallest relative change of the theory that would be
noticed.

**Reasons.** *Interval too wide*: more members, draws or networks decide. *Control passes too*: the number does not tell the
statement from its opposite. *Stand-in data*: textures drawn here instead of histological images. Others name what is missing.
"""


def claims_page(found: pd.DataFrame) -> str:
    """All claims in full, by experiment, contradicted ones first."""
    columns = ("claim", "statement", "verdict", "number", "criterion", "control", "quantity", "resampled", "source")
    parts = [INTRODUCTION, "\n## Counts\n\n", counts_table(found), "\n", reasons_table(found)]
    for experiment, own in _by_experiment(found):
        parts.append(f"\n## {experiment}\n")
        for kind in (EVIDENCE, CHECK):
            of_kind = own[own.kind == kind]
            rows = [_in_full(row) for _, row in contradicted_first(of_kind).iterrows()]
            if rows:
                parts.append(f"\n### {kind}\n\n" + table(columns, rows))
    return "".join(parts)


def _in_full(row: pd.Series) -> tuple[str, ...]:
    published = "" if np.isnan(row.published) else f"; published {number(row.published)}"
    resolves = "" if np.isnan(row.resolves) else f"; resolves {row.resolves:.0%}"
    return (
        f"`{row.id}`", row.statement, row.verdict + (f": {row.reason}" if row.reason else ""),
        interval(row) + published + resolves, row.criterion.removeprefix("interval "),
        f"{row.control}: {interval(row, 'control_') or 'no number'}" if row.control else "", row.quantity, row.resampled,
        row.source,
    )  # fmt: skip
