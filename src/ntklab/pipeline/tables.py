"""The tidy-table contract: one row per measurement, one schema per table.

A schema fixes names, types, units and meaning of the columns and the quantities a table may hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: name, type (string, int64, float64, bool), unit and meaning."""

    name: str
    type: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Schema:
    """The columns of a table, and the quantities (name -> unit and meaning) its `quantity` column may name (any, if
    none are listed)."""

    name: str
    row: str
    columns: Sequence[Column]
    quantities: Mapping[str, str]


ON_ORBITS = (
    Column("experiment", "string", "", "experiment of the config"),
    Column("data", "string", "", "set of inputs: training, in_distribution, or the name of a set out of distribution"),
    Column("group", "string", "", "symmetry group whose orbits are measured"),
)

MEASUREMENT = (
    Column("quantity", "string", "", "what was measured"),
    Column("value", "float64", "of the quantity", "the measured value"),
    Column("stderr", "float64", "of the quantity", "standard error of the value; 0 for an exact one"),
    Column("ci_low", "float64", "of the quantity", "lower end of the 95 % interval"),
    Column("ci_high", "float64", "of the quantity", "upper end of the 95 % interval"),
    Column("n", "int64", "1", "number of independent estimates behind value and stderr"),
)
