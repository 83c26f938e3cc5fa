"""Every claim of the experiments that are asked for is checked, on its own table, and none is left out in silence."""

import pytest

from ntklab.pipeline.catalogue import claims, experiments, rooms, tables
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.steps import check_claims as module
from ntklab.pipeline.steps.check_claims import check_claims
from ntklab.pipeline.table_files import read_table, write_table


@pytest.fixture
def check(project, tmp_path):
    """Checks claims of experiments on the committed tables, some of them replaced or left out; returns the table."""

    def checked(*names: str, replaced=(), left_out=(), **options):
        wanted = [table for name in names for table in tables()[name] if table not in left_out]
        paths = [dict(replaced).get(table, project / f"results/reference/tables/{table}.parquet") for table in wanted]
        output = tmp_path / "claims.parquet"
        check_claims(experiments=list(names), names=wanted, tables=paths, scale="laptop", output=output, **options)
        return read_table(output, CLAIMS)

    return checked


def test_all_that_claims_execute_is_in_the_digest_of_their_rule(check, executed, uncovered, monkeypatch):
    """One claim of each function; the rule's digest is of the step and of every room's claims: no more is needed."""
    one_of_each = {
        name: tuple({getattr(claim.find, "func", claim.find): claim for claim in found}.values())
        for name, found in claims().items()
    }
    monkeypatch.setattr(module, "claims", lambda: one_of_each)
    definitions = executed(lambda: check(*experiments()))
    of_rooms = [f"{room.package}.claims:CLAIMS" for room in rooms().values()]
    assert uncovered(definitions, "ntklab.pipeline.steps.check_claims:check_claims", *of_rooms) == set()


def test_every_claim_of_every_room_comes_out(check, tmp_path, capsys):
    expected = [claim.id for name in experiments() for claim in claims()[name]]
    page = tmp_path / "claims.html"
    table = check(*experiments(), output_html=page)
    assert table.id.tolist() == expected and len(expected) > 250
    assert set(table.verdict) == {"supported", "contradicted", "undecided"} and set(table.scale) == {"laptop"}
    assert table.set_index("id").published["E1-table-cnn-c8"] == 6.73
    assert set(table.kind) == {"evidence", "check"} and (table.control[table.kind == "evidence"] != "").all()
    text = page.read_text()
    assert all(identifier in text for identifier in expected)
    assert text.rindex("<td>contradicted</td>\n      <td></td>") < text.index("<td>supported</td>\n      <td></td>")
    assert all(f"<th>{column}</th>" in text for column in ("kind", "control", "reason"))
    printed = " ".join(capsys.readouterr().out.split())
    checks = table[table.kind == "check"].verdict.value_counts()
    assert f"check supported {checks['supported']}" in printed
    provenance = table.attrs["provenance"]
    assert provenance["settings"] == {"experiments": list(experiments()), "scale": "laptop"}
    assert len(provenance["inputs"]) == sum(map(len, tables().values()))


def test_one_experiment_needs_its_own_tables_only(check):
    table = check("ising")
    assert table.id.tolist() == [claim.id for claim in claims()["ising"]]


def test_a_claim_whose_table_is_missing_ends_the_run(check, tmp_path):
    with pytest.raises(ValueError, match=r"claim diagrams-equal-recursions: its table 'feynman/diagram_checks' is no"):
        check("diagrams", left_out=["feynman/diagram_checks"])
    assert list(tmp_path.iterdir()) == []


def test_claims_on_stand_in_data_are_undecided_and_say_so(check, project, tmp_path):
    replaced = {}
    for name, schema in tables()["ising"].items():
        table = read_table(project / f"results/reference/tables/{name}.parquet", schema)
        replaced[name] = tmp_path / f"{len(replaced)}.parquet"
        write_table(replaced[name], table, schema, {**table.attrs["provenance"], "stand_in": True})
    found = check("ising", replaced=replaced)
    assert set(found.verdict) == {"undecided"}
    assert all(statement.startswith("STAND-IN DATA. ") for statement in found.statement)
    assert found.attrs["provenance"]["stand_in"] is True


def test_claims_are_those_of_the_catalogue(check, monkeypatch):
    """A claim that is added to a room comes out, without a listing anywhere else."""
    more = {name: (*found, *found[:1]) for name, found in claims().items()}
    monkeypatch.setattr(module, "claims", lambda: more)
    assert len(check("ising")) == len(claims()["ising"]) + 1
