"""The script that made the embedded molecules, on a small table."""

import hashlib
import sys

import numpy as np

from ntklab.data import embedded, qm9
from ntklab.data.embedded import make_qm9


def test_nothing_is_rounded_and_the_same_tables_give_the_same_file(tmp_path, qm9_table, monkeypatch, capsys):
    table = qm9_table()
    for run in ("first", "second"):
        monkeypatch.setattr(sys, "argv", ["make", "--qm9pack", str(table), "--output", str(tmp_path / run)])
        make_qm9.main()
    first, second = (tmp_path / run / "qm9.npz" for run in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    checksum = hashlib.sha256(first.read_bytes()).hexdigest()
    assert f"{checksum}  qm9.npz" in capsys.readouterr().out
    monkeypatch.setattr(embedded, "FOLDER", first.parent)
    monkeypatch.setitem(embedded.SHA256, "qm9", checksum)
    expected = qm9.read(table, make_qm9.choose)
    assert expected.index[-1] == 1
    for found, wanted in zip(qm9.read("embedded"), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_the_choice_is_random_without_repetition_and_methane_last():
    places = make_qm9.choose(qm9.MOLECULES)
    assert len(places) == make_qm9.NUMBER == len(np.unique(places)) and places[-1] == make_qm9.METHANE
    assert abs(places.mean() / qm9.MOLECULES - 0.5) < 0.02 and not (np.diff(places) > 0).all()
