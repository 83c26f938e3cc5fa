"""The record of a result: what decided it and where it came from, without dates; stand-in data are passed on."""

import ast
import json
import re

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.experiments.ising.tables import EXAMPLE_LATTICE
from ntklab.files import file_hash, save_arrays
from ntklab.pipeline import provenance
from ntklab.pipeline.commands import steps
from ntklab.pipeline.config import HOW
from ntklab.pipeline.digest import source_file
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import is_stand_in, record
from ntklab.pipeline.table_files import write_table


def npz(path, header):
    save_arrays(path, {"x": np.arange(2)}, header)


def parquet(path, header):
    row = {"element": 0, "row": 0, "column": 0, "value": 1.0, "stderr": 0.0, "n": 1, "quantity": "spin"}
    common = {"experiment": "ising", "data": "training", "group": "c4"}
    write_table(path, measurements([row], EXAMPLE_LATTICE, **common), EXAMPLE_LATTICE, header)


def json_file(path, header):
    path.write_text(json.dumps({"learning_rate": 0.1, **header}))


WRITERS = {".npz": npz, ".parquet": parquet, ".json": json_file}


def test_provenance_holds_no_date_and_no_unused_setting(tmp_path):
    path = tmp_path / "input"
    path.write_text("x")
    found = record({"width": 5}, [path])
    assert set(found) == {"settings", "config_hash", "git_commit", "inputs", "versions", "stand_in"}
    assert found["settings"] == {"width": 5} and found["inputs"] == {str(path): file_hash(path)}
    assert found == record({"width": 5}, [path])
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", json.dumps(found))


def test_the_hash_of_the_settings_changes_with_them_and_not_with_their_order():
    hashes = [record(settings)["config_hash"] for settings in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3})]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_record_can_be_written_as_json(tmp_path):
    found = record({"path": tmp_path, "steps": [0, 1]})
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_mark_of_stand_in_data_is_passed_on(tmp_path, suffix):
    real, stand_in = tmp_path / f"real{suffix}", tmp_path / f"stand_in{suffix}"
    WRITERS[suffix](real, {**record({}), "x": 1})
    WRITERS[suffix](stand_in, {**record({}, stand_in=True), "x": 1})
    assert [is_stand_in(path) for path in (real, stand_in)] == [False, True]
    assert record({}, [real])["stand_in"] is False
    assert record({}, [real, stand_in])["stand_in"] is True
    WRITERS[".npz"](tmp_path / "next.npz", record({}, [stand_in]))
    assert record({}, [tmp_path / "next.npz"])["stand_in"] is True


def test_files_of_others_have_no_mark(tmp_path):
    published = tmp_path / "train-images.gz"
    published.write_bytes(b"data")
    assert record({}, [published])["stand_in"] is False
    assert record({}, [published], stand_in=True)["stand_in"] is True


def test_a_damaged_input_is_named(tmp_path):
    path = tmp_path / "a.npz"
    npz(path, {})
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"a.npz: not a complete ntklab array file"):
        record({}, [path])


def recorded_settings(text: str) -> set[str]:
    """Names of the settings that a module hands to `record`: of a dictionary written there, or of one called settings."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
            found = node.args[0]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "settings":
            found = node.value
        else:
            continue
        names |= {key.value for key in getattr(found, "keys", []) if key}
    return names


def test_no_step_records_how_it_computes():
    """A header says what decided a result: not the device, not how many members at once, not where checkpoints are."""
    texts = {step: source_file(module).read_text() for step, module in steps().items()}
    recorded = {step: recorded_settings(text) for step, text in texts.items() if "record(" in text}
    assert recorded["train_shard"] >= {"width", "first", "last", "seed", "recorded_steps"}
    assert {step for step, names in recorded.items() if not names} == {"measure_finite_width"}
    how = {*HOW, "checkpoints", "cache", "output"}
    assert {step: names & how for step, names in recorded.items() if names & how} == {}


def test_outside_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")
    provenance.git_commit.cache_clear()
    try:
        assert record({})["git_commit"] == "unknown"
    finally:
        provenance.git_commit.cache_clear()
