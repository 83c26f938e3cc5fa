"""The table of checked claims, and the order in which it is read."""

import pandas as pd

from ntklab.claims.claim import CONTRADICTED, SUPPORTED, UNDECIDED
from ntklab.pipeline.tables import Column, Schema

CLAIMS = Schema(
    name="claims",
    row="one claim of a paper",
    columns=(
        Column("id", "string", "", "name of the claim"),
        Column("paper", "string", "", "ensembles, equivntk or feynman"),
        Column("source", "string", "", "slide, figure or equation in which it is made"),
        Column("statement", "string", "", "what is claimed"),
        Column("kind", "string", "", "evidence, or check of an identity, which could not be otherwise"),
        Column("quantity", "string", "", "the number that decides"),
        Column("value", "float64", "of the quantity", "its value in this run"),
        Column("ci_low", "float64", "of the quantity", "lower end of its 95 % interval"),
        Column("ci_high", "float64", "of the quantity", "upper end of its 95 % interval"),
        Column(
            "resampled", "string", "", "members, members+inputs, batches, repeats, ...; none: a numerical error bound"
        ),
        Column(
            "resolves", "float64", "1", "smallest relative change of the theory it would notice; nan: no such theory"
        ),
        Column("published", "float64", "of the quantity", "published value, if any"),
        Column("criterion", "string", "", "what counts as supported"),
        Column("control", "string", "", "where the statement must fail"),
        Column("control_value", "float64", "of the quantity", "the same statistic of the control"),
        Column("control_ci_low", "float64", "of the quantity", "lower end of its 95 % interval"),
        Column("control_ci_high", "float64", "of the quantity", "upper end of its 95 % interval"),
        Column(
            "control_verdict",
            "string",
            "",
            "of the control by the same criterion; one that is supported takes the power",
        ),
        Column("verdict", "string", "", "supported, contradicted or undecided"),
        Column("reason", "string", "", "why it is undecided"),
        Column("scale", "string", "", "smoke, laptop or paper"),
    ),
    quantities={},
)

VERDICTS = (CONTRADICTED, SUPPORTED, UNDECIDED)
"""In the order in which they are read: what speaks against the papers first."""


def contradicted_first(found: pd.DataFrame) -> pd.DataFrame:
    """The rows by verdict, in the order of `VERDICTS`, and otherwise as they were."""
    return found.sort_values("verdict", key=lambda verdicts: verdicts.map(VERDICTS.index), kind="stable")
