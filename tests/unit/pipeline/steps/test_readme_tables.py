"""Tables of the README and of docs/: what they say of a made-up table, and that the committed ones are current."""

import numpy as np
import pandas as pd
import pytest

from ntklab.errors import InputError
from ntklab.pipeline.catalogue import claims, figures
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.steps.readme_tables import (
    PAGE,
    PARTS,
    comparison_table,
    contradicted_table,
    counts_table,
    figures_table,
    interval,
    leaning_table,
    powerless_table,
    readme_tables,
    reasons_table,
    table,
    totals_table,
)
from ntklab.pipeline.table_files import write_table

ALL = [claim for found in claims().values() for claim in found]


@pytest.fixture
def found() -> pd.DataFrame:
    """All claims there are, every one supported, but three."""
    rows = [
        {
            "id": claim.id, "paper": claim.paper, "source": claim.source, "statement": claim.statement, "kind": claim.kind,
            "quantity": claim.quantity, "value": 0.12345, "ci_low": 0.1, "ci_high": 0.2, "resampled": "members",
            "resolves": np.nan, "published": np.nan if claim.published is None else claim.published,
            "criterion": claim.criterion, "control": claim.control_is, "control_value": 0.5, "control_ci_low": 0.4,
            "control_ci_high": 0.6, "control_verdict": "contradicted", "verdict": "supported", "reason": "",
            "scale": "laptop",
        }
        for claim in ALL
    ]  # fmt: skip
    frame = pd.DataFrame(rows).set_index("id", drop=False)
    frame.loc["E1-ising-ood-gaussian_spins", ["verdict", "value"]] = ["contradicted", 9.87654]
    frame.loc["E1-table-ensemble", ["verdict", "reason"]] = ["undecided", "control passes too"]
    frame.loc["E1-table-cnn-c8", ["verdict", "reason"]] = ["undecided", "interval too wide"]
    return frame.reset_index(drop=True)


@pytest.fixture
def files(found, tmp_path):
    """Arguments of the step: the table, and a project whose files have old parts."""
    provenance = {"settings": {}, "stand_in": False}
    claims_table = tmp_path / "claims.parquet"
    write_table(claims_table, found[[column.name for column in CLAIMS.columns]], CLAIMS, provenance)
    (tmp_path / "docs").mkdir()
    for file, names in PARTS.items():
        parts = "".join(f"<!-- generated: {name} -->\nold\n<!-- end -->\n" for name in names)
        (tmp_path / file).write_text(f"Before.\n{parts}After.\n")
    return {"claims_table": claims_table, "project": tmp_path}


def texts(files) -> dict[str, str]:
    return {file: path.read_text() for file in (*PARTS, PAGE) if (path := files["project"] / file).exists()}


def test_the_committed_words_are_those_of_the_committed_run(project, tmp_path):
    """Red when a part or the page is edited by hand, and when the reference is renewed without them."""
    (tmp_path / "docs").mkdir()
    for file in PARTS:
        (tmp_path / file).write_text((project / file).read_text())
    readme_tables(claims_table=project / "results/reference/claims/claims.parquet", project=tmp_path)
    for file in (*PARTS, PAGE):
        assert (tmp_path / file).read_text() == (project / file).read_text()


def test_counts_are_of_kinds_and_verdicts(found):
    counts, evidence = counts_table(found), sum(claim.kind == "evidence" for claim in ALL)
    checks = len(ALL) - evidence
    assert counts.splitlines()[-1] == f"| all | **1** | **{evidence - 3}** | **2** | **0** | **{checks}** | **0** |"
    (ising,) = (line for line in counts.splitlines() if line.startswith("| ising |"))
    assert ising.split("|")[2].strip() == "1"
    said = "1 control passes too; 1 interval too wide"
    assert totals_table(found).splitlines()[2] == f"| evidence | 1 | {evidence - 3} | 2 | {said} |"
    assert reasons_table(found).splitlines()[2:] == ["| control passes too | 1 |", "| interval too wide | 1 |"]


def test_contradicted_and_powerless_claims_are_listed_alone(found):
    (line,) = contradicted_table(found).splitlines()[2:]
    assert "`E1-ising-ood-gaussian_spins`" in line and "9.88 [0.1, 0.2]" in line and "between 0.5 and 2" in line
    (line,) = powerless_table(found).splitlines()[2:]
    assert "`E1-table-ensemble`" in line and "0.5 [0.4, 0.6]" in line


def test_evidence_that_misses_its_criterion_at_95_percent_leans_against_it(found):
    found = found.set_index("id", drop=False)
    found.loc["E1-table-cnn-c8", ["value", "ci_low", "ci_high"]] = [7.5, 7.1, 7.9]
    assert len(leaning_table(found).splitlines()) == 2, "one that reaches across its criterion does not lean"
    found.loc["E1-table-cnn-c8", ["value", "ci_low", "ci_high"]] = [7.5, 7.3, 7.7]
    (line,) = leaning_table(found).splitlines()[2:]
    assert "`E1-table-cnn-c8`" in line and "7.5 [7.3, 7.7]" in line and "between 6.25 and 7.21" in line
    for column, other in {"reason": "needs ensembles of 100", "verdict": "supported", "kind": "check"}.items():
        assert "E1-table-cnn-c8" not in leaning_table(found.assign(**{column: other})), column


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((1.02, 1.01, 1.03), "1.02 [1.01, 1.03]"),
        ((1.0021, 1.0011, 1.0031), "1.002 [1.001, 1.003]"),
        ((3.85, -2.0, 9.0), "3.85 [-2, 9]"),
        ((4.0, 4.0 - 1e-12, 4.0 + 1e-12), "4 [4, 4]"),
    ],
)
def test_a_narrow_interval_shows_its_width(ends, words):
    assert interval(pd.Series(dict(zip(("value", "ci_low", "ci_high"), ends, strict=True)))) == words


def test_the_talk_s_twelve_numbers_are_beside_ours(found):
    lines = comparison_table(found).splitlines()
    assert lines[0] == "| talk: ours | C4 | C8 | C16 |" and len(lines) == 6
    (cnn,) = (line for line in lines if line.startswith("| cnn |"))
    assert "6.73: 0.123 [0.1, 0.2], undecided" in cnn and "3.41: 0.123 [0.1, 0.2], supported" in cnn


def test_every_figure_has_a_place():
    written = figures_table()
    assert all(identifier in written for identifier in figures())


def test_tables_escape_bars_and_say_nothing_of_what_is_not_there():
    assert table(("a",), [("|x|",)]) == "| a |\n| --- |\n| \\|x\\| |\n"
    assert interval(pd.Series({"value": np.nan, "ci_low": np.nan, "ci_high": np.nan})) == ""


def test_parts_are_written_and_what_is_around_them_stays(files):
    readme_tables(**files)
    written = texts(files)
    experiments = written["docs/experiments.md"]
    assert experiments.startswith("Before.\n<!-- generated: figures -->\n| experiment |")
    assert experiments.endswith("<!-- end -->\nAfter.\n")
    assert not any("\nold\n" in text for text in written.values())
    page = written[PAGE]
    assert all(f"`{claim.id}`" in page for claim in ALL)
    assert page.index("`E1-ising-ood-gaussian_spins`") < page.index("`E1-ising-floor-in_distribution`"), (
        "contradicted first"
    )
    readme_tables(**files)
    assert texts(files) == written


@pytest.mark.parametrize("file, name", [(file, name) for file, names in PARTS.items() for name in names])
def test_a_part_that_is_missing_is_named_and_nothing_is_written(files, file, name):
    path = files["project"] / file
    path.write_text(path.read_text().replace(f"generated: {name} ", "generated: other "))
    before = texts(files)
    with pytest.raises(InputError, match=f"{file}: no part '<!-- generated: {name} -->' that ends with '<!-- end -->'"):
        readme_tables(**files)
    assert texts(files) == before and PAGE not in before


def test_a_table_of_other_claims_is_refused(files, found):
    less = found[found.id != "E1-table-ensemble"][[column.name for column in CLAIMS.columns]]
    write_table(files["claims_table"], less, CLAIMS, {"settings": {}, "stand_in": False})
    with pytest.raises(InputError, match=r"claims.parquet: not of the claims there are \(E1-table-ensemble\)"):
        readme_tables(**files)
    assert PAGE not in texts(files)
