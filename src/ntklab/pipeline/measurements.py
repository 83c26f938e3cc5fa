"""Rows of measurements as a table of a schema."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ntklab.pipeline.tables import Schema


def measurements(rows: Iterable[Mapping[str, Any]], schema: Schema, **common: Any) -> pd.DataFrame:
    """Rows as a table of the schema: the settings in `common` added to each, and the 95 % interval of value and stderr."""
    frame = pd.DataFrame(rows).assign(**common)
    frame["ci_low"], frame["ci_high"] = frame.value - 1.96 * frame.stderr, frame.value + 1.96 * frame.stderr
    return frame[[column.name for column in schema.columns]]
