"""Files are whole or absent, equal content gives equal bytes, and damaged files are refused."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from ntklab.schemas import EXAMPLE_LATTICE, INVARIANCE, SCHEMAS

from ntklab.files import Arrays, atomic, save_arrays
from ntklab.pipeline.tables import measurements, read_table, write_table

PROVENANCE = {"stand_in": False, "settings": {"seed": 1}}


def table(value: float = 1.0) -> pd.DataFrame:
    rows = [{"element": g, "row": 0, "column": 1, "value": value} for g in range(4)]
    common = {"experiment": "ising", "data": "training", "group": "c4", "quantity": "spin", "stderr": 0.5, "n": 3}
    return measurements(rows, EXAMPLE_LATTICE, **common)


def test_a_failed_write_leaves_neither_the_file_nor_a_temporary_one(tmp_path):
    with pytest.raises(KeyError), atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyError), atomic(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "old"


def test_arrays_come_back_with_their_header_and_equal_bytes(tmp_path, rng):
    arrays = {"a/inputs": rng.normal(size=(3, 2)), "b/inputs": np.arange(4)}
    for name in ("one.npz", "two.npz"):
        save_arrays(tmp_path / name, arrays, {"seed": 7})
    read = Arrays(tmp_path / "one.npz")
    assert read.header == {"seed": 7}
    assert list(read) == list(arrays) and read.groups("inputs") == ["a", "b"]
    np.testing.assert_array_equal(read["a/inputs"], arrays["a/inputs"])
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_truncated_array_file_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, {"a": np.arange(1000)}, {})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"a.npz: not a complete ntklab array file"):
        Arrays(path)


def test_a_table_comes_back_with_its_provenance_and_equal_bytes(tmp_path):
    for name in ("one.parquet", "two.parquet"):
        write_table(tmp_path / name, table(), EXAMPLE_LATTICE, PROVENANCE)
    read = read_table(tmp_path / "one.parquet", EXAMPLE_LATTICE)
    pd.testing.assert_frame_equal(read, table(), check_column_type=False)
    assert read.attrs["provenance"] == PROVENANCE
    assert read.ci_low.iloc[0] == pytest.approx(1 - 1.96 * 0.5)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_units_and_meanings_are_in_the_file(tmp_path):
    write_table(tmp_path / "a.parquet", table(), EXAMPLE_LATTICE, PROVENANCE)
    metadata = pq.read_metadata(tmp_path / "a.parquet").metadata
    assert b"one site of one lattice" in metadata[b"row"]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_holds_the_contract_columns(name):
    names = [column.name for column in SCHEMAS[name].columns]
    assert {"experiment", "quantity", "value", "stderr", "ci_low", "ci_high", "n"} <= set(names)
    assert len(names) == len(set(names))


def test_the_invariance_table_holds_the_columns_the_figures_need():
    names = {column.name for column in INVARIANCE.columns}
    assert {"experiment", "data", "architecture", "width", "depth", "augmentation", "members", "time", "step"} <= names
    assert {"rsd_pooled", "rsd_median", "spread", "floor", "distance_to_ntk"} <= set(INVARIANCE.quantities)


def test_wrong_tables_are_not_written(tmp_path):
    path = tmp_path / "a.parquet"
    for wrong, said in [
        (table().drop(columns="n"), "columns are"),
        (table().assign(quantity="weight"), "unknown quantity 'weight'; allowed: spin"),
        (table().assign(row="first"), "first"),
    ]:
        with pytest.raises(ValueError, match=said):
            write_table(path, wrong, EXAMPLE_LATTICE, PROVENANCE)
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_table_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    write_table(path, table(), EXAMPLE_LATTICE, PROVENANCE)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"a.parquet: not a readable Parquet file"):
        read_table(path, EXAMPLE_LATTICE)


def test_a_table_edited_by_hand_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    write_table(path, table(), EXAMPLE_LATTICE, PROVENANCE)
    honest = pq.read_table(path)
    values = honest.column("value").to_pylist()
    edited = honest.set_column(honest.schema.get_field_index("value"), honest.field("value"), [[*values[:-1], 2.0]])
    pq.write_table(edited, path)
    with pytest.raises(ValueError, match=r"a.parquet: changed since the pipeline wrote it"):
        read_table(path, EXAMPLE_LATTICE)


def test_a_table_of_another_schema_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    write_table(path, table(), EXAMPLE_LATTICE, PROVENANCE)
    with pytest.raises(ValueError, match="not a table of the schema 'invariance'"):
        read_table(path, INVARIANCE)
