"""Table files keep their provenance, are equal for equal content, and are refused when damaged, foreign or edited."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ntklab.errors import InputError
from ntklab.experiments.ising.tables import EXAMPLE_LATTICE
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE
from ntklab.pipeline.table_files import read_table, write_table

PROVENANCE = {"stand_in": False, "settings": {"seed": 1}}


def table(value: float = 1.0) -> pd.DataFrame:
    rows = [{"element": g, "row": 0, "column": 1, "value": value} for g in range(4)]
    common = {"experiment": "ising", "data": "training", "group": "c4", "quantity": "spin", "stderr": 0.5, "n": 3}
    return measurements(rows, EXAMPLE_LATTICE, **common)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "a.parquet"
    write_table(path, table(), EXAMPLE_LATTICE, PROVENANCE)
    return path


def test_a_table_comes_back_with_its_provenance_and_equal_bytes(written, tmp_path):
    write_table(tmp_path / "two.parquet", table(), EXAMPLE_LATTICE, PROVENANCE)
    read = read_table(written, EXAMPLE_LATTICE)
    pd.testing.assert_frame_equal(read, table(), check_column_type=False)
    assert read.attrs["provenance"] == PROVENANCE
    assert read.ci_low.iloc[0] == pytest.approx(1 - 1.96 * 0.5)
    assert written.read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_units_and_meanings_are_in_the_file(written):
    metadata = pq.read_metadata(written).metadata
    assert b"one site of one lattice" in metadata[b"row"]
    assert pq.read_schema(written).field("row").metadata[b"unit"] == b"sites"


def test_a_missing_number_stays_one(tmp_path):
    write_table(tmp_path / "a.parquet", table(np.nan), EXAMPLE_LATTICE, PROVENANCE)
    assert read_table(tmp_path / "a.parquet", EXAMPLE_LATTICE).value.isna().all()


def test_wrong_tables_are_not_written(tmp_path):
    path = tmp_path / "a.parquet"
    for wrong, said in [
        (table().drop(columns="n"), "columns are"),
        (table().assign(quantity="weight"), "unknown quantity 'weight'; allowed: spin"),
        (table().assign(row="first"), "first"),
    ]:
        with pytest.raises(ValueError, match=said) as error:
            write_table(path, wrong, EXAMPLE_LATTICE, PROVENANCE)
        assert not isinstance(error.value, InputError), "a step that makes a wrong table is a bug of ours"
    assert list(tmp_path.iterdir()) == []


def test_a_schema_without_quantities_allows_any(tmp_path):
    columns = {column.name: [0.0 if column.type == "float64" else "x"] for column in CLAIMS.columns}
    write_table(tmp_path / "a.parquet", pd.DataFrame(columns), CLAIMS, PROVENANCE)
    assert read_table(tmp_path / "a.parquet", CLAIMS).quantity.item() == "x"


def test_a_truncated_table_is_refused(written):
    written.write_bytes(written.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"a.parquet: not a readable Parquet file .*; delete it and run again"):
        read_table(written, EXAMPLE_LATTICE)


def test_a_table_edited_by_hand_is_refused(written):
    honest = pq.read_table(written)
    values = honest.column("value").to_pylist()
    edited = honest.set_column(honest.schema.get_field_index("value"), honest.field("value"), [[*values[:-1], 2.0]])
    pq.write_table(edited, written)
    with pytest.raises(InputError, match=r"a.parquet: changed since the pipeline wrote it"):
        read_table(written, EXAMPLE_LATTICE)


def test_a_table_of_another_schema_or_of_none_is_refused(written, tmp_path):
    with pytest.raises(InputError, match="not a table of the schema 'invariance'"):
        read_table(written, INVARIANCE)
    pq.write_table(pa.table({"value": [1.0]}), tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match=r"foreign.parquet: not a table of the schema 'example_lattice'"):
        read_table(tmp_path / "foreign.parquet", EXAMPLE_LATTICE)
