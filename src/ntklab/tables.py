"""The tidy-table contract: one row per measurement, one schema per table, Parquet in and out.

A schema fixes names, types, units and meaning of the columns and the quantities a table may hold. Writing checks the
table against it; reading refuses a file that is truncated, written for another schema, or edited by hand.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ntklab.files import atomic

TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


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

    def arrow(self) -> pa.Schema:
        """The same as an Arrow schema, units and meanings in the metadata of the fields."""
        return pa.schema(
            pa.field(c.name, TYPES[c.type], metadata={"unit": c.unit, "meaning": c.meaning}) for c in self.columns
        )


MEASUREMENT = (
    Column("quantity", "string", "", "what was measured"),
    Column("value", "float64", "of the quantity", "the measured value"),
    Column("stderr", "float64", "of the quantity", "standard error of the value; 0 for an exact one"),
    Column("ci_low", "float64", "of the quantity", "lower end of the 95 % interval, value - 1.96 stderr"),
    Column("ci_high", "float64", "of the quantity", "upper end of the 95 % interval, value + 1.96 stderr"),
    Column("n", "int64", "1", "number of independent estimates behind value and stderr"),
)


def measurements(rows: Iterable[Mapping[str, Any]], schema: Schema, **common: Any) -> pd.DataFrame:
    """Rows as a table of the schema: the settings in `common` added to each, and the 95 % interval of value and stderr."""
    frame = pd.DataFrame(rows).assign(**common)
    frame["ci_low"], frame["ci_high"] = frame.value - 1.96 * frame.stderr, frame.value + 1.96 * frame.stderr
    return frame[[column.name for column in schema.columns]]


def _content_hash(table: pa.Table) -> str:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _check_quantities(frame: pd.DataFrame, schema: Schema) -> None:
    unknown = sorted(set(frame["quantity"]) - set(schema.quantities))
    if schema.quantities and unknown:
        raise ValueError(
            f"table {schema.name}: unknown quantity {unknown[0]!r}; allowed: {', '.join(schema.quantities)}"
        )


def write_table(path: str | Path, frame: pd.DataFrame, schema: Schema, provenance: Mapping[str, Any]) -> None:
    """Write `frame` as Parquet with its provenance; `ValueError` if it breaks the schema. Equal input, equal bytes."""
    names = [column.name for column in schema.columns]
    if list(frame.columns) != names:
        raise ValueError(f"table {schema.name}: columns are {list(frame.columns)}, the schema says {names}")
    _check_quantities(frame, schema)
    try:
        # A missing number stays NaN: null entries carry undefined bytes, and the content would have no hash.
        columns = [pa.array(frame[f.name].to_numpy(), type=f.type, from_pandas=False) for f in schema.arrow()]
        table = pa.Table.from_arrays(columns, schema=schema.arrow())
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(f"table {schema.name}: {error}") from None
    metadata = {
        "schema": schema.name,
        "row": schema.row,
        "quantities": json.dumps(schema.quantities),
        "provenance": json.dumps(provenance, sort_keys=True),
        "content_hash": _content_hash(table),
    }
    with atomic(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary, compression="zstd")


def read_table(path: str | Path, schema: Schema) -> pd.DataFrame:
    """Read a table that `write_table` wrote for this schema.

    `frame.attrs["provenance"]` holds its provenance. `ValueError` for a truncated, foreign or hand-edited file.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path}: not a readable Parquet file ({error}); delete it and run again") from None
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if metadata.get("schema") != schema.name or not table.schema.remove_metadata().equals(
        pa.schema([pa.field(f.name, f.type) for f in schema.arrow()])
    ):
        raise ValueError(f"{path}: not a table of the schema {schema.name!r}; delete it and run again")
    if metadata["content_hash"] != _content_hash(table):
        raise ValueError(f"{path}: changed since the pipeline wrote it; delete it and run again")
    frame = table.to_pandas()
    _check_quantities(frame, schema)
    frame.attrs["provenance"] = json.loads(metadata["provenance"])
    return frame
