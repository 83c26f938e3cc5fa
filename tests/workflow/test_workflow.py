"""The workflow from outside: it runs, resumes, does nothing twice, and says what is wrong."""

import pytest
import yaml

from ntklab.pipeline.catalogue import claims, experiments, figures, schemas, targets
from ntklab.pipeline.claims_table import CLAIMS
from ntklab.pipeline.config import SCALES
from ntklab.pipeline.table_files import read_table

SMOKE = ("--config", "scale=smoke")


DRAWN = {figure.experiment for figure in figures().values()}
"""Experiments with a figure of their own; so3_convergence is a row of another's."""


def drawing(planned) -> set[str]:
    """Experiments of which a run would draw figures."""
    return {rule.removeprefix("draw_figures_of_") for rule in planned if rule.startswith("draw_figures_of_")}


@pytest.mark.parametrize("scale", SCALES)
def test_a_dry_run_of_every_scale_plans_every_figure(fresh, scale):
    planned = fresh.planned("--config", f"scale={scale}")
    assert drawing(planned) == DRAWN and experiments().keys() - DRAWN == {"so3_convergence"}
    assert planned["check_claims"] == 1
    assert not (fresh.root / "results").exists()


def test_a_dry_run_on_a_cluster_plans_the_same_and_asks_for_gpus(fresh):
    profile = ("--workflow-profile", "profiles/slurm", "--config", "scale=paper")
    planned = fresh.planned(*profile)
    assert planned == fresh.planned("--config", "scale=paper")
    resources = yaml.safe_load((fresh.root / "profiles/slurm/config.yaml").read_text())["set-resources"]
    assert set(resources) <= set(planned), "resources for a rule that does not exist"
    assert resources["train_shard"]["gpu"] == 1


def test_a_killed_run_keeps_what_was_finished(finished):
    project, shard, age = finished
    assert shard.stat().st_mtime == age
    assert [path.name for path in (project.root / "results").rglob(".*")] == []


def test_the_tables_figures_and_claims_are_there_and_whole(finished):
    results = finished[0].root / "results/smoke"
    for name, schema in schemas().items():
        assert len(read_table(results / f"tables/{name}.parquet", schema))
    for figure in figures().values():
        for kind in ("pdf", "png", "txt"):
            assert (results / f"figures/{experiments()[figure.experiment].paper}/{figure.id}.{kind}").stat().st_size
    found = read_table(results / "claims/claims.parquet", CLAIMS)
    assert set(found.id) == {claim.id for of_experiment in claims().values() for claim in of_experiment}
    assert (found.set_index("id").verdict["E1-ising-ntk-invariant"]) == "supported"


def test_no_claim_is_supported_where_its_statement_must_fail(finished, findings_of):
    found = findings_of(finished[0].root / "results/smoke")
    supported = {name: finding for name, (_, finding) in found.items() if finding.verdict == "supported"}
    assert len(supported) > 50
    assert [name for name, finding in supported.items() if finding.control_verdict == "supported"] == []
    assert all(bool(finding.reason) == (finding.verdict == "undecided") for _, finding in found.values())


def test_heavy_steps_leave_their_time_and_memory(finished):
    benchmarks = finished[0].root / "results/smoke/benchmarks"
    for rule in ("sample_ising.tsv", "train_shard", "measure_identities.tsv", "train_classifier_shard"):
        assert (benchmarks / rule).exists()


def test_a_second_run_does_nothing(copy):
    assert copy.planned() == {}


def test_every_experiment_room_and_figure_is_a_target(fresh):
    """All at once; a target that there is not would end the run."""
    rooms = {
        "ising",
        "kernels",
        "bridge",
        "equivariance",
        "images",
        "molecules",
        "finite_width",
        "training",
        "diagrams",
    }
    assert rooms <= set(targets())
    planned = fresh.planned(*targets())
    assert drawing(planned) == DRAWN and planned["check_claims_of"] == len(experiments())
    assert planned["check_claims"] == 0


def test_a_figure_s_id_plans_that_figure_alone(fresh):
    done = fresh.snakemake("E1-ising-ntk", "E3-fig05", *SMOKE, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "E1-ising-ntk.png" in done.stdout and "E3-fig05.png" in done.stdout
    assert "E1-ising-id.png" not in done.stdout and "E3-fig06.png" not in done.stdout
    assert "check_claims" not in done.stdout


def test_the_report_opens_with_every_figure_and_the_claims(finished):
    project, *_ = finished
    done = project.snakemake("--report", "results/smoke/report.html", *SMOKE)
    assert done.returncode == 0, done.stderr
    report = (project.root / "results/smoke/report.html").read_text()
    for identifier in [*figures(), "claims"]:
        assert identifier in report
    assert "the solid curves lie below the dotted ones" in report


@pytest.mark.parametrize(
    ("key", "old", "new", "said"),
    [
        ("ising.beta", "0.0", "-1.0", "ising.beta: input should be greater than or equal to 0, not -1.0"),
        (
            "rotated_fashion_mnist.groups.laptop",
            "[c4, c8, c16]",
            "[c4, c6, c16]",
            "rotated_fashion_mnist.groups: c6: the order is a multiple of 4",
        ),
    ],
)
def test_a_mistake_in_the_config_is_one_line_and_writes_nothing(fresh, key, old, new, said):
    fresh.set(key, old, new)
    done = fresh.snakemake()
    assert done.returncode == 1
    (line,) = [
        line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("Using workflow specific")
    ]
    assert line.startswith(f"config.yaml, {said}")
    assert not (fresh.root / "results").exists()


def test_a_mistake_names_the_file_or_the_command_line_it_came_from(fresh):
    mine = fresh.root / "mine.yaml"
    mine.write_text("ising:\n  beta: -2.0\n")
    assert "\nmine.yaml, ising.beta: " in "\n" + fresh.snakemake("--configfile", "mine.yaml").stderr
    assert "\n--config, scale: 'tiny' is not a scale" in "\n" + fresh.snakemake("--config", "scale=tiny").stderr


def test_a_failing_step_says_so_in_one_line_and_leaves_nothing(fresh):
    fresh.set("ising.width.smoke", "[64, 256]", "[2, 3]")
    fresh.set("ising.learning_rate_factor", "0.8", "0.999")
    done = fresh.snakemake("ising", *SMOKE)
    assert done.returncode == 1
    assert "ntklab train-shard: member " in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list((fresh.root / "results").rglob("*width=2/members=*.npz"))
