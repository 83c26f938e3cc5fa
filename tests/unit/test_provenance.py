"""The code digest changes with the code and with nothing else; seeds have names."""

import numpy as np
import pytest

from ntklab import provenance
from ntklab.seeds import generator

STEP = "ntklab.experiments.ising.train_shard"


@pytest.fixture
def digest_after_edit(monkeypatch, tmp_path):
    """Digest of a step after one module is replaced by an edited copy."""

    def digest(module: str, edit) -> str:
        original, real = provenance.source_file(module), provenance.source_file
        copy = tmp_path / "edited.py"
        text = original.read_text()
        copy.write_text(edit(text))
        assert copy.read_text() != text
        monkeypatch.setattr(provenance, "source_file", lambda name: copy if name == module else real(name))
        provenance._meaning.cache_clear()
        return provenance.code_digest(STEP)

    yield digest
    provenance._meaning.cache_clear()


def test_comments_docstrings_and_layout_do_not_enter(digest_after_edit):
    before = provenance.code_digest(STEP)
    edited = digest_after_edit(
        "ntklab.ensembles.members",
        lambda text: "# a comment\n" + text.replace('"""Outputs of every member."""', '"""Other words."""\n\n'),
    )
    assert edited == before


@pytest.mark.parametrize("module", [STEP, "ntklab.ensembles.members", "ntklab.seeds"])
def test_code_enters_however_deep(digest_after_edit, module):
    before = provenance.code_digest(STEP)
    assert digest_after_edit(module, lambda text: text + "\nEXTRA = 1\n") != before


def test_code_that_the_step_does_not_import_does_not_enter(digest_after_edit):
    before = provenance.code_digest(STEP)
    assert digest_after_edit("ntklab.plots.style", lambda text: text + "\nEXTRA = 1\n") == before


def test_provenance_holds_no_date_and_no_unused_setting(tmp_path):
    path = tmp_path / "input"
    path.write_text("x")
    record = provenance.provenance({"width": 5}, [path])
    assert set(record) == {"settings", "config_hash", "git_commit", "inputs", "versions", "stand_in"}
    assert record["settings"] == {"width": 5}
    assert record == provenance.provenance({"width": 5}, [path])


def test_named_streams_repeat_and_differ():
    draw = generator(1, "ising", "member", 512, 3).normal(size=4)
    np.testing.assert_array_equal(draw, generator(1, "ising", "member", 512, 3).normal(size=4))
    for other in [(1, "ising", "member", 512, 4), (1, "ising", "member", 5123), (2, "ising", "member", 512, 3)]:
        assert not np.array_equal(draw, generator(*other).normal(size=4))
