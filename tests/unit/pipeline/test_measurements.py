"""Measured rows become columns of a schema, with the settings common to all and 95 % intervals."""

import pytest

from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

SCHEMA = Schema(
    name="example",
    row="one site",
    columns=(*ON_ORBITS, Column("site", "int64", "sites", "number of the site"), *MEASUREMENT),
    quantities={"spin": "its spin"},
)
COMMON = {"experiment": "ising", "data": "training", "group": "c4", "quantity": "spin"}


def test_measurements_have_the_columns_of_the_schema_and_their_intervals():
    rows = [{"site": g, "value": 2.0 + g, "stderr": 0.5, "n": 3, "unused": "x"} for g in range(2)]
    frame = measurements(rows, SCHEMA, **COMMON)
    assert list(frame.columns) == [column.name for column in SCHEMA.columns]
    assert frame.site.tolist() == [0, 1] and set(frame.group) == {"c4"}
    assert frame.ci_low.tolist() == pytest.approx([2 - 1.96 * 0.5, 3 - 1.96 * 0.5])
    assert frame.ci_high.tolist() == pytest.approx([2 + 1.96 * 0.5, 3 + 1.96 * 0.5])


def test_a_column_that_no_row_has_is_named():
    with pytest.raises(KeyError, match="site"):
        measurements([{"value": 2.0, "stderr": 0.5, "n": 3}], SCHEMA, **COMMON)
