"""Tables as Parquet files: checked against their schema when written and when read.

Reading refuses a file that is truncated, written for another schema, or edited by hand.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ntklab.errors import InputError
from ntklab.files import atomic
from ntklab.pipeline.tables import Schema

TYPES = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


def _arrow(schema: Schema) -> pa.Schema:
    """A schema as Arrow has it, units and meanings in the metadata of the fields."""
    return pa.schema(
        pa.field(c.name, TYPES[c.type], metadata={"unit": c.unit, "meaning": c.meaning}) for c in schema.columns
    )


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
        columns = [pa.array(frame[f.name].to_numpy(), type=f.type, from_pandas=False) for f in _arrow(schema)]
        table = pa.Table.from_arrays(columns, schema=_arrow(schema))
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

    `frame.attrs["provenance"]` holds its provenance. `InputError` for a truncated, foreign or hand-edited file.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error}); delete it and run again") from None
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if metadata.get("schema") != schema.name or not table.schema.remove_metadata().equals(
        pa.schema([pa.field(f.name, f.type) for f in _arrow(schema)])
    ):
        raise InputError(f"{path}: not a table of the schema {schema.name!r}; delete it and run again")
    if metadata["content_hash"] != _content_hash(table):
        raise InputError(f"{path}: changed since the pipeline wrote it; delete it and run again")
    frame = table.to_pandas()
    _check_quantities(frame, schema)
    frame.attrs["provenance"] = json.loads(metadata["provenance"])
    return frame
